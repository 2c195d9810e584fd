// Several models of one network: whose memory the weights are.
#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

// The numbers of /proc/self/smaps, in KB, summed over all mappings of a file.
struct Mapped {
  int mappings = 0;
  long resident = 0, own = 0;  // own: copied, not the page cache's
};

Mapped mapped(const std::string& path) {
  Mapped out;
  std::ifstream file("/proc/self/smaps");
  bool ours = false;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    long kilobytes = 0;
    words >> key;
    if (key.back() != ':') {  // "7f12-7f34 r--s 0 fe:00 123 path"
      ours = line.size() > path.size() && line.compare(line.size() - path.size(), path.size(), path) == 0;
      out.mappings += ours;
    } else if (ours && words >> kilobytes) {
      if (key == "Rss:") out.resident += kilobytes;
      if (key == "Anonymous:") out.own += kilobytes;
    }
  }
  return out;
}

effnet_model* open_model(const TemporaryFile& file, const effnet_options& options = {}) {
  static const Program program;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program(&program, file.path(), &options, &model) == EFFNET_OK);
  return model;
}

std::vector<float> run(effnet_model* model) {
  std::vector<float> pixels = input(0), logits(classes);
  REQUIRE(effnet_run(model, pixels.data(), logits.data()) == EFFNET_OK);
  return logits;
}

// The last tensor is the classifier's bias.
float* first_bias(void* weights, std::size_t bytes) {
  return reinterpret_cast<float*>(static_cast<unsigned char*>(weights) + bytes - 16 * sizeof(float));
}

TEST_CASE("models map the weights file: no page of it is ever their own") {
  TemporaryFile file(WeightsFile().bytes());
  std::vector<effnet_model*> models;
  for (int i = 0; i < 8; ++i) models.push_back(open_model(file));
  const std::vector<float> first = run(models[0]);
  for (effnet_model* model : models) CHECK(run(model) == first);
  const Mapped now = mapped(file.text());
  CHECK(now.mappings == 8);
  CHECK(now.resident > 0);
  CHECK(now.own == 0);  // all are pages of the page cache: once in memory, whoever maps them
  for (effnet_model* model : models) effnet_close(model);
  CHECK(mapped(file.text()).mappings == 0);
}

TEST_CASE("models opened on one block of memory read it in place") {
  AlignedBytes weights(WeightsFile().bytes());
  static const Program program;
  effnet_model *first = nullptr, *second = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), nullptr, &first) == EFFNET_OK);
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), nullptr, &second) ==
          EFFNET_OK);
  const std::vector<float> before = run(first);
  CHECK(run(second) == before);
  *first_bias(weights.data(), weights.size()) += 1;  // both models see what is written there
  CHECK(run(first)[0] == Approx(before[0] + 1));
  CHECK(run(second)[0] == Approx(before[0] + 1));
  effnet_close(first);
  CHECK(run(second)[0] == Approx(before[0] + 1));
  effnet_close(second);
}

TEST_CASE("a copy of the weights does not change with the file or memory that it was made of") {
  effnet_options options = {};
  options.copy_weights = 1;
  const std::string bytes = WeightsFile().bytes();
  TemporaryFile file(bytes);
  effnet_model* of_file = open_model(file, options);
  CHECK(mapped(file.text()).mappings == 0);
  CHECK(effnet_get_info(of_file)->weights_bytes == bytes.size());
  const std::vector<float> before = run(of_file);
  std::ofstream(file.path()) << "something else";
  CHECK(run(of_file) == before);
  effnet_close(of_file);

  AlignedBytes weights(bytes);
  static const Program program;
  effnet_model* of_memory = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &of_memory) ==
          EFFNET_OK);
  *first_bias(weights.data(), weights.size()) += 1;
  CHECK(run(of_memory) == before);
  effnet_close(of_memory);
}

}  // namespace
}  // namespace effnet::tiny
