#include "pictures/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "pictures/orientation.h"

namespace effnet {
namespace {

// Signature (8 bytes), then IHDR: length, type, width,
// height, bit depth, colour type, three methods, checksum.
constexpr std::size_t header_bytes = 33;
constexpr std::array<unsigned char, 8> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<unsigned char, 8> header_chunk = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
// The least number of bytes that deflate needs is a 1032nd of its output: https://zlib.net/zlib_tech.html
constexpr std::int64_t deflate_ratio = 1032;

struct Size {
  int width = 0, height = 0;
};

std::int64_t big_endian(std::span<const std::byte> bytes) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; i++) value = value << 8 | std::to_integer<int>(bytes[i]);
  return value;
}

std::int64_t samples_per_pixel(int colour_type) {
  switch (colour_type) {
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return 4;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    default:
      return 1;  // grey, palette; libpng refuses the rest
  }
}

Result<Size> check_header(std::span<const std::byte> file, const std::string& where) {
  if (file.empty()) return Status::error(where + ": empty file, expected a PNG picture");
  if (!is_png(file)) return Status::error(where + ": not a PNG picture");
  if (file.size() < header_bytes) return Status::error(where + ": truncated PNG, ends within its header");
  if (std::memcmp(file.data() + 8, header_chunk.data(), header_chunk.size()) != 0)
    return Status::error(where + ": damaged PNG, does not begin with a header chunk (IHDR)");

  const std::int64_t width = big_endian(file.subspan(16, 4)), height = big_endian(file.subspan(20, 4));
  if (Status size = check_picture_size(width, height, where); !size) return size;
  return Size{static_cast<int>(width), static_cast<int>(height)};
}

// A file that claims more pixels than its bytes can hold is refused before memory is taken for them.
Status check_length(std::span<const std::byte> file, Size size, const std::string& where) {
  const std::int64_t bits =
      std::to_integer<int>(file[24]) * samples_per_pixel(std::to_integer<int>(file[25]));
  const std::int64_t raw_bytes = (size.width * bits + 7) / 8 * size.height;
  if (raw_bytes / deflate_ratio <= static_cast<std::int64_t>(file.size())) return {};
  return Status::error(where + ": truncated PNG, " + std::to_string(size.width) + " x " +
                       std::to_string(size.height) + " pixels do not fit into its " +
                       std::to_string(file.size()) + " bytes");
}

// What libpng's callbacks see. Everything that a longjmp may leave behind is trivially destructible.
struct Decoder {
  const std::byte* next = nullptr;
  std::size_t left = 0;
  Size size = {};
  std::uint8_t* rgb = nullptr;  // [height][width][3]
  int orientation = 1;          // as EXIF counts
  char error[200] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* decoder = static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(decoder->error, sizeof decoder->error, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, std::size_t bytes) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (bytes > decoder->left) png_error(png, "the file ends too early");
  std::memcpy(target, decoder->next, bytes);
  decoder->next += bytes;
  decoder->left -= bytes;
}

void set_limits(png_structp png) {
  png_set_user_limits(png, max_picture_side, max_picture_side);
  png_set_chunk_cache_max(png, 256);
  png_set_chunk_malloc_max(png, 16'000'000);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
}

// Whatever the file holds becomes 8-bit RGB. A palette's
// transparency would become alpha, hence the last line for all.
void set_transforms(png_structp png, png_infop info) {
  const int colour_type = png_get_color_type(png, info), bit_depth = png_get_bit_depth(png, info);
  if (bit_depth == 16) png_set_strip_16(png);
  if (colour_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (colour_type == PNG_COLOR_TYPE_GRAY && bit_depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if ((colour_type & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
}

int orientation(png_structp png, png_infop info) {
  png_uint_32 bytes = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(png, info, &bytes, &exif) == 0) return 1;
  return exif_orientation(std::as_bytes(std::span<const png_byte>(exif, bytes)));
}

void decode_rows(png_structp png, png_infop info, Decoder* decoder) {
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(decoder->size.width);
  png_read_info(png, info);
  set_transforms(png, info);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "rows of an unexpected length");
  for (int pass = 0; pass < passes; pass++)
    for (int y = 0; y < decoder->size.height; y++)
      png_read_row(png, decoder->rgb + static_cast<std::size_t>(y) * row_bytes, nullptr);
  png_read_end(png, info);  // EXIF data may come last
  decoder->orientation = orientation(png, info);
}

// libpng reports errors by a longjmp to here.
bool decode(Decoder* decoder) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    std::snprintf(decoder->error, sizeof decoder->error, "libpng cannot start (out of memory)");
    png_destroy_read_struct(&png, nullptr, nullptr);
    return false;
  }
  const bool done = setjmp(png_jmpbuf(png)) == 0;
  if (done) {
    png_set_read_fn(png, decoder, on_read);
    set_limits(png);
    decode_rows(png, info, decoder);
  }
  png_destroy_read_struct(&png, &info, nullptr);
  return done;
}

}  // namespace

bool is_png(std::span<const std::byte> file) {
  return !file.empty() &&
         std::memcmp(file.data(), signature.data(), std::min(file.size(), signature.size())) == 0;
}

Result<Picture> decode_png(std::span<const std::byte> file, const std::string& where) {
  const Result<Size> size = check_header(file, where);
  if (!size.ok()) return size.status();
  if (Status length = check_length(file, *size, where); !length.ok()) return length;

  Result<Picture> picture = black_picture(size->width, size->height, where);
  if (!picture) return picture;
  Decoder decoder{file.data(), file.size(), *size, picture->rgb.data()};
  if (!decode(&decoder)) return Status::error(where + ": damaged PNG: " + decoder.error);
  return upright(*std::move(picture), decoder.orientation, where);
}

}  // namespace effnet
