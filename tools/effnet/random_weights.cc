#include "tools/effnet/random_weights.h"

#include <cmath>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "formats/safetensors.h"

namespace effnet {
namespace {

constexpr std::size_t max_floats = std::size_t{1} << 30;  // an absurd program is refused, not allocated

// 0: not a shape.
std::size_t element_count(const effnet_tensor& tensor) {
  if (tensor.rank < 1 || tensor.rank > 5) return 0;
  std::size_t count = 1;
  for (int i = 0; i < tensor.rank; i++) {
    if (tensor.shape[i] < 1) return 0;
    count *= static_cast<std::size_t>(tensor.shape[i]);
    if (count > max_floats) return 0;
  }
  return count;
}

// Weights are [panel]...[16] (models/packing.h): what lies between is summed over. A bias has one dimension.
float limit(const effnet_tensor& tensor) {
  if (tensor.rank == 1) return 0.1F;
  double inputs = 1;
  for (int i = 1; i + 1 < tensor.rank; i++) inputs *= tensor.shape[i];
  return static_cast<float>(std::sqrt(6 / inputs));
}

nlohmann::ordered_json metadata(const effnet_program& program) {
  return {{"format", "effnet-weights"},
          {"precision", "fp32"},
          {"format_version", std::to_string(program.weights_format_version)},
          {"network", program.network},
          {"fingerprint", program.fingerprint},
          {"mean", "0.5,0.5,0.5"},
          {"std", "0.5,0.5,0.5"},
          {"crop", "0.875"},
          {"interpolation", "bicubic"}};
}

// The length and the header, filled up with spaces; `floats` gets the number of all tensors' elements.
Result<std::string> header(const effnet_program& program, std::size_t& floats) {
  nlohmann::ordered_json json;
  json["__metadata__"] = metadata(program);
  floats = 0;
  for (int i = 0; i < program.tensor_count; i++) {
    const effnet_tensor& tensor = program.tensors[i];
    const std::size_t count = element_count(tensor);
    if (count == 0 || floats + count > max_floats)
      return Status::error(std::string("the library wants a tensor of an impossible shape: ") + tensor.name);
    json[tensor.name] = {{"dtype", "F32"},
                         {"shape", std::vector<int>(tensor.shape, tensor.shape + tensor.rank)},
                         {"data_offsets", {floats * sizeof(float), (floats + count) * sizeof(float)}}};
    floats += count;
  }
  std::string text = json.dump();
  text.append((tensor_alignment - (8 + text.size()) % tensor_alignment) % tensor_alignment, ' ');
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; i++) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return length + text;
}

}  // namespace

void RandomWeights::Free::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, std::align_val_t(tensor_alignment));
}

Result<RandomWeights> RandomWeights::make(const effnet_program& program, std::uint64_t seed) {
  std::size_t floats = 0;
  const Result<std::string> head = header(program, floats);
  if (!head) return head.status();
  RandomWeights weights;
  weights.size_ = head->size() + floats * sizeof(float);
  weights.bytes_.reset(new (std::align_val_t(tensor_alignment)) std::byte[weights.size_]);
  std::memcpy(weights.bytes_.get(), head->data(), head->size());

  auto* value = reinterpret_cast<float*>(weights.bytes_.get() + head->size());
  RandomNumbers random(seed);
  for (int i = 0; i < program.tensor_count; i++) {
    const float bound = limit(program.tensors[i]);
    for (std::size_t left = element_count(program.tensors[i]); left > 0; left--) *value++ = random(bound);
  }
  return weights;
}

float RandomNumbers::operator()(float limit) {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  const std::uint64_t bits = (state_ * 0x2545f4914f6cdd1d) >> 40;  // the highest 24
  return limit * (static_cast<float>(bits) * 0x1p-23F - 1);
}

}  // namespace effnet
