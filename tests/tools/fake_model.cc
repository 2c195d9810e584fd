#include "tests/tools/fake_model.h"

#include <png.h>

#include <algorithm>
#include <array>

#include "formats/safetensors_writer.h"
#include "tests/catch.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;

// The classifier's factors of red, green and blue.
void write_weights(const std::string& path, const std::array<float, 3>& factors) {
  const Metadata metadata = {{"format", "effnet-weights"},
                             {"format_version", "1"},
                             {"precision", "fp32"},
                             {"network", "fake_network"},
                             {"fingerprint", "0123456789abcdef"},
                             {"mean", "0,0,0"},
                             {"std", "1,1,1"},
                             {"crop", "1"},
                             {"interpolation", "bilinear"},
                             {"labels", "red\ngreen\nblue"}};
  auto file = SafetensorsWriter::create(path,
                                        {{"stem.bias", Dtype::f32, {16}},
                                         {"classifier.weight", Dtype::f32, {1, 3, 16}},
                                         {"classifier.bias", Dtype::f32, {16}}},
                                        metadata);
  REQUIRE(file.ok());
  const std::array<float, 16> zeros = {};
  std::array<float, 3 * 16> weight = {};  // [feature][class]
  for (std::size_t i = 0; i < 3; i++) weight[i * 16 + i] = factors[i];
  REQUIRE(file->write(std::span<const float>(zeros)).ok());
  REQUIRE(file->write(std::span<const float>(weight)).ok());
  REQUIRE(file->write(std::span<const float>(zeros)).ok());
  REQUIRE(file->commit().ok());
}

}  // namespace

FakeModel::FakeModel() {
  fs::copy_file(FAKE_LIBRARY, library());
  write_weights(weights(), {4, 4, 4});
}

std::string FakeModel::other_weights(const std::string& name, const std::array<float, 3>& factors) const {
  write_weights(file(name), factors);
  return file(name);
}

std::string FakeModel::picture(const std::string& name, Colour colour) const {
  std::vector<unsigned char> rgb;
  for (int i = 0; i < 64; i++) rgb.insert(rgb.end(), {colour.red, colour.green, colour.blue});
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = 8;
  image.format = PNG_FORMAT_RGB;
  REQUIRE(png_image_write_to_file(&image, file(name).c_str(), 0, rgb.data(), 0, nullptr));
  return file(name);
}

std::string FakeModel::text(const std::string& name, const std::string& content) const {
  write_file(file(name), content);
  return file(name);
}

ProcessResult FakeModel::effnet(const std::vector<std::string>& arguments,
                                const ProcessOptions& options) const {
  std::vector<std::string> command = {EFFNET_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, options);
}

ProcessResult FakeModel::effnet_with_small_files(const std::vector<std::string>& arguments) const {
  // Blocks of 512 bytes. Without the signal, writing fails.
  std::vector<std::string> command = {"/bin/sh", "-c", "trap '' XFSZ; ulimit -f 2; exec \"$@\"", "sh",
                                      EFFNET_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

std::vector<std::string> FakeModel::new_files() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path()))
    if (entry.path() != library() && entry.path() != weights())
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace effnet::test
