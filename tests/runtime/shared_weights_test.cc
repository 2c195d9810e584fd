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

effnet_model* open_model(const TemporaryFile& file) {
  static const Program program;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program(&program, file.path(), nullptr, &model) == EFFNET_OK);
  return model;
}

std::vector<float> run(effnet_model* model) {
  std::vector<float> pixels = input(0), logits(classes);
  REQUIRE(effnet_run(model, pixels.data(), logits.data()) == EFFNET_OK);
  return logits;
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
  // The last tensor is the classifier's bias: both models see what is written there.
  auto* bytes = static_cast<unsigned char*>(weights.data());
  auto* bias = reinterpret_cast<float*>(bytes + weights.size() - 16 * sizeof(float));
  bias[0] += 1;
  CHECK(run(first)[0] == Approx(before[0] + 1));
  CHECK(run(second)[0] == Approx(before[0] + 1));
  effnet_close(first);
  CHECK(run(second)[0] == Approx(before[0] + 1));
  effnet_close(second);
}

}  // namespace
}  // namespace effnet::tiny
