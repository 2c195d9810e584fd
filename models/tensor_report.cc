#include "models/tensor_report.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"

namespace effnet {
namespace {

using Names = std::vector<std::string>;

bool is_ignored(const std::string& name) { return name.ends_with(".num_batches_tracked"); }

bool is_float(Dtype dtype) {
  return dtype == Dtype::f32 || dtype == Dtype::f64 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}

struct Differences {
  Names missing, unexpected, wrong;  // `wrong`: whole texts
  bool none() const { return missing.empty() && unexpected.empty() && wrong.empty(); }
};

Differences compare(const std::vector<ExpectedTensor>& expected, const SourceTensors& tensors) {
  Differences differences;
  std::set<std::string_view> known;
  for (const ExpectedTensor& tensor : expected) {
    known.insert(tensor.name);
    const auto found = tensors.find(tensor.name);
    if (found == tensors.end())
      differences.missing.push_back(tensor.name);
    else if (found->second.shape != tensor.shape)
      differences.wrong.push_back(tensor.name + " is " + shape_text(found->second.shape) + " instead of " +
                                  shape_text(tensor.shape));
    else if (!is_float(found->second.dtype))
      differences.wrong.push_back(tensor.name + " is " + std::string(dtype_name(found->second.dtype)) +
                                  " instead of F32, F64, F16 or BF16");
  }
  for (const auto& [name, tensor] : tensors)
    if (!known.contains(name) && !is_ignored(name)) differences.unexpected.push_back(name);
  return differences;
}

// "3 missing: a (nearest: b), c, d"; what goes beyond `most` is only counted.
void describe(Names& parts, const Names& names, const std::string& what, const Names* candidates,
              std::size_t most) {
  if (names.empty()) return;
  Names texts;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    std::string text = candidates ? in_quotes(names[i]) : names[i];
    if (const std::string nearest = candidates ? nearest_name(names[i], *candidates) : ""; !nearest.empty())
      text += " (nearest: " + in_quotes(nearest) + ")";
    texts.push_back(text);
  }
  if (names.size() > most) texts.push_back("and " + std::to_string(names.size() - most) + " more");
  parts.push_back(std::to_string(names.size()) + " " + what + ": " + join(texts, ", "));
}

std::optional<std::int64_t> classes_of(const Dialect& dialect, const SourceTensors& tensors) {
  const auto found = tensors.find(dialect.names(Part::classifier, nullptr).first + ".weight");
  if (found == tensors.end() || found->second.shape.size() != 2) return {};
  return found->second.shape[0];
}

// What to do about a classifier with another number of classes.
std::string classes_hint(const Network& network, const Dialect& dialect, const SourceTensors& tensors) {
  const std::optional<std::int64_t> classes = classes_of(dialect, tensors);
  if (!classes || *classes == network.classes || *classes < 1) return "";
  const std::string option = "--classes " + std::to_string(*classes);
  if (*classes == 1001 && network.classes == 1000)
    return "the classifier has 1001 classes, TensorFlow's background class before the 1000; " + option +
           " keeps them all (with --labels of as many names)";
  return "the classifier has " + std::to_string(*classes) + " classes, the network " +
         std::to_string(network.classes) + "; " + option + " takes it as it is";
}

// The named network whose tensors these are, preferably with the same padding.
std::string variant_hint(const Network& network, const Dialect& dialect, const SourceTensors& tensors) {
  const std::int64_t classes = classes_of(dialect, tensors).value_or(0);
  if (classes < 1 || classes > 100000) return "";
  std::string fitting;
  for (NetworkConfig variant : variants()) {
    const bool preferred = variant.padding == network.padding;
    if (variant.name == network.name || (!fitting.empty() && !preferred)) continue;
    if (!dialect.objection(variant).empty()) continue;
    variant.classes = static_cast<int>(classes);
    const Result<Network> candidate = build_network(variant);
    if (!candidate || !compare(expected_tensors(*candidate, dialect), tensors).none()) continue;
    fitting = variant.name;
    if (preferred) break;
  }
  return fitting.empty() ? "" : "these are the tensors of " + fitting;
}

bool is_keras(const SourceTensors& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& item) {
    return item.first.find("stem_conv/") != std::string::npos ||
           item.first.find("top_conv/") != std::string::npos;
  });
}

}  // namespace

Result<const Dialect*> recognise_dialect(const Network& network, const SourceTensors& tensors,
                                         const std::string& where) {
  const Dialect* best = nullptr;
  std::ptrdiff_t most = 0;
  Names known;
  for (const Dialect* dialect : dialects()) {
    known.emplace_back(dialect->name);
    const std::vector<ExpectedTensor> expected = expected_tensors(network, *dialect);
    const std::ptrdiff_t found =
        std::count_if(expected.begin(), expected.end(),
                      [&](const ExpectedTensor& tensor) { return tensors.contains(tensor.name); });
    if (found <= most) continue;
    best = dialect;
    most = found;
  }
  if (best) return best;
  if (is_keras(tensors))
    return Status::error(where +
                         ": Keras weights are not read; they were trained with TensorFlow's padding, so take "
                         "timm's weights of tf_efficientnet_*, which are the same numbers");
  const std::string example =
      tensors.empty() ? "there is none" : "the first is " + in_quotes(tensors.begin()->first);
  return Status::error(where + ": its tensors are named as in none of the known dialects (" +
                       join(known, ", ") + "): " + example);
}

Status check_tensors(const Network& network, const Dialect& dialect, const SourceTensors& tensors,
                     const std::string& where) {
  const Differences differences = compare(expected_tensors(network, dialect), tensors);
  if (differences.none()) return {};
  Names parts;
  const std::string variant = variant_hint(network, dialect, tensors);
  if (!variant.empty()) parts.push_back(variant);
  if (const std::string classes = classes_hint(network, dialect, tensors); !classes.empty())
    parts.push_back(classes);
  // A file that was mistaken for another needs no list of all differences.
  const std::size_t most = variant.empty() ? 60 : 4;
  describe(parts, differences.missing, "missing", &differences.unexpected, most);
  describe(parts, differences.unexpected, "unexpected", &differences.missing, most);
  describe(parts, differences.wrong, "of wrong shape or type", nullptr, most);
  return Status::error(where + ": these tensors (" + std::string(dialect.name) +
                       "'s names) are not those of " + network.name + ": " + join(parts, "; "));
}

}  // namespace effnet
