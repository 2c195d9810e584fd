#include "base/text.h"
#include "models/element.h"
#include "tools/effnetc/commands.h"

namespace effnet {

void add_precision_option(CLI::App& command, std::string& precision) {
  std::string text = "Element type: ";
  for (const PrecisionTraits& row : precisions())
    text += (row.precision == Precision::fp32 ? "" : "; ") + row.name + ": " + row.description;
  command.add_option("--precision", precision, text)->type_name("TYPE")->capture_default_str();
}

}  // namespace effnet
