#include "models/import.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "formats/safetensors_writer.h"
#include "models/dialects/dialect.h"
#include "models/fold.h"
#include "models/fold_calibration.h"
#include "models/keras.h"
#include "models/packing.h"
#include "models/preprocessing.h"
#include "models/tensor_report.h"
#include "models/weight_error.h"

namespace effnet {
namespace {

// Wrappers put the same prefix before every name: "module."
// (DataParallel), "_orig_mod." (torch.compile), "model.".
SourceTensors without_prefix(SourceTensors tensors) {
  for (bool again = !tensors.empty(); again;) {
    again = false;
    for (const std::string_view prefix : {"module.", "_orig_mod.", "model."}) {
      // The map is sorted: when first and last name have the prefix, all have.
      if (!tensors.begin()->first.starts_with(prefix) || !tensors.rbegin()->first.starts_with(prefix))
        continue;
      SourceTensors shorter;
      for (auto& [name, tensor] : tensors) shorter.emplace(name.substr(prefix.size()), std::move(tensor));
      tensors = std::move(shorter);
      again = true;
    }
  }
  return tensors;
}

// Without an exponent, which the runtime does not read.
std::string shortest(double number) {
  char text[64];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed);
  return {text, end.ptr};
}

std::string triple(const std::array<double, 3>& numbers) {
  return shortest(numbers[0]) + "," + shortest(numbers[1]) + "," + shortest(numbers[2]);
}

Metadata make_metadata(const Network& network, const Preprocessing& preprocessing,
                       const std::vector<std::string>& labels, const WeightsSource& source,
                       const Dialect& dialect, Precision precision) {
  Metadata metadata = {
      {"format", "effnet-weights"},
      {"format_version", std::to_string(weights_format_version)},
      {"network", network.name},
      {"fingerprint", fingerprint(network, precision)},
      {"precision", traits_of(precision).name},
      {"resolution", std::to_string(network.resolution)},
      {"mean", triple(preprocessing.mean)},
      {"std", triple(preprocessing.std)},
      {"crop", shortest(preprocessing.crop)},
      {"interpolation", preprocessing.interpolation == Interpolation::bicubic ? "bicubic" : "bilinear"},
      {"source_format", source.format + ", " + std::string(dialect.name)},
      {"source_sha256", source.sha256},
  };
  if (!labels.empty()) metadata.emplace_back("labels", join(labels, "\n"));
  return metadata;
}

std::vector<TensorEntry> make_entries(const Network& network, Precision precision) {
  std::vector<TensorEntry> entries;
  for (const PackedTensor& tensor : packed_tensors(network, precision))
    entries.push_back(
        {tensor.name, traits_of(tensor.element).dtype, {tensor.shape.begin(), tensor.shape.end()}});
  return entries;
}

// All that is wrong with values, in one line.
Status report(const std::vector<std::string>& problems, const std::string& where) {
  constexpr std::size_t most = 8;
  std::vector<std::string> shown(
      problems.begin(), problems.begin() + static_cast<std::ptrdiff_t>(std::min(problems.size(), most)));
  if (problems.size() > most) shown.push_back("and " + std::to_string(problems.size() - most) + " more");
  return Status::error(where + ": damaged weights: " + join(shown, "; "));
}

// The largest error of a layer's one or two weights that were stored so, by the same as float32.
double storage_error(const std::vector<TensorBytes>& exact, const std::vector<TensorBytes>& stored,
                     const WeightStorage& storage) {
  const std::size_t each = traits_of(storage.element).scaled ? 3 : 2;  // [scale,] weight, bias
  double worst = 0;
  for (std::size_t pair = 0; 2 * pair < exact.size(); ++pair) {
    const std::size_t outputs = exact[2 * pair + 1].size() / sizeof(float);
    const TensorBytes& weight = stored[each * pair + each - 2];
    StoredWeight other{storage.element, storage.together, outputs / panel_lanes, weight, {}};
    if (each == 3) other.scale = stored[each * pair];
    worst = std::max(worst, weight_error({Element::f32, 1, other.panels, exact[2 * pair], {}}, other));
  }
  return worst;
}

// What import refuses by default: layers that rounding changed by more than `most`.
Status check_errors(std::vector<LayerError> errors, double most, const std::string& precision,
                    const std::string& where) {
  std::erase_if(errors, [&](const LayerError& e) { return e.error <= most; });
  if (errors.empty()) return {};
  std::stable_sort(errors.begin(), errors.end(),
                   [](const LayerError& a, const LayerError& b) { return a.error > b.error; });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min<std::size_t>(errors.size(), 4); ++i)
    texts.push_back(formatted("%s %.2g", errors[i].layer.c_str(), errors[i].error));
  if (errors.size() > texts.size()) texts.push_back(std::to_string(errors.size() - texts.size()) + " more");
  return Status::error(where + ": " + precision +
                       formatted(" changes weights by more than %g of their size: ", most) +
                       join(texts, ", ") + "; take another --precision, or --max-weight-error allows it");
}

// What the calibration makes of a layer's tensors, [scale,] weight, bias; the affine of its output behind them.
void calibrate(const Layer& layer, const LayerMaps& maps, const Calibration& calibration,
               const std::vector<TensorBytes>& exact, Precision precision, std::vector<TensorBytes>& packed) {
  if (calibration.tensors.empty()) return;
  if (layer.kind == LayerKind::pointwise && !layer.kept)
    fold_input(calibration.tensors.at(maps.input), exact, weight_storage(layer, precision), packed);
  if (has_affine(layer, precision)) packed.push_back(pack_affine(calibration.tensors.at(maps.output)));
}

// Folds, packs and writes one layer after the other.
Status write_weights(const Network& network, const Dialect& dialect, double epsilon,
                     const ImportOptions& options, const Calibration& calibration,
                     const SourceTensors& tensors, const Metadata& metadata, const std::string& where,
                     const std::string& output_path) {
  const std::map<std::string, LayerMaps> maps = layer_maps(network);
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(output_path, make_entries(network, options.precision), metadata);
  if (!writer) return writer.status();
  std::vector<std::string> problems;
  std::vector<LayerError> errors;
  Status written;
  for_each_part(network, [&](Part part, const Block* block, const Layer& layer) {
    if (!written) return;
    const LayerNames names = dialect.names(part, block);
    const WeightStorage storage = weight_storage(layer, options.precision);
    auto packed = fold_layer(layer, names, tensors, epsilon, storage, problems);
    if (!problems.empty()) return;  // look on for more of them, write nothing any more
    std::vector<TensorBytes> exact;
    if (storage.element != Element::f32) {
      exact = fold_layer(layer, names, tensors, epsilon, {}, problems);
      errors.push_back({layer.name, storage_error(exact, packed, storage)});
    }
    if (part != Part::classifier)
      calibrate(layer, maps.at(layer.name), calibration, exact, options.precision, packed);
    for (const TensorBytes& tensor : packed)
      if (written) written = writer->write(tensor);
  });
  if (!problems.empty()) return report(problems, where);
  if (!written) return written;
  const double most = options.most_weight_error.value_or(most_weight_error(options.precision));
  if (Status status = check_errors(std::move(errors), most, traits_of(options.precision).name, where);
      !status)
    return status;
  return writer->commit();
}

void warn_of_guess(const NetworkConfig& config, const Dialect& dialect, const ModelCard& card,
                   const ImportOptions& options, const Preprocessing& chosen) {
  const bool told = card.present || (options.mean && options.std && options.crop);
  if (&dialect != &timm || config.padding != Padding::symmetric || told || !options.warn) return;
  options.warn("timm's " + config.name +
               " differ in preprocessing and no config.json lies beside the weights: taking "
               "mean " +
               triple(chosen.mean) + ", std " + triple(chosen.std) + ", crop " + shortest(chosen.crop) +
               "; --mean, --std and --crop change them");
}

Status import_checked(NetworkConfig config, SourceTensors tensors, const WeightsSource& source,
                      ModelCard card, const ImportOptions& options, const std::string& output_path) {
  config.classes = options.classes.value_or(config.classes);
  Result<Network> network = build_network(config);
  if (!network) return network.status();
  Result<Calibration> calibration = take_calibration(options.calibration, options.precision, *network);
  if (!calibration) return calibration.status();
  bound_gated_scales(*network, *calibration);
  tensors = without_prefix(std::move(tensors));
  if (is_keras(tensors)) {
    Result<KerasWeights> weights = read_keras(*network, tensors, source.where);
    if (!weights) return weights.status();
    tensors = std::move(weights->tensors);
    card.mean = weights->mean;
    card.std = weights->std;
  }
  const Result<const Dialect*> dialect = recognise_dialect(*network, tensors, source.where);
  if (!dialect) return dialect.status();
  if (const std::string objection = (*dialect)->objection(config); !objection.empty())
    return Status::error(source.where + ": " + objection);
  if (Status status = check_model_card(card, config); !status) return status;
  if (Status status = check_tensors(*network, **dialect, tensors, source.where); !status) return status;
  const Preprocessing defaults = (*dialect)->preprocessing(config, source);
  const Result<Preprocessing> preprocessing = choose_preprocessing(defaults, card, options);
  if (!preprocessing) return preprocessing.status();
  const Result<std::vector<std::string>> labels = choose_labels(card, options, config.classes);
  if (!labels) return labels.status();
  warn_of_guess(config, **dialect, card, options, *preprocessing);
  const Metadata metadata =
      make_metadata(*network, *preprocessing, *labels, source, **dialect, options.precision);
  return write_weights(*network, **dialect, (*dialect)->batch_norm_epsilon(config), options, *calibration,
                       tensors, metadata, source.where, output_path);
}

}  // namespace

Status import_weights(const NetworkConfig& config, const std::string& weights_path,
                      const ImportOptions& options, const std::string& output_path) {
  Result<TensorFile> file = read_tensor_file(weights_path);
  if (!file) return file.status();
  ModelCard card;
  if (file->format == "safetensors") {
    Result<ModelCard> read = read_model_card(weights_path, config.resolution);
    if (!read) return read.status();
    card = *std::move(read);
  }
  const WeightsSource source{weights_path, file->format, file->sha256};
  return import_checked(config, std::move(file->tensors), source, card, options, output_path);
}

Status import_tensors(const NetworkConfig& config, const SourceTensors& tensors, const WeightsSource& source,
                      const ImportOptions& options, const std::string& output_path) {
  return import_checked(config, tensors, source, ModelCard{}, options, output_path);
}

}  // namespace effnet
