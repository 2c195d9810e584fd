// Every kind of picture against the pixels that Pillow reads
// (tests/data/make_png_golden.py, make_jpeg_golden.py).
#include "pictures/read.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/catch.h"

namespace effnet {
namespace {

const std::string source_dir = EFFNET_SOURCE_DIR;

// 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
std::string fnv1a(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

void check_pictures(const std::string& folder, std::size_t at_least) {
  std::ifstream file(source_dir + "/tests/data/" + folder + "/expected.json");
  const auto expected = nlohmann::json::parse(file);
  REQUIRE(expected.size() >= at_least);
  for (const auto& [name, want] : expected.items()) {
    INFO(name);
    const auto picture = read_picture(source_dir + "/" + name);
    if (!picture.ok()) FAIL(picture.message());
    CHECK(picture->width == want["width"]);
    CHECK(picture->height == want["height"]);
    CHECK(fnv1a(picture->rgb) == want["fnv1a"]);
  }
}

TEST_CASE("every kind of PNG gives the pixels that Pillow gives") { check_pictures("png", 28); }

#ifdef EFFNET_HAS_JPEG
TEST_CASE("every kind of JPEG gives the pixels that Pillow gives, upright as EXIF says") {
  check_pictures("jpeg", 33);
}
#endif

TEST_CASE("a picture's bytes in memory are read like the file") {
  const std::string path = source_dir + "/samples/coffee.png";
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  const std::string bytes = content.str();
  const auto from_memory = decode_picture(std::as_bytes(std::span(bytes)), "coffee");
  const auto from_file = read_picture(path);
  REQUIRE(from_memory.ok());
  REQUIRE(from_file.ok());
  CHECK(from_memory->width == 600);
  CHECK(from_memory->rgb == from_file->rgb);
}

}  // namespace
}  // namespace effnet
