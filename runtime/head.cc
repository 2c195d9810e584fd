#include "runtime/head.h"

#include <climits>
#include <cmath>
#include <cstring>

#include "formats/bf16.h"
#include "runtime/file.h"

namespace effnet::runtime {
namespace {

// A head file's tensors: any alignment, so values are read by copying.
struct HeadTensors {
  const Tensor *weight, *bias;
  std::size_t classes, features;

  static float value(const Tensor& tensor, std::size_t i) {
    float out = 0;
    std::memcpy(&out, tensor.data + i * sizeof out, sizeof out);
    return out;
  }
};

effnet_status find_tensors(const effnet_program& program, const Safetensors& file, const char* path,
                           ErrorText error, HeadTensors& out) {
  std::string_view theirs = file.metadata_value("fingerprint");
  if (theirs.data() == nullptr) {
    return fail(error, EFFNET_INVALID_WEIGHTS, path,
                ": not a head file (metadata \"fingerprint\" is missing)");
  }
  if (theirs != program.fingerprint) {
    return fail(error, EFFNET_WRONG_NETWORK, path, ": a head for the fingerprint ", shortened(theirs),
                ", but ", program.network, " has ", program.fingerprint);
  }
  const Tensor *weight = file.find("weight"), *bias = file.find("bias");
  if (weight == nullptr || bias == nullptr || file.tensors().size() != 2) {
    return fail(error, EFFNET_INVALID_WEIGHTS, path,
                ": a head file must have the tensors \"weight\" and \"bias\" only");
  }
  if (weight->dtype != Dtype::f32 || weight->rank != 2 || weight->shape[1] != program.features ||
      weight->shape[0] < 1 || weight->shape[0] > INT_MAX / 2) {
    return fail(error, EFFNET_INVALID_WEIGHTS, path,
                ": tensor \"weight\" must be F32 of the shape [classes, ", program.features, "]");
  }
  if (bias->dtype != Dtype::f32 || bias->rank != 1 || bias->shape[0] != weight->shape[0]) {
    return fail(error, EFFNET_INVALID_WEIGHTS, path, ": tensor \"bias\" must be F32 of the shape [",
                weight->shape[0], "]");
  }
  out = {weight, bias, static_cast<std::size_t>(weight->shape[0]),
         static_cast<std::size_t>(weight->shape[1])};
  return EFFNET_OK;
}

// Copies values to where `position` says; everything else
// of `out` becomes zero. False when a value is not finite.
template <typename Position>
bool pack(const Tensor& tensor, const Block<float>& out, Position position) {
  std::memset(out.data(), 0, out.size() * sizeof(float));
  bool finite = true;
  for (std::size_t i = 0; i < tensor.bytes / sizeof(float); ++i) {
    float value = HeadTensors::value(tensor, i);
    finite = finite && std::isfinite(value);
    out[position(i)] = value;
  }
  return finite;
}

constexpr std::size_t element_bytes[] = {sizeof(float), sizeof(std::uint16_t), sizeof(std::int8_t)};

// Inputs of a panel, filled up to 64 bytes.
std::size_t stored_inputs(effnet_element element, std::size_t inputs) {
  std::size_t line = alignment / (panel * element_bytes[element]);
  return (inputs + line - 1) / line * line;
}

bool allocate_stored(effnet_element element, std::size_t padded, std::size_t features,
                     const Allocator& allocator, Head& out) {
  std::size_t bytes = padded * stored_inputs(element, features) * element_bytes[element];
  if (!out.weight.allocate(allocator, bytes)) return false;
  std::memset(out.weight.data(), 0, bytes);
  return element != EFFNET_I8 || out.scale.allocate(allocator, padded);
}

// Symmetric: the largest weight of a class becomes 127 or -127.
void set_scales(const Block<float>& weight, std::size_t features, const Block<float>& scale) {
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const float* lane = weight.data() + c / panel * features * panel + c % panel;
    float largest = 0;
    for (std::size_t i = 0; i < features; ++i) {
      largest = std::fabs(lane[i * panel]) > largest ? std::fabs(lane[i * panel]) : largest;
    }
    scale[c] = largest / 127;
  }
}

// Panels of float32 into panels of the program's type, as models/packing.h has them.
void store_weight(effnet_element element, const Block<float>& weight, std::size_t features, Head& out) {
  if (element == EFFNET_I8) set_scales(weight, features, out.scale);
  std::size_t stored = stored_inputs(element, features);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    std::size_t row = i / panel, lane = i % panel;
    std::size_t to = (row / features * stored + row % features) * panel + lane;
    if (element == EFFNET_F32) {
      std::memcpy(out.weight.data() + to * sizeof(float), &weight[i], sizeof(float));
    } else if (element == EFFNET_BF16) {
      std::uint16_t bits = to_bf16(weight[i]);
      std::memcpy(out.weight.data() + to * sizeof bits, &bits, sizeof bits);
    } else {
      float scale = out.scale[row / features * panel + lane];
      auto step = static_cast<std::int8_t>(scale > 0 ? std::nearbyint(weight[i] / scale) : 0.0f);
      std::memcpy(out.weight.data() + to, &step, sizeof step);
    }
  }
}

effnet_status pack_head(const HeadTensors& tensors, effnet_element element, std::size_t images,
                        const Allocator& allocator, const char* path, ErrorText error, Head& out) {
  auto padded = static_cast<std::size_t>(panels(static_cast<int>(tensors.classes))) * panel;
  std::size_t features = tensors.features;
  Block<float> weight;
  if (!weight.allocate(allocator, padded * features) || !out.bias.allocate(allocator, padded) ||
      !out.logits.allocate(allocator, images * padded) ||
      !allocate_stored(element, padded, features, allocator, out)) {
    return fail(error, EFFNET_OUT_OF_MEMORY, path, ": out of memory for a head of ", tensors.classes,
                " classes");
  }
  bool finite = pack(*tensors.weight, weight, [features](std::size_t i) {
    std::size_t c = i / features, feature = i % features;
    return (c / panel * features + feature) * panel + c % panel;
  });
  finite = pack(*tensors.bias, out.bias, [](std::size_t i) { return i; }) && finite;
  out.classes = static_cast<int>(tensors.classes);
  if (finite) store_weight(element, weight, features, out);
  return finite ? EFFNET_OK
                : fail(error, EFFNET_INVALID_WEIGHTS, path, ": the head holds NaN or infinite values");
}

}  // namespace

effnet_element classifier_element(const effnet_program& program) {
  return program.tensors[program.tensor_count - 2].element;
}

int classifier_tensors(const effnet_program& program) {
  return classifier_element(program) == EFFNET_I8 ? 3 : 2;
}

void read_class(const effnet_program& program, const void* const* classifier, int class_index, float* weights,
                float* bias) {
  effnet_element element = classifier_element(program);
  const void* const* last = classifier + classifier_tensors(program) - 1;
  auto c = static_cast<std::size_t>(class_index), features = static_cast<std::size_t>(program.features);
  std::size_t first = c / panel * stored_inputs(element, features) * panel + c % panel;
  for (std::size_t i = 0; i < features; ++i) {
    std::size_t at = first + i * panel;
    if (element == EFFNET_F32) {
      weights[i] = static_cast<const float*>(last[-1])[at];
    } else if (element == EFFNET_BF16) {
      weights[i] = from_bf16(static_cast<const std::uint16_t*>(last[-1])[at]);
    } else {
      weights[i] = static_cast<const std::int8_t*>(last[-1])[at] * static_cast<const float*>(last[-2])[c];
    }
  }
  if (bias != nullptr) *bias = static_cast<const float*>(last[0])[c];
}

effnet_status read_head(const effnet_program& program, const char* path, std::size_t images,
                        const Allocator& allocator, ErrorText error, Head& out) {
  MappedFile file;
  effnet_status status = file.map(path, error);
  if (status != EFFNET_OK) return status;
  Safetensors parsed;
  status = parse_file(file.bytes(), allocator, path, error, parsed);
  if (status != EFFNET_OK) return status;
  HeadTensors tensors = {};
  status = find_tensors(program, parsed, path, error, tensors);
  if (status == EFFNET_OK) {
    status = pack_head(tensors, classifier_element(program), images, allocator, path, error, out);
  }
  if (status != EFFNET_OK) return status;
  return out.labels.read(parsed.metadata_value("labels"), out.classes, allocator, path, error);
}

}  // namespace effnet::runtime
