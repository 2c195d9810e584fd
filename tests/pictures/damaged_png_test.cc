// What cannot be read gives one line that names the file, and takes no memory that the file does not justify.
#include <png.h>
#include <sys/stat.h>

#include <array>

#include "pictures/png.h"
#include "pictures/read.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

using Bytes = std::vector<std::byte>;

void append(Bytes& bytes, const void* data, std::size_t count) {
  const auto* begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + count);
}

// A sound RGB picture, written by libpng itself.
Bytes sound_png(std::uint32_t width = 20, std::uint32_t height = 10) {
  std::vector<std::uint8_t> pixels(std::size_t{3} * width * height);
  for (std::size_t i = 0; i < pixels.size(); i++) pixels[i] = static_cast<std::uint8_t>(i * i * 37 + i);
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = width, image.height = height, image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_get_memory_size(image, size, 0, pixels.data(), 0, nullptr));
  Bytes bytes(size);
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr));
  bytes.resize(size);
  return bytes;
}

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

void append_number(Bytes& bytes, std::uint32_t value) {
  const std::array<unsigned char, 4> big_endian = {
      static_cast<unsigned char>(value >> 24), static_cast<unsigned char>(value >> 16),
      static_cast<unsigned char>(value >> 8), static_cast<unsigned char>(value)};
  append(bytes, big_endian.data(), 4);
}

Bytes chunk(const char* type, const Bytes& data) {
  Bytes out, summed;
  append(summed, type, 4);
  append(summed, data.data(), data.size());
  append_number(out, static_cast<std::uint32_t>(data.size()));
  append(out, summed.data(), summed.size());
  append_number(out, crc32(summed));
  return out;
}

// The sound picture with its header's size replaced, the checksum right.
Bytes with_size(std::uint32_t width, std::uint32_t height, unsigned char depth = 8,
                unsigned char colour = 2) {
  const Bytes sound = sound_png();
  Bytes header, out(sound.begin(), sound.begin() + 8);
  append_number(header, width);
  append_number(header, height);
  const std::array<unsigned char, 5> rest = {depth, colour, 0, 0, 0};
  append(header, rest.data(), rest.size());
  const Bytes packed = chunk("IHDR", header);
  append(out, packed.data(), packed.size());
  append(out, sound.data() + 33, sound.size() - 33);
  return out;
}

std::string failure(const Bytes& bytes) {
  const auto picture = decode_png(bytes, "here.png");
  if (picture.ok()) return "";
  CHECK(picture.message().rfind("here.png: ", 0) == 0);
  CHECK(picture.message().find('\n') == std::string::npos);
  return picture.message();
}

TEST_CASE("a picture of any small size is read", "[png]") {
  for (const auto& [width, height] : {std::pair{1U, 1U}, {1U, 5000U}, {5000U, 1U}, {3U, 7U}}) {
    const auto picture = decode_png(sound_png(width, height), "here.png");
    REQUIRE(picture.ok());
    CHECK(picture->rgb.size() == std::size_t{3} * width * height);
    CHECK(picture->rgb[1] == 38);
  }
}

TEST_CASE("a PNG that is cut off anywhere is refused", "[png]") {
  const Bytes sound = sound_png();
  REQUIRE(failure(sound).empty());
  for (std::size_t length = 0; length < sound.size(); length++) {
    INFO(length << " of " << sound.size() << " bytes");
    CHECK_FALSE(failure(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(length))).empty());
  }
  CHECK_THAT(failure(Bytes(sound.begin(), sound.end() - 20)), Catch::Contains("ends too early"));
}

TEST_CASE("a PNG with any changed byte is refused or read, never worse", "[png]") {
  const Bytes sound = sound_png();
  int refused = 0;
  for (std::size_t i = 0; i < sound.size(); i++) {
    for (const int change : {0x01, 0x80, 0xff}) {
      Bytes changed = sound;
      changed[i] ^= static_cast<std::byte>(change);
      refused += !failure(changed).empty();
    }
  }
  // Every byte counts: signature, lengths, types, data and checksums.
  CHECK(refused == 3 * static_cast<int>(sound.size()));
}

TEST_CASE("a wrong checksum is an error, in optional chunks too", "[png]") {
  Bytes data = sound_png();
  data[data.size() - 14] ^= std::byte{1};  // of the last data chunk, before the 12 bytes of IEND
  CHECK_THAT(failure(data), Catch::Contains("CRC"));

  Bytes text = chunk("tEXt", Bytes(20, std::byte{'a'}));
  text.back() ^= std::byte{1};
  Bytes optional = sound_png();
  optional.insert(optional.begin() + 33, text.begin(), text.end());
  CHECK_THAT(failure(optional), Catch::Contains("CRC"));
}

TEST_CASE("sizes are checked before memory is taken", "[png]") {
  CHECK_THAT(failure(with_size(0, 0)), Catch::Contains("0 x 0 pixels, expected at least 1 x 1"));
  CHECK_THAT(failure(with_size(0, 7)), Catch::Contains("0 x 7"));
  CHECK_THAT(failure(with_size(50000, 50000)), Catch::Contains("50000 x 50000 pixels, more than"));
  CHECK_THAT(failure(with_size(1, 65536)), Catch::Contains("1 x 65536 pixels, more than 65535 a side"));
  CHECK_THAT(failure(with_size(0xffffffff, 0xffffffff)), Catch::Contains("4294967295 x 4294967295"));
  // Allowed, but a few hundred bytes cannot hold 150 million pixels.
  CHECK_THAT(failure(with_size(15000, 10000)), Catch::Contains("do not fit into its"));
  CHECK_THAT(failure(with_size(20, 11)), Catch::Contains("damaged PNG"));
}

TEST_CASE("nonsense in the header is refused", "[png]") {
  CHECK_THAT(failure(with_size(20, 10, 3)), Catch::Contains("damaged PNG"));
  CHECK_THAT(failure(with_size(20, 10, 8, 5)), Catch::Contains("damaged PNG"));
  CHECK_THAT(failure(with_size(20, 10, 8, 3)), Catch::Contains("PLTE"));
}

TEST_CASE("what is no PNG is refused", "[png]") {
  const std::string text = "This is a text that somebody named picture.png, longer than a header.";
  CHECK_THAT(failure({reinterpret_cast<const std::byte*>(text.data()),
                      reinterpret_cast<const std::byte*>(text.data()) + text.size()}),
             Catch::Contains("not a PNG picture"));
  CHECK_THAT(failure({}), Catch::Contains("empty file"));
  Bytes headless = sound_png();
  headless.erase(headless.begin() + 8, headless.begin() + 33);
  CHECK_THAT(failure(headless), Catch::Contains("IHDR"));
}

TEST_CASE("files that cannot be read say why", "[png]") {
  CHECK(read_picture("/nowhere/a.png").message() ==
        "/nowhere/a.png: cannot be read: No such file or directory");
  CHECK_THAT(read_picture("/").message(), Catch::Contains("/: cannot be read: Is a directory"));
  CHECK_THAT(read_picture("/dev/null").message(), Catch::Contains("empty file"));
  CHECK_THAT(read_picture("/dev/zero").message(), Catch::Contains("neither a PNG nor a JPEG"));  // endless
}

TEST_CASE("a named pipe is refused, not waited for", "[png]") {
  const test::TemporaryFolder folder;
  REQUIRE(mkfifo(folder.file("pipe.png").c_str(), 0600) == 0);
  CHECK_THAT(read_picture(folder.file("pipe.png")).message(), Catch::Contains("pipe"));
}

}  // namespace
}  // namespace effnet
