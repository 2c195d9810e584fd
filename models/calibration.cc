#include "models/calibration.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "models/packing.h"

namespace effnet {
namespace {

using Json = nlohmann::json;

constexpr const char* format_name = "effnet calibration 1";
constexpr std::size_t most_bytes = std::size_t{64} << 20;

// Steps between the smallest and the largest that a map of a network can sensibly have.
constexpr double least_scale = 1e-12, most_scale = 1e9;

// Reads keys one by one; the first failure stays.
class Reader {
 public:
  explicit Reader(std::string where) : where_(std::move(where)) {}

  const Status& status() const { return status_; }

  const Json* find(const Json& object, const std::string& key, const char* needed,
                   bool (Json::*is)() const noexcept) {
    if (!status_) return nullptr;
    const auto found = object.find(key);
    if (found == object.end())
      fail(in_quotes(key) + " is missing");
    else if (!((*found).*is)())
      fail(in_quotes(key) + " must be " + needed);
    return status_ ? &*found : nullptr;
  }
  std::string text(const Json& object, const std::string& key) {
    const Json* found = find(object, key, "a string", &Json::is_string);
    return found ? found->get<std::string>() : "";
  }
  double number(const Json& object, const std::string& key) {
    const Json* found = find(object, key, "a number", &Json::is_number);
    return found ? found->get<double>() : 0;
  }
  std::int64_t whole(const Json& object, const std::string& key, double most) {
    const double value = number(object, key);
    if (status_ && !(value >= 0 && value <= most && value == std::floor(value)))
      fail(in_quotes(key) + " must be a whole number in 0.." + formatted("%.0f", most));
    return status_ ? static_cast<std::int64_t>(value) : 0;
  }
  void fail(const std::string& text) {
    if (status_) status_ = Status::error(where_ + ": " + text);
  }

 private:
  std::string where_;
  Status status_;
};

CalibratedTensor read_tensor(const Json& object, const std::string& where, Status& status) {
  Reader reader(where);
  CalibratedTensor tensor;
  tensor.minimum = reader.number(object, "minimum");
  tensor.maximum = reader.number(object, "maximum");
  // Of what is no float32 infinity remains, which the check refuses.
  tensor.scale = static_cast<float>(reader.number(object, "scale"));
  tensor.zero_point = static_cast<int>(reader.whole(object, "zero_point", 255));
  tensor.loss = reader.number(object, "loss");
  if (object.contains("means")) {
    const Json* means = reader.find(object, "means", "a list of numbers", &Json::is_array);
    for (std::size_t i = 0; means && i < means->size() && reader.status(); ++i) {
      if (!(*means)[i].is_number()) reader.fail("\"means\" must be a list of numbers");
      if (reader.status()) tensor.means.push_back((*means)[i].get<double>());
    }
  }
  status = reader.status();
  return tensor;
}

Result<Calibration> read_object(const Json& file, const std::string& where) {
  Reader reader(where);
  Calibration calibration;
  const std::string format = reader.text(file, "format");
  if (reader.status() && format != format_name)
    reader.fail("format " + in_quotes(format) + ": " + in_quotes(format_name) + " is what is read here");
  calibration.network = reader.text(file, "network");
  calibration.fingerprint = reader.text(file, "fingerprint");
  calibration.pictures = reader.whole(file, "pictures", 1e12);
  calibration.method = reader.text(file, "method");
  const Json* tensors = reader.find(file, "tensors", "an object", &Json::is_object);
  const Json* kept = reader.find(file, "kept", "a list of names", &Json::is_array);
  if (!reader.status()) return reader.status();
  for (const auto& [name, object] : tensors->items()) {
    const std::string begin = where + ": tensor " + in_quotes(name);
    if (!object.is_object()) return Status::error(begin + " must be an object");
    Status status;
    calibration.tensors[name] = read_tensor(object, begin, status);
    if (!status) return status;
  }
  for (const Json& name : *kept) {
    if (!name.is_string()) return Status::error(where + ": \"kept\" must be a list of names");
    calibration.kept.push_back(name.get<std::string>());
  }
  return calibration;
}

// Empty: nothing is wrong.
std::string objection(const CalibratedTensor& t) {
  if (!std::isfinite(t.minimum) || !std::isfinite(t.maximum) || t.minimum > t.maximum)
    return formatted("a range of [%g, %g] is none", t.minimum, t.maximum);
  if (!(t.scale >= least_scale && t.scale <= most_scale))
    return formatted("a scale of %g is not in [%g, %g]", static_cast<double>(t.scale), least_scale,
                     most_scale);
  if (t.zero_point < 0 || t.zero_point > 255)
    return formatted("a zero point of %d is not in 0..255", t.zero_point);
  if (!std::isfinite(t.loss) || t.loss < 0) return formatted("a loss of %g is none", t.loss);
  // Numbers are written with six digits.
  const double slack = 1e-5 * std::max(std::abs(t.minimum), std::abs(t.maximum));
  for (const double mean : t.means)
    if (!(mean >= t.minimum - slack && mean <= t.maximum + slack))
      return formatted("a mean of %g is not in the range of [%g, %g]", mean, t.minimum, t.maximum);
  return "";
}

// What can be said without the network.
Status check_numbers(const Calibration& c, const std::string& where) {
  if (c.pictures < 1) return Status::error(where + ": a calibration needs at least one picture");
  for (const auto& [name, tensor] : c.tensors)
    if (const std::string wrong = objection(tensor); !wrong.empty())
      return Status::error(where + ": tensor " + in_quotes(name) + ": " + wrong);
  return {};
}

struct NamedTensor {
  std::string name;
  int channels;
};

std::vector<NamedTensor> tensors_of(const Network& network) {
  std::vector<NamedTensor> tensors = {{"stem", network.stem.out.channels}};
  for (const Block& block : network.blocks) {
    const int wide = block.depthwise.out.channels;
    if (block.has_expand) tensors.push_back({block.name + ".expand", wide});
    tensors.push_back({block.name + ".depthwise", wide});
    if (block.has_squeeze_excite) tensors.push_back({block.name + ".gated", wide});
    tensors.push_back({block.name, block.project.out.channels});
  }
  tensors.push_back({"head", network.head.out.channels});
  return tensors;
}

Status check_tensors(const Calibration& c, const Network& network, const std::string& where) {
  const std::vector<NamedTensor> needed = tensors_of(network);
  for (const auto& [name, channels] : needed) {
    const auto found = c.tensors.find(name);
    if (found == c.tensors.end()) return Status::error(where + ": tensor " + in_quotes(name) + " is missing");
    const std::size_t means = found->second.means.size();
    if (means != 0 && means != static_cast<std::size_t>(channels))
      return Status::error(where + ": tensor " + in_quotes(name) + ": " + std::to_string(means) +
                           " means for " + std::to_string(channels) + " channels");
  }
  for (const auto& [name, tensor] : c.tensors)
    if (std::none_of(needed.begin(), needed.end(),
                     [&name = name](const NamedTensor& t) { return t.name == name; }))
      return Status::error(where + ": " + network.name + " has no tensor " + in_quotes(name));
  return {};
}

Status check(const Calibration& c, const Network& network, const std::string& where) {
  if (c.network != network.name)
    return Status::error(where + ": a calibration of " + in_quotes(c.network) + ", not of " + network.name);
  if (c.fingerprint != fingerprint(network, Precision::fp32))
    return Status::error(where + ": a calibration of another " + network.name +
                         ": its width, depth, padding or number of classes is not the same");
  if (Status status = check_numbers(c, where); !status) return status;
  if (Status status = check_tensors(c, network, where); !status) return status;
  for (const std::string& name : c.kept)
    if (std::none_of(network.blocks.begin(), network.blocks.end(),
                     [&](const Block& block) { return block.name == name; }))
      return Status::error(where + ": \"kept\": " + network.name + " has no block " + in_quotes(name));
  return {};
}

// "blocks.3.expand", "blocks.3" -> "blocks.3"; empty for the tensors of no block.
std::string block_of(const std::string& tensor) {
  const std::string beginning = "blocks.";
  return tensor.starts_with(beginning) ? tensor.substr(0, tensor.find('.', beginning.size())) : "";
}

std::string text_of(const Calibration& c) {
  nlohmann::ordered_json file = {{"format", format_name},
                                 {"network", c.network},
                                 {"fingerprint", c.fingerprint},
                                 {"pictures", c.pictures},
                                 {"method", c.method}};
  for (const auto& [name, t] : c.tensors) {
    auto& tensor = file["tensors"][name] = {{"minimum", t.minimum},
                                            {"maximum", t.maximum},
                                            {"scale", t.scale},
                                            {"zero_point", t.zero_point},
                                            {"loss", t.loss}};
    if (!t.means.empty()) tensor["means"] = t.means;
  }
  file["kept"] = c.kept;
  return file.dump(1) + "\n";
}

}  // namespace

std::vector<std::string> calibrated_tensors(const Network& network) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors_of(network)) names.push_back(tensor.name);
  return names;
}

std::map<std::string, std::string> stored_tensors(const std::vector<std::string>& tensors) {
  std::map<std::string, std::string> readers;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string &tensor = tensors[i], next = i + 1 < tensors.size() ? tensors[i + 1] : "";
    const std::string block = block_of(tensor), next_block = block_of(next);
    if (tensor == "stem" && next.ends_with(".expand")) readers[tensor] = next_block;
    if (block.empty() || tensor.ends_with(".expand")) continue;
    if (tensor != block)
      readers[tensor] = block;
    else
      readers[tensor] = next_block.empty() ? "head" : next_block;
  }
  return readers;
}

Result<Calibration> parse_calibration(const std::string& text, const Network& network,
                                      const std::string& where) {
  Json file;
  try {
    file = Json::parse(text);
  } catch (const Json::exception& e) {
    return Status::error(where + ": no valid JSON: " + in_one_line(e.what()));
  }
  if (!file.is_object()) return Status::error(where + ": a JSON object is needed");
  Result<Calibration> calibration = read_object(file, where);
  if (!calibration) return calibration.status();
  if (Status status = check(*calibration, network, where); !status) return status;
  return calibration;
}

Result<Calibration> read_calibration(const std::string& path, const Network& network) {
  const Result<std::string> text = read_file(path, most_bytes);
  return text ? parse_calibration(*text, network, path) : text.status();
}

Result<Calibration> take_calibration(const std::optional<std::string>& path, Precision precision,
                                     Network& network) {
  const PrecisionTraits& traits = traits_of(precision);
  if (!traits_of(traits.maps).affine) {
    if (!path) return Calibration();
    return Status::error(*path + ": a calibration is for --precision int8, not for " + traits.name);
  }
  if (!path)
    return Status::error("--precision " + traits.name +
                         " needs --calibration FILE, which `effnet calibrate` writes");
  Result<Calibration> calibration = read_calibration(*path, network);
  if (calibration) keep_blocks(network, calibration->kept);
  return calibration;
}

Status write_calibration(const Calibration& calibration, const std::string& path) {
  if (Status status = check_numbers(calibration, path); !status) return status;
  return write_file(path, text_of(calibration));
}

}  // namespace effnet
