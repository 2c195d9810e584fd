#include "formats/safetensors.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "formats/error_text.h"
#include "formats/header_json.h"

namespace effnet {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t max_header_bytes = 100'000'000;

struct DtypeRow {
  std::string_view name;
  std::size_t bytes;
};
// In the order of the enum.
constexpr DtypeRow dtypes[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                               {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                               {"U64", 8},  {"I64", 8},  {"F64", 8}};
static_assert(std::size(dtypes) == static_cast<std::size_t>(Dtype::f64) + 1);

bool find_dtype(std::string_view name, Dtype& dtype) {
  for (std::size_t i = 0; i < std::size(dtypes); ++i) {
    if (dtypes[i].name != name) continue;
    dtype = static_cast<Dtype>(i);
    return true;
  }
  return false;
}

// How much index a header needs. Counted from what really stands in it.
struct Counts {
  std::size_t tensors = 0, metadata = 0, text = 0;
};

// Walks a header twice: first to check and to count, then, with arrays to fill, to build the index.
class HeaderReader {
 public:
  HeaderReader(std::string_view header, std::span<const std::byte> data, ErrorText error)
      : json_(header), data_(data), error_(error) {}

  bool read() {
    json_.rewind();
    counts_ = {};
    bool has_metadata = false;
    if (!json_.enter('{')) return fail("the header must be a JSON object that begins with '{'");
    while (json_.next_item('}')) {
      HeaderString name;
      if (!json_.string(name) || !json_.expect(':')) return fail_json();
      if (name.is("__metadata__")) {
        if (has_metadata) return fail("the key \"__metadata__\" stands twice in the header");
        has_metadata = true;
        if (!read_metadata()) return false;
      } else if (!read_tensor(name)) {
        return false;
      }
    }
    if (json_.failed() || !json_.at_end()) return fail_json();
    return true;
  }

  const Counts& counts() const { return counts_; }
  void fill(Tensor* tensors, MetadataEntry* metadata, char* text) {
    tensors_ = tensors;
    metadata_ = metadata;
    text_ = text;
  }

 private:
  bool read_metadata() {
    if (!json_.enter('{')) return fail("\"__metadata__\" must be an object of strings");
    while (json_.next_item('}')) {
      HeaderString key, value;
      if (!json_.string(key) || !json_.expect(':')) return fail_json();
      if (!json_.string(value)) {
        if (json_.syntax_error()) return fail_json();
        return fail("\"__metadata__\" must hold strings only, key \"", shortened(key.raw), "\" does not");
      }
      MetadataEntry entry{unescape(key), unescape(value)};
      if (metadata_ != nullptr) metadata_[counts_.metadata] = entry;
      ++counts_.metadata;
    }
    return !json_.failed() || fail_json();
  }

  bool read_tensor(const HeaderString& name) {
    name_ = name.raw;
    Tensor tensor{};
    tensor.name = unescape(name);
    std::uint64_t offsets[2] = {};
    if (!read_fields(tensor, offsets) || !place(tensor, offsets)) return false;
    if (tensors_ != nullptr) tensors_[counts_.tensors] = tensor;
    ++counts_.tensors;
    return true;
  }

  // The three fields, each exactly once, in any order.
  bool read_fields(Tensor& tensor, std::uint64_t (&offsets)[2]) {
    enum { dtype = 1, shape = 2, data_offsets = 4 };
    unsigned seen = 0;
    if (!json_.enter('{')) return fail_tensor("must be an object with dtype, shape and data_offsets");
    while (json_.next_item('}')) {
      HeaderString key;
      if (!json_.string(key) || !json_.expect(':')) return fail_json();
      unsigned field = key.is("dtype")          ? dtype
                       : key.is("shape")        ? shape
                       : key.is("data_offsets") ? data_offsets
                                                : 0;
      if (field == 0) return fail_tensor("has the unknown key \"", shortened(key.raw), "\"");
      if ((seen & field) != 0) return fail_tensor("has the key \"", key.raw, "\" twice");
      seen |= field;
      if (field == dtype   ? !read_dtype(tensor)
          : field == shape ? !read_shape(tensor)
                           : !read_offsets(offsets)) {
        return false;
      }
    }
    if (json_.failed()) return fail_json();
    return seen == (dtype | shape | data_offsets) || fail_tensor("must have dtype, shape and data_offsets");
  }

  bool read_dtype(Tensor& tensor) {
    HeaderString name;
    if (!json_.string(name)) return fail_tensor("must have a string as dtype");
    return find_dtype(name.raw, tensor.dtype) || fail_tensor("has the unknown dtype \"", shortened(name.raw),
                                                             "\": known are BOOL, U8 to F64 and BF16");
  }

  bool read_shape(Tensor& tensor) {
    if (!json_.enter('[')) return fail_tensor("must have an array as shape");
    while (json_.next_item(']')) {
      std::uint64_t extent = 0;
      if (!json_.integer(extent)) return fail_tensor("must have whole numbers from 0 to 2^63 - 1 as shape");
      if (tensor.rank == max_rank) return fail_tensor("has more than ", max_rank, " dimensions");
      tensor.shape[tensor.rank++] = static_cast<std::int64_t>(extent);
    }
    return !json_.failed() || fail_json();
  }

  bool read_offsets(std::uint64_t (&offsets)[2]) {
    int count = 0;
    if (!json_.enter('[')) return fail_tensor("must have two numbers as data_offsets");
    while (json_.next_item(']')) {
      if (count == 2 || !json_.integer(offsets[count++]))
        return fail_tensor("must have two numbers as data_offsets");
    }
    if (json_.failed()) return fail_json();
    return count == 2 || fail_tensor("must have two numbers as data_offsets");
  }

  // Shape times element size must be what the offsets span, inside the file.
  bool place(Tensor& tensor, const std::uint64_t (&offsets)[2]) {
    std::uint64_t bytes = dtype_bytes(tensor.dtype);
    for (int i = 0; i < tensor.rank; ++i) {
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(tensor.shape[i]), &bytes)) {
        return fail_tensor("has a shape whose size overflows 64 bits");
      }
    }
    if (offsets[0] > offsets[1]) return fail_tensor("ends before it begins");
    if (offsets[1] > data_.size()) {
      return fail_tensor("ends at byte ", offsets[1], " of the data, but the file holds ", data_.size(),
                         " (is it truncated?)");
    }
    if (offsets[1] - offsets[0] != bytes) {
      return fail_tensor("spans ", offsets[1] - offsets[0], " bytes, but its shape and dtype need ", bytes);
    }
    tensor.data = data_.data() + offsets[0];
    tensor.bytes = static_cast<std::size_t>(bytes);
    return true;
  }

  // The string's text: in the file when nothing is escaped, else in the index.
  std::string_view unescape(const HeaderString& string) {
    if (!string.escaped) return string.raw;
    char* out = text_ == nullptr ? nullptr : text_ + counts_.text;
    counts_.text += string.raw.size();  // never less than the unescaped text
    return out == nullptr ? string.raw : std::string_view(out, unescape_json(string.raw, out));
  }

  template <typename... Parts>
  bool fail(const Parts&... parts) {
    write_text(error_, parts...);
    return false;
  }
  template <typename... Parts>
  bool fail_tensor(const Parts&... parts) {
    return json_.syntax_error() ? fail_json() : fail("tensor \"", shortened(name_), "\" ", parts...);
  }
  bool fail_json() { return fail("the header is not valid JSON at byte ", length_bytes + json_.position()); }

  HeaderJson json_;
  std::span<const std::byte> data_;
  ErrorText error_;
  std::string_view name_;  // of the tensor being read
  Counts counts_;
  Tensor* tensors_ = nullptr;
  MetadataEntry* metadata_ = nullptr;
  char* text_ = nullptr;
};

// Tensors sorted by offset must follow each other from the data's first byte to its last.
bool check_no_holes(std::span<const Tensor> tensors, std::span<const std::byte> data, ErrorText error) {
  const std::byte* expected = data.data();
  for (const Tensor& tensor : tensors) {
    if (tensor.data != expected) {
      write_text(error, "tensor \"", shortened(tensor.name), "\" begins at byte ", tensor.data - data.data(),
                 " of the data, but the tensors before it end at ", expected - data.data(),
                 tensor.data < expected ? " (overlap)" : " (hole)");
      return false;
    }
    expected += tensor.bytes;
  }
  if (expected == data.data() + data.size()) return true;
  write_text(error, "the tensors end at byte ", expected - data.data(), " of the data, but the file holds ",
             data.size());
  return false;
}

// Sorts positions by their name and returns the first name that stands twice; data() is null when all differ.
template <typename NameAt>
std::string_view sort_by_name(std::span<std::uint32_t> order, NameAt name_at) {
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return name_at(a) < name_at(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (name_at(order[i - 1]) == name_at(order[i])) return name_at(order[i]);
  }
  return {};
}

bool before(const Tensor& a, const Tensor& b) {
  if (a.data != b.data) return a.data < b.data;
  if (a.bytes != b.bytes) return a.bytes < b.bytes;  // empty tensors before the one that begins there
  return a.name < b.name;
}

// Splits a file into header and data by its first 8 bytes.
bool split(std::span<const std::byte> file, std::string_view& header, std::span<const std::byte>& data,
           ErrorText error) {
  if (file.size() < length_bytes) {
    write_text(error, "the file has ", file.size(), " bytes: too few for a safetensors file");
    return false;
  }
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file[i]);
  std::size_t rest = file.size() - length_bytes;
  if (length > max_header_bytes) {
    write_text(error, "the header claims ", length, " bytes, but at most ", max_header_bytes,
               " are allowed (no safetensors file)");
    return false;
  }
  if (length > rest) {
    write_text(error, "the header claims ", length, " bytes, but ", rest,
               " follow (truncated, or no safetensors file)");
    return false;
  }
  header = {reinterpret_cast<const char*>(file.data()) + length_bytes, static_cast<std::size_t>(length)};
  data = {file.data() + length_bytes + length, rest - static_cast<std::size_t>(length)};
  return true;
}

}  // namespace

std::size_t dtype_bytes(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)].bytes; }
std::string_view dtype_name(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)].name; }

bool Safetensors::parse(std::span<const std::byte> file, const Memory& memory, ErrorText error) {
  clear();
  std::string_view header;
  std::span<const std::byte> data;
  if (!split(file, header, data, error)) return false;
  if (std::size_t bad = find_invalid_utf8(header); bad != header.size()) {
    write_text(error, "the header is not valid UTF-8 at byte ", length_bytes + bad);
    return false;
  }
  HeaderReader reader(header, data, error);
  if (!reader.read()) return false;

  // One block: tensors, metadata, the two orders by name, unescaped text.
  Counts counts = reader.counts();
  std::size_t bytes = counts.tensors * (sizeof(Tensor) + sizeof(std::uint32_t)) +
                      counts.metadata * (sizeof(MetadataEntry) + sizeof(std::uint32_t)) + counts.text + 1;
  memory_ = memory;
  index_ = memory.allocate == nullptr ? std::malloc(bytes) : memory.allocate(memory.context, bytes);
  if (index_ == nullptr) {
    write_text(error, "out of memory: ", bytes, " bytes for the index of ", counts.tensors, " tensors");
    return false;
  }
  auto* tensors = static_cast<Tensor*>(index_);
  auto* metadata = reinterpret_cast<MetadataEntry*>(tensors + counts.tensors);
  auto* by_name = reinterpret_cast<std::uint32_t*>(metadata + counts.metadata);
  auto* by_key = by_name + counts.tensors;
  reader.fill(tensors, metadata, reinterpret_cast<char*>(by_key + counts.metadata));
  bool sound = reader.read();  // cannot fail: the first walk saw the same bytes

  std::sort(tensors, tensors + counts.tensors, before);
  tensors_ = {tensors, counts.tensors};
  metadata_ = {metadata, counts.metadata};
  by_name_ = {by_name, counts.tensors};
  std::string_view twice = sort_by_name({by_name, counts.tensors}, [&](auto i) { return tensors[i].name; });
  if (twice.data() == nullptr) {
    twice = sort_by_name({by_key, counts.metadata}, [&](auto i) { return metadata[i].key; });
  }
  if (twice.data() != nullptr) {
    write_text(error, "the key \"", shortened(twice), "\" stands twice in the header");
    sound = false;
  }
  sound = sound && check_no_holes(tensors_, data, error);
  if (!sound) clear();
  return sound;
}

void Safetensors::clear() {
  tensors_ = {};
  by_name_ = {};
  metadata_ = {};
  if (index_ == nullptr) return;
  memory_.release == nullptr ? std::free(index_) : memory_.release(memory_.context, index_);
  index_ = nullptr;
}

const Tensor* Safetensors::find(std::string_view name) const {
  auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::uint32_t i, std::string_view wanted) { return tensors_[i].name < wanted; });
  return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

std::string_view Safetensors::metadata_value(std::string_view key) const {
  for (const MetadataEntry& entry : metadata_) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

}  // namespace effnet
