// What cannot be read gives one line that names the file, and takes no memory that the file does not justify.
#include <algorithm>

#include "pictures/jpeg.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

using Catch::Contains;

std::string sound_jpeg(const std::string& name) {
  return test::read_file(std::string(EFFNET_SOURCE_DIR) + "/tests/data/jpeg/" + name);
}

std::string failure(const std::string& bytes) {
  const auto picture = decode_jpeg(std::as_bytes(std::span(bytes)), "here.jpg");
  if (picture.ok()) {
    CHECK(picture->rgb.size() == std::size_t{3} * picture->width * picture->height);
    return "";
  }
  CHECK(picture.message().rfind("here.jpg: ", 0) == 0);
  CHECK(picture.message().find('\n') == std::string::npos);
  return picture.message();
}

// The frame header (SOF0 or SOF2): length, precision, height, width.
std::size_t frame(const std::string& jpeg) { return std::min(jpeg.find("\xff\xc0"), jpeg.find("\xff\xc2")); }

std::string with_size(std::string jpeg, int width, int height) {
  const std::size_t at = frame(jpeg) + 5;
  const int bytes[] = {height >> 8, height, width >> 8, width};
  for (std::size_t i = 0; i < 4; i++) jpeg[at + i] = static_cast<char>(bytes[i]);
  return jpeg;
}

TEST_CASE("a JPEG that is cut off anywhere is refused") {
  for (const char* name : {"colour_420.jpg", "colour_444_progressive.jpg", "cmyk.jpg", "grey.jpg"}) {
    const std::string sound = sound_jpeg(name);
    REQUIRE(failure(sound).empty());
    for (std::size_t length = 0; length < sound.size(); length++) {
      INFO(name << ": " << length << " of " << sound.size() << " bytes");
      CHECK_THAT(failure(sound.substr(0, length)), Contains("damaged JPEG"));
    }
  }
}

TEST_CASE("a JPEG with any changed byte is refused or read, never worse") {
  for (const char* name : {"colour_420.jpg", "colour_422_progressive.jpg", "restarts.jpg", "held_6.jpg"}) {
    const std::string sound = sound_jpeg(name);
    int refused = 0;
    for (std::size_t i = 0; i < sound.size(); i++) {
      for (const int change : {0x01, 0x80, 0xff}) {
        std::string changed = sound;
        changed[i] = static_cast<char>(changed[i] ^ change);
        refused += !failure(changed).empty();
      }
    }
    CHECK(refused > 100);
  }
}

TEST_CASE("a JPEG's size is checked before memory is taken") {
  const std::string sound = sound_jpeg("colour_420.jpg");
  CHECK_THAT(failure(with_size(sound, 60000, 60000)), Contains("60000 x 60000 pixels, more than"));
  CHECK_THAT(failure(with_size(sound, 10000, 10000)), Contains("do not fit into its"));
  CHECK_THAT(failure(with_size(sound, 0, 10)), Contains("damaged JPEG"));
  CHECK_THAT(failure(with_size(sound, 22, 100)), Contains("damaged JPEG"));
}

TEST_CASE("lost pixels are an error, what cameras leave between segments is not") {
  std::string sound = sound_jpeg("colour_420.jpg");
  const std::size_t end = sound.size() - 2;  // EOI
  std::string marked = sound;
  marked.replace(end - 60, 2, "\xff\xd9");
  CHECK_THAT(failure(marked), Contains("premature end"));
  sound.insert(frame(sound), 3, '\0');
  CHECK(failure(sound).empty());
}

// Baseline, each of the three components in a scan of its own, which holds the grey picture's blocks; the first one
// `times` times. Both pictures have the same size and tables.
std::string many_scans(int times) {
  const std::string colour = sound_jpeg("colour_444.jpg"), grey = sound_jpeg("grey.jpg");
  const std::size_t grey_scan = grey.rfind("\xff\xda") + 10;
  const std::string blocks = grey.substr(grey_scan, grey.size() - 2 - grey_scan);
  const auto scan = [&blocks](char component) {
    return std::string("\xff\xda\0\x08\x01", 5) + component + std::string("\0\0\x3f\0", 4) + blocks;
  };
  std::string jpeg = colour.substr(0, colour.rfind("\xff\xda"));
  for (int i = 0; i < times; i++) jpeg += scan(1);
  return jpeg + scan(2) + scan(3) + "\xff\xd9";
}

TEST_CASE("a small file cannot ask for thousands of passes") {
  REQUIRE(failure(many_scans(1)).empty());
  CHECK(failure(many_scans(498)).empty());
  CHECK_THAT(failure(many_scans(499)), Contains("damaged JPEG: more than 500 scans"));
  CHECK_THAT(failure(many_scans(3000)), Contains("more than 500 scans"));
}

}  // namespace
}  // namespace effnet
