#include "tools/effnet/random_weights.h"

#include <cmath>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/text.h"
#include "formats/bf16.h"
#include "formats/safetensors.h"
#include "tools/effnet/element.h"

namespace effnet {
namespace {

constexpr std::size_t max_elements = std::size_t{1} << 30;  // an absurd program is refused, not allocated

// 0: not a shape.
std::size_t element_count(const effnet_tensor& tensor) {
  if (tensor.rank < 1 || tensor.rank > 5) return 0;
  std::size_t count = 1;
  for (int i = 0; i < tensor.rank; i++) {
    if (tensor.shape[i] < 1) return 0;
    count *= static_cast<std::size_t>(tensor.shape[i]);
    if (count > max_elements) return 0;
  }
  return count;
}

std::size_t byte_count(const effnet_tensor& tensor) {
  return element_count(tensor) * dtype_bytes(dtype_of(tensor));
}

// Weights are panels of 16 outputs (models/packing.h): the rest is summed over. A bias has one dimension.
float limit(const effnet_tensor& tensor) {
  if (tensor.rank == 1) return 0.1F;
  const double inputs = static_cast<double>(element_count(tensor)) / (16.0 * tensor.shape[0]);
  return static_cast<float>(std::sqrt(6 / inputs));
}

// What an int8 map's steps stand for: values in [-1, 4.1], as after a swish, for the first of eight tensors; of the others a
// little less or more, so that none can stand in for another.
void fill_affine(int index, std::byte* to, std::size_t count) {
  const float which = static_cast<float>(index % 8), scale = 0.02F + 0.001F * which,
              numbers[] = {scale, 50 + which, 1 / scale};
  std::memset(to, 0, count * sizeof(float));
  std::memcpy(to, numbers, sizeof numbers);
}

// Elements of one tensor; a scale's own are what makes the 8 bit weights behind it as large as others.
void fill(const effnet_program& program, int index, RandomNumbers& random, std::byte* to) {
  const effnet_tensor& tensor = program.tensors[index];
  const bool is_scale = std::string_view(tensor.name).ends_with(".scale") && index + 1 < program.tensor_count;
  const std::size_t count = element_count(tensor);
  if (std::string_view(tensor.name).ends_with(".affine")) return fill_affine(index, to, count);
  for (std::size_t i = 0; i < count; i++) {
    if (tensor.element == EFFNET_I8) {
      reinterpret_cast<std::int8_t*>(to)[i] = static_cast<std::int8_t>(random(127));
    } else if (tensor.element == EFFNET_BF16) {
      reinterpret_cast<std::uint16_t*>(to)[i] = to_bf16(random(limit(tensor)));
    } else {
      reinterpret_cast<float*>(to)[i] =
          is_scale ? limit(program.tensors[index + 1]) / 127 : random(limit(tensor));
    }
  }
}

nlohmann::ordered_json metadata(const effnet_program& program) {
  return {{"format", "effnet-weights"},
          {"precision", program.precision},
          {"format_version", std::to_string(program.weights_format_version)},
          {"network", program.network},
          {"fingerprint", program.fingerprint},
          {"mean", "0.5,0.5,0.5"},
          {"std", "0.5,0.5,0.5"},
          {"crop", "0.875"},
          {"interpolation", "bicubic"}};
}

// The length and the header, filled up with spaces; `bytes` gets those of all tensors.
Result<std::string> header(const effnet_program& program, std::size_t& bytes) {
  nlohmann::ordered_json json;
  json["__metadata__"] = metadata(program);
  bytes = 0;
  for (int i = 0; i < program.tensor_count; i++) {
    const effnet_tensor& tensor = program.tensors[i];
    const std::size_t size = byte_count(tensor);
    if (size == 0 || bytes + size > max_elements * sizeof(float))
      return Status::error(std::string("the library wants a tensor of an impossible shape: ") + tensor.name);
    json[tensor.name] = {{"dtype", dtype_name(dtype_of(tensor))},
                         {"shape", std::vector<int>(tensor.shape, tensor.shape + tensor.rank)},
                         {"data_offsets", {bytes, bytes + size}}};
    bytes += size;
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
  std::size_t bytes = 0;
  const Result<std::string> head = header(program, bytes);
  if (!head) return head.status();
  RandomWeights weights;
  weights.size_ = head->size() + bytes;
  weights.bytes_.reset(new (std::align_val_t(tensor_alignment)) std::byte[weights.size_]);
  std::memcpy(weights.bytes_.get(), head->data(), head->size());

  std::byte* to = weights.bytes_.get() + head->size();
  RandomNumbers random(seed);
  for (int i = 0; i < program.tensor_count; i++) {
    fill(program, i, random, to);
    to += byte_count(program.tensors[i]);
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
