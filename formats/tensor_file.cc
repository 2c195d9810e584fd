#include "formats/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "formats/hdf5_file.h"
#include "formats/pickle.h"
#include "formats/torch_file.h"

namespace effnet {
namespace {

using Bytes = std::span<const std::byte>;

bool is_plain_pickle(Bytes file) {
  return file.size() >= 2 && std::to_integer<unsigned>(file[0]) == 0x80 &&
         std::to_integer<unsigned>(file[1]) <= 5;
}

Result<TensorFile> read_any(Bytes file, const std::string& where) {
  if (is_zip(file)) return read_torch_zip(file, where);
  if (is_torch_pickle(file)) return read_torch_pickle(file, where);
  if (is_hdf5(file)) return read_hdf5(where, file.size());
  // Other pickles get a look only so that the message can name what they ask for.
  if (is_plain_pickle(file)) {
    const Result<pickle::Document> document = pickle::read(file, where);
    return document ? Status::error(where + ": is a pickle, but not one of torch.save()") : document.status();
  }
  return read_safetensors(file, where);
}

double from_f16(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  double value = 0;
  if (exponent == 31)
    value = fraction == 0 ? HUGE_VAL : NAN;
  else
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -value : value;
}

double from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <typename Stored>
Stored load(Bytes data, std::int64_t index) {
  Stored value;
  std::memcpy(&value, data.data() + static_cast<std::size_t>(index) * sizeof value, sizeof value);
  return value;
}

// Visits the storage indices of all elements in row-major order.
template <typename Visit>
void for_each_element(const SourceTensor& tensor, std::int64_t count, const Visit& visit) {
  if (tensor.strides.empty()) {
    for (std::int64_t i = 0; i < count; ++i) visit(i);
    return;
  }
  std::vector<std::int64_t> position(tensor.shape.size(), 0);
  std::int64_t index = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    visit(index);
    for (std::size_t axis = position.size(); axis-- > 0;) {
      index += tensor.strides[axis];
      if (++position[axis] < tensor.shape[axis]) break;
      index -= tensor.strides[axis] * tensor.shape[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace

bool is_hdf5(Bytes file) { return file.size() >= 8 && std::memcmp(file.data(), "\x89HDF\r\n\x1a\n", 8) == 0; }

Result<TensorFile> read_safetensors(Bytes file, const std::string& where) {
  Safetensors parsed;
  char error[512] = "";
  if (!parsed.parse(file, Memory{}, error)) return Status::error(where + ": " + error);
  TensorFile result{"safetensors", "", {}, nullptr};
  for (const Tensor& tensor : parsed.tensors()) {
    SourceTensor source;
    source.dtype = tensor.dtype;
    source.shape.assign(tensor.shape, tensor.shape + tensor.rank);
    source.data = {tensor.data, tensor.bytes};
    result.tensors.emplace(std::string(tensor.name), std::move(source));
  }
  return result;
}

Result<TensorFile> read_tensor_file(const std::string& path) {
  Result<MappedFile> opened = MappedFile::open(path);
  if (!opened) return opened.status();
  const auto mapped = std::make_shared<MappedFile>(*std::move(opened));
  Result<TensorFile> file = read_any(mapped->bytes(), path);
  if (!file) return file;
  Result<std::string> digest = sha256(mapped->bytes());
  if (!digest) return digest.status();
  file->sha256 = *std::move(digest);
  using Both = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
  file->memory = std::make_shared<Both>(mapped, file->memory);
  return file;
}

Result<std::vector<double>> read_values(const SourceTensor& tensor, const std::string& name) {
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape)
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count))
      return Status::error("tensor " + in_quotes(name) + " has the impossible shape " +
                           shape_text(tensor.shape));
  // Also keeps shapes with strides of 0 from growing beyond what the file holds.
  if (static_cast<std::uint64_t>(count) > tensor.data.size() / dtype_bytes(tensor.dtype))
    return Status::error("tensor " + in_quotes(name) + " of shape " + shape_text(tensor.shape) +
                         " has more elements than its storage");
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count));
  const auto read = [&](auto convert) {
    for_each_element(tensor, count, [&](std::int64_t index) { values.push_back(convert(index)); });
  };
  switch (tensor.dtype) {
    case Dtype::f32:
      read([&](std::int64_t i) { return load<float>(tensor.data, i); });
      break;
    case Dtype::f64:
      read([&](std::int64_t i) { return load<double>(tensor.data, i); });
      break;
    case Dtype::f16:
      read([&](std::int64_t i) { return from_f16(load<std::uint16_t>(tensor.data, i)); });
      break;
    case Dtype::bf16:
      read([&](std::int64_t i) { return from_bf16(load<std::uint16_t>(tensor.data, i)); });
      break;
    default:
      return Status::error("tensor " + in_quotes(name) + " has type " +
                           std::string(dtype_name(tensor.dtype)) + "; F32, F64, F16 or BF16 is needed");
  }
  return values;
}

}  // namespace effnet
