#include "pictures/orientation.h"

#include <algorithm>
#include <cstring>

namespace effnet {
namespace {

// Numbers of TIFF data, in its byte order; outside of the data they are 0.
class TiffNumbers {
 public:
  TiffNumbers(std::span<const std::byte> data, bool big_endian) : data_(data), big_endian_(big_endian) {}

  std::uint32_t two_bytes(std::size_t offset) const { return number(offset, 2); }
  std::uint32_t four_bytes(std::size_t offset) const { return number(offset, 4); }

 private:
  std::uint32_t number(std::size_t offset, std::size_t bytes) const {
    if (offset > data_.size() || data_.size() - offset < bytes) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; i++) {
      const std::size_t at = offset + (big_endian_ ? i : bytes - 1 - i);
      value = value << 8 | std::to_integer<std::uint32_t>(data_[at]);
    }
    return value;
  }

  std::span<const std::byte> data_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
  constexpr std::uint32_t magic = 42, orientation_tag = 274, short_type = 3;
  constexpr std::size_t entry_bytes = 12;
  if (exif.size() < 8 || exif[0] != exif[1]) return 1;
  if (exif[0] != std::byte{'I'} && exif[0] != std::byte{'M'}) return 1;
  const TiffNumbers numbers(exif, exif[0] == std::byte{'M'});
  if (numbers.two_bytes(2) != magic) return 1;
  // The first directory: a count, then entries of tag, type, count (4 bytes) and value (4 bytes, from the
  // left).
  const std::size_t directory = numbers.four_bytes(4), entries = numbers.two_bytes(directory);
  for (std::size_t i = 0; i < entries; i++) {
    const std::size_t entry = directory + 2 + i * entry_bytes;
    if (numbers.two_bytes(entry) != orientation_tag) continue;
    const std::uint32_t value = numbers.two_bytes(entry + 8);
    const bool sound = numbers.two_bytes(entry + 2) == short_type && numbers.four_bytes(entry + 4) == 1 &&
                       value >= 1 && value <= 8;
    return sound ? static_cast<int>(value) : 1;
  }
  return 1;
}

Result<Picture> upright(Picture picture, int orientation, const std::string& where) {
  if (orientation <= 1 || orientation > 8) return picture;
  const bool transposed = orientation >= 5;
  Result<Picture> out = transposed ? black_picture(picture.height, picture.width, where)
                                   : black_picture(picture.width, picture.height, where);
  if (!out) return out;
  // Where the upright picture's columns and rows go in the stored one: which of them run backwards.
  const bool columns_backwards = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::ptrdiff_t pixel = 3, row = pixel * picture.width;
  const bool x_backwards = transposed ? rows_backwards : columns_backwards;
  const bool y_backwards = transposed ? columns_backwards : rows_backwards;
  const std::ptrdiff_t along_x = (transposed ? row : pixel) * (x_backwards ? -1 : 1);
  const std::ptrdiff_t along_y = (transposed ? pixel : row) * (y_backwards ? -1 : 1);
  const std::uint8_t* origin = picture.rgb.data() + (x_backwards ? -along_x * (out->width - 1) : 0) +
                               (y_backwards ? -along_y * (out->height - 1) : 0);
  // In squares, so that what is read column by column is still in cache for the next one.
  constexpr int square = 32;
  for (int top = 0; top < out->height; top += square)
    for (int left = 0; left < out->width; left += square)
      for (int y = top; y < std::min(top + square, out->height); y++)
        for (int x = left; x < std::min(left + square, out->width); x++)
          std::memcpy(out->rgb.data() + pixel * (static_cast<std::ptrdiff_t>(y) * out->width + x),
                      origin + along_x * x + along_y * y, 3);
  return out;
}

}  // namespace effnet
