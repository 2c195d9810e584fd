#include "pictures/jpeg.h"

// jpeglib.h needs stdio's FILE and size_t before it.
#include <cstdio>
//
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "pictures/orientation.h"

namespace effnet {
namespace {

// The entropy coding needs a bit for every 8 x 8 block at least, in the sampling with the fewest blocks.
constexpr std::int64_t most_pixels_per_byte = 1024;
// A file of few bytes can ask for any number of passes over its pixels.
constexpr int most_scans = 500;
constexpr int exif_marker = JPEG_APP0 + 1;
constexpr std::string_view exif_prefix("Exif\0\0", 6);

// What libjpeg's callbacks see; they find it through the first member. Everything that a longjmp may leave
// behind is trivially destructible.
struct Decoder {
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jpeg_source_mgr source;
  jpeg_decompress_struct jpeg;
  int orientation;  // as EXIF counts
  std::jmp_buf on_error;
  char error[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, decoder->error);
  std::longjmp(decoder->on_error, 1);
}

// libjpeg goes on after warnings, with grey or with other blocks' pixels for those that are lost.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;  // a trace, not a warning
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
      return;
    default:
      fail(jpeg);
  }
}

void no_output(j_common_ptr) {}

void on_progress(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  if (decoder->jpeg.input_scan_number <= most_scans) return;
  std::snprintf(decoder->error, sizeof decoder->error, "more than %d scans", most_scans);
  std::longjmp(decoder->on_error, 1);
}

// The whole file is in memory from the start.
void no_start(j_decompress_ptr) {}
void no_end(j_decompress_ptr) {}

boolean on_empty(j_decompress_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  std::snprintf(decoder->error, sizeof decoder->error, "the file ends too early");
  std::longjmp(decoder->on_error, 1);
}

void on_skip(j_decompress_ptr jpeg, long bytes) {
  if (bytes <= 0) return;
  const auto skipped = static_cast<std::size_t>(bytes);
  if (skipped > jpeg->src->bytes_in_buffer) on_empty(jpeg);
  jpeg->src->next_input_byte += skipped;
  jpeg->src->bytes_in_buffer -= skipped;
}

int orientation(const jpeg_decompress_struct& jpeg) {
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (marker->marker != exif_marker || !data.starts_with(exif_prefix)) continue;
    return exif_orientation(std::as_bytes(std::span(data.substr(exif_prefix.size()))));
  }
  return 1;
}

// Everything up to the first byte of pixels.
void start(Decoder& decoder, std::span<const std::byte> file) {
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  jpeg_create_decompress(&jpeg);
  jpeg.client_data = &decoder;
  decoder.progress.progress_monitor = on_progress;
  jpeg.progress = &decoder.progress;
  decoder.source.init_source = no_start;
  decoder.source.fill_input_buffer = on_empty;
  decoder.source.skip_input_data = on_skip;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  decoder.source.term_source = no_end;
  decoder.source.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
  decoder.source.bytes_in_buffer = file.size();
  jpeg.src = &decoder.source;
  jpeg_save_markers(&jpeg, exif_marker, 0xffff);
  jpeg_read_header(&jpeg, TRUE);
  decoder.orientation = orientation(jpeg);
  jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
}

bool read_header(Decoder& decoder, std::span<const std::byte> file) {
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = on_message;
  decoder.errors.output_message = no_output;
  decoder.jpeg.client_data = &decoder;
  if (setjmp(decoder.on_error) != 0) return false;
  start(decoder, file);
  return true;
}

Status damaged(const Decoder& decoder, const std::string& where) {
  return Status::error(where + ": damaged JPEG: " + decoder.error);
}

// A file that claims more pixels than its bytes can hold is refused before memory is taken for them.
Status check_length(const jpeg_decompress_struct& jpeg, std::size_t bytes, const std::string& where) {
  const std::int64_t width = jpeg.image_width, height = jpeg.image_height;
  if (Status size = check_picture_size(width, height, where); !size) return size;
  if (width * height / most_pixels_per_byte <= static_cast<std::int64_t>(bytes)) return {};
  return Status::error(where + ": truncated JPEG, " + std::to_string(width) + " x " + std::to_string(height) +
                       " pixels do not fit into its " + std::to_string(bytes) + " bytes");
}

// x / 255, rounded, of a product of two bytes.
int divide_255(int x) { return (x + 128 + ((x + 128) >> 8)) >> 8; }

// Inverted CMYK, [width][4] -> RGB, [width][3].
void cmyk_to_rgb(const std::uint8_t* cmyk, int width, std::uint8_t* rgb) {
  for (int x = 0; x < width; x++, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; c++)
      rgb[c] = static_cast<std::uint8_t>(cmyk[3] - divide_255((255 - cmyk[c]) * cmyk[3]));
}

// `row` holds one row as libjpeg writes it. False: the decoder's text says why.
bool decode(Decoder& decoder, Picture& picture, std::span<std::uint8_t> row) {
  if (setjmp(decoder.on_error) != 0) return false;
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  jpeg_start_decompress(&jpeg);
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(picture.width);
  while (jpeg.output_scanline < jpeg.output_height) {
    std::uint8_t* out = picture.rgb.data() + jpeg.output_scanline * row_bytes;
    JSAMPROW target = row.empty() ? out : row.data();
    jpeg_read_scanlines(&jpeg, &target, 1);
    if (!row.empty()) cmyk_to_rgb(row.data(), picture.width, out);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

Result<Picture> decode_pixels(Decoder& decoder, std::size_t bytes, const std::string& where) {
  if (Status length = check_length(decoder.jpeg, bytes, where); !length) return length;
  Result<Picture> picture = black_picture(static_cast<int>(decoder.jpeg.image_width),
                                          static_cast<int>(decoder.jpeg.image_height), where);
  if (!picture) return picture;
  std::vector<std::uint8_t> row;
  if (decoder.jpeg.out_color_space == JCS_CMYK) row.resize(4 * static_cast<std::size_t>(picture->width));
  if (!decode(decoder, *picture, row)) return damaged(decoder, where);
  return picture;
}

}  // namespace

Result<Picture> decode_jpeg(std::span<const std::byte> file, const std::string& where) {
  Decoder decoder = {};
  Result<Picture> picture =
      read_header(decoder, file) ? decode_pixels(decoder, file.size(), where) : damaged(decoder, where);
  jpeg_destroy_decompress(&decoder.jpeg);
  if (!picture) return picture;
  return upright(*std::move(picture), decoder.orientation, where);
}

}  // namespace effnet
