// The networks that have a name. A new variant is one row here, and one golden file.
#include "base/files.h"
#include "base/text.h"
#include "models/network.h"

namespace effnet {
namespace {

struct Row {
  double width = 0, depth = 0;
  int resolution = 0;
  double crop = 0;  // of TensorFlow's weights, likewise the interpolation
  Interpolation interpolation = Interpolation::bicubic;
};

// Tan and Le's coefficients (rounded by them) of B0-B7.
constexpr Row baseline_rows[] = {{1.0, 1.0, 224, .875}, {1.0, 1.1, 240, .882}, {1.1, 1.2, 260, .89},
                                 {1.2, 1.4, 300, .904}, {1.4, 1.8, 380, .922}, {1.6, 2.2, 456, .934},
                                 {1.8, 2.6, 528, .942}, {2.0, 3.1, 600, .949}};
// Lite0-Lite4; Lite3 and Lite4 at timm's resolutions (280 and 300 in the original release).
constexpr Row lite_rows[] = {{1.0, 1.0, 224, .875},
                             {1.0, 1.1, 240, .882},
                             {1.1, 1.2, 260, .89},
                             {1.2, 1.4, 300, .904, Interpolation::bilinear},
                             {1.4, 1.8, 380, .92, Interpolation::bilinear}};

template <std::size_t count>
void append(std::vector<NetworkConfig>& list, const std::string& prefix, Family family, Padding padding,
            const Row (&rows)[count]) {
  for (std::size_t i = 0; i < count; ++i) {
    NetworkConfig config;
    config.name = prefix + std::to_string(i);
    config.family = family;
    config.padding = padding;
    config.width = rows[i].width;
    config.depth = rows[i].depth;
    config.resolution = rows[i].resolution;
    config.crop = rows[i].crop;
    config.interpolation = rows[i].interpolation;
    config.batch_norm_epsilon = padding == Padding::same ? 1e-3 : 1e-5;
    list.push_back(config);
  }
}

std::vector<NetworkConfig> make_variants() {
  std::vector<NetworkConfig> list;
  append(list, "efficientnet_b", Family::efficientnet, Padding::symmetric, baseline_rows);
  append(list, "tf_efficientnet_b", Family::efficientnet, Padding::same, baseline_rows);
  append(list, "tf_efficientnet_lite", Family::lite, Padding::same, lite_rows);
  return list;
}

}  // namespace

const std::vector<NetworkConfig>& variants() {
  static const std::vector<NetworkConfig> list = make_variants();
  return list;
}

Result<NetworkConfig> find_network(const std::string& name_or_path) {
  if (name_or_path.ends_with(".json")) {
    constexpr std::size_t most_bytes = 1 << 16;
    const Result<std::string> text = read_file(name_or_path, most_bytes);
    if (!text) return text.status();
    return parse_network_file(*text, name_or_path);
  }
  std::vector<std::string> names;
  for (const NetworkConfig& config : variants()) {
    if (config.name == name_or_path) return config;
    names.push_back(config.name);
  }
  return Status::error("there is no network " + in_quotes(name_or_path) + did_you_mean(name_or_path, names) +
                       " (effnetc list shows all; a network file ends in .json)");
}

}  // namespace effnet
