#include "tests/runtime/tiny_program.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace effnet::tiny {
namespace {

constexpr int panel = 16;
constexpr const char* fingerprint = "0123456789abcdef";

// The arena: last map, then features.
constexpr std::size_t map_offset = 0;
constexpr std::size_t features_offset = map_side * map_side * padded_features * sizeof(float);
constexpr std::size_t activation_bytes = features_offset + padded_features * sizeof(float);
constexpr std::size_t scratch_bytes = 64;

const effnet_tensor tensors[] = {{"stem.weight", EFFNET_F32, 3, {padded_features / panel, 3, panel}},
                                 {"stem.bias", EFFNET_F32, 1, {padded_features}},
                                 {"classifier.weight", EFFNET_F32, 3, {1, features, panel}},
                                 {"classifier.bias", EFFNET_F32, 1, {panel}}};

const effnet_step steps[] = {{"stem", "stem 8x8x3 -> 2x2x20", 240, 0, 1000, 8, 0},
                             {"pool", "pool 2x2x20 -> 20", 0, 0, 400, 2, 0},
                             {"classifier", "classifier 20 -> 3", 60, 0, 300, 1, 0}};

std::atomic<Meeting*> meeting{nullptr};

float* map_of(const effnet_frame& frame) { return reinterpret_cast<float*>(frame.arena + map_offset); }
float* features_of(const effnet_frame& frame) {
  return reinterpret_cast<float*>(frame.arena + features_offset);
}

const float* weights_of(const effnet_frame& frame, int tensor) {
  return static_cast<const float*>(frame.weights[tensor]);
}

// Task: quadrant * 2 + panel. The means wait in the scratch, which no other worker may touch meanwhile.
void stem_task(const void* arguments, int task, void* scratch) {
  const auto& frame = *static_cast<const effnet_frame*>(arguments);
  int quadrant = task / 2, p = task % 2, half = resolution / 2;
  auto* means = static_cast<float*>(scratch);
  for (int c = 0; c < 3; ++c) {
    means[c] = 0;
    for (int i = 0; i < half * half; ++i) {
      int y = quadrant / 2 * half + i / half, x = quadrant % 2 * half + i % half;
      means[c] += frame.input[(y * resolution + x) * 3 + c] / static_cast<float>(half * half);
    }
  }
  if (Meeting* now = meeting.load()) now->attend(frame.arena);
  if (int pause = task_microseconds.load(std::memory_order_relaxed); pause > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
  for (int lane = 0; lane < panel; ++lane) {
    float sum = weights_of(frame, 1)[p * panel + lane];
    for (int c = 0; c < 3; ++c) sum += weights_of(frame, 0)[(p * 3 + c) * panel + lane] * means[c];
    map_of(frame)[quadrant * padded_features + p * panel + lane] = sum;
  }
}

// Task: panel. It reads what several workers have just written.
void pool_task(const void* arguments, int p, void*) {
  const auto& frame = *static_cast<const effnet_frame*>(arguments);
  for (int f = p * panel; f < (p + 1) * panel; ++f) {
    float sum = 0;
    for (int i = 0; i < map_side * map_side; ++i) sum += map_of(frame)[i * padded_features + f];
    features_of(frame)[f] = sum / (map_side * map_side);
  }
}

void classifier_task(const void* arguments, int p, void*) {
  const auto& frame = *static_cast<const effnet_frame*>(arguments);
  for (int lane = 0; lane < panel; ++lane) {
    float sum = weights_of(frame, 3)[p * panel + lane];
    for (int f = 0; f < features; ++f) {
      sum += weights_of(frame, 2)[(p * features + f) * panel + lane] * features_of(frame)[f];
    }
    frame.logits[p * panel + lane] = sum;
  }
}

void run(effnet_context* context, const effnet_frame* frame) {
  effnet_run_step(context, 0, 8, stem_task, frame);
  effnet_run_step(context, 1, padded_features / panel, pool_task, frame);
  effnet_run_step(context, 2, frame->classifier_panels, classifier_task, frame);
}

float noise(std::uint32_t i) {
  i = (i + 1) * 2654435761U;
  i = (i ^ (i >> 15)) * 2246822519U;
  return static_cast<float>((i ^ (i >> 13)) >> 8) / static_cast<float>(1 << 23) - 1;
}

std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = noise(seed + static_cast<std::uint32_t>(i));
  return out;
}

}  // namespace

std::atomic<int> task_microseconds{0};

Meeting::Meeting(int tasks) : wanted_(static_cast<std::size_t>(tasks)) { meeting = this; }
Meeting::~Meeting() { meeting = nullptr; }

void Meeting::attend(const unsigned char* arena) {
  std::unique_lock lock(mutex_);
  const auto place = arenas_.insert(arena);
  most_tasks_ = std::max(most_tasks_, static_cast<int>(arenas_.size()));
  const std::set<const unsigned char*> images(arenas_.begin(), arenas_.end());
  most_images_ = std::max(most_images_, static_cast<int>(images.size()));
  if (arenas_.size() >= wanted_) over_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::seconds(20), [&] { return over_; });
  over_ = true;
  arenas_.erase(place);
}

Program::Program(int input_side) : effnet_program{} {
#if defined(__x86_64__)
  constexpr unsigned foreign = EFFNET_CPU_NEON;
#else
  constexpr unsigned foreign = EFFNET_CPU_AVX;
#endif
  effnet_variant variant = {"wide",          0,          steps, 3, activation_bytes, scratch_bytes,
                            features_offset, map_offset, run};
  variants_storage = {variant, variant, variant};
  variants_storage[0].target = "impossible";
  variants_storage[0].cpu_features = foreign;
  variants_storage[2].target = "narrow";
  abi = EFFNET_PROGRAM_ABI;
  name = "tiny";
  network = "efficientnet_tiny";
  effnet_program::fingerprint = tiny::fingerprint;
  precision = "fp32";
  weights_format_version = 1;
  resolution = input_side;
  classes = tiny::classes;
  features = tiny::features;
  map_height = map_width = map_side;
  effnet_program::tensors = tiny::tensors;
  tensor_count = 4;
  variants = variants_storage.data();
  variant_count = static_cast<int>(variants_storage.size());
}

WeightsFile::WeightsFile() {
  std::uint32_t seed = 1;
  for (const effnet_tensor& tensor : tiny::tensors) {
    std::size_t count = 1;
    for (int i = 0; i < tensor.rank; ++i) count *= static_cast<std::size_t>(tensor.shape[i]);
    tensors.push_back({tensor.name, "F32", {tensor.shape, tensor.shape + tensor.rank}, noise(count, seed)});
    seed += 10000;
  }
  metadata = {{"format", "effnet-weights"},
              {"format_version", "1"},
              {"network", "efficientnet_tiny"},
              {"fingerprint", fingerprint},
              {"resolution", "8"},
              {"mean", "0.485,0.456,0.406"},
              {"std", "0.229,0.224,0.225"},
              {"crop", "0.875"},
              {"interpolation", "bicubic"},
              {"labels", "ant\nbee\ncat with \"quotes\" and \u00e9"},
              {"source_sha256", "00"},
              {"source_format", "timm"},
              {"precision", "fp32"}};
}

std::string& WeightsFile::value(const std::string& key) {
  for (auto& [name, text] : metadata) {
    if (name == key) return text;
  }
  return metadata.emplace_back(key, "").second;
}

void WeightsFile::erase(const std::string& key) {
  std::erase_if(metadata, [&](const auto& entry) { return entry.first == key; });
}

std::string WeightsFile::bytes() const {
  nlohmann::ordered_json header;
  for (const auto& [key, text] : metadata) header["__metadata__"][key] = text;
  std::string data;
  for (const Entry& tensor : tensors) {
    std::size_t begin = data.size(), bytes = tensor.values.size() * sizeof(float);
    data.append(reinterpret_cast<const char*>(tensor.values.data()), bytes);
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, begin + bytes}}};
  }
  std::string text = header.dump();
  text.append((64 - (text.size() + 8) % 64) % 64, ' ');
  std::string out(8, '\0');
  std::uint64_t length = text.size();
  std::memcpy(out.data(), &length, sizeof length);
  return out + text + data;
}

WeightsFile head_file(int count) {
  auto rows = static_cast<std::size_t>(count);
  WeightsFile file;
  file.tensors = {{"weight", "F32", {count, features}, noise(rows * features, 777)},
                  {"bias", "F32", {count}, noise(rows, 999)}};
  std::string labels = "class 0";
  for (int i = 1; i < count; ++i) labels += "\nclass " + std::to_string(i);
  file.metadata = {{"fingerprint", fingerprint}, {"labels", labels}};
  return file;
}

std::vector<float> input(int image) {
  return noise(resolution * resolution * 3, 100000 + 1000 * static_cast<std::uint32_t>(image));
}

Expected expected(const std::vector<float>& input, const WeightsFile& weights) {
  Expected out;
  const auto& stem = weights.tensors[0].values;
  int half = resolution / 2;
  out.features.assign(features, 0);
  for (int quadrant = 0; quadrant < map_side * map_side; ++quadrant) {
    double means[3] = {};
    for (int i = 0; i < half * half * 3; ++i) {
      int y = quadrant / 2 * half + i / 3 / half, x = quadrant % 2 * half + i / 3 % half;
      means[i % 3] += input[static_cast<std::size_t>((y * resolution + x) * 3 + i % 3)] / 16.0;
    }
    for (std::size_t f = 0; f < features; ++f) {
      double sum = weights.tensors[1].values[f];
      for (std::size_t c = 0; c < 3; ++c) sum += stem[(f / panel * 3 + c) * panel + f % panel] * means[c];
      out.map.push_back(sum);
      out.features[f] += sum / (map_side * map_side);
    }
  }
  for (std::size_t k = 0; k < classes; ++k) {
    double sum = weights.tensors[3].values[k];
    for (std::size_t f = 0; f < features; ++f)
      sum += weights.tensors[2].values[f * panel + k] * out.features[f];
    out.logits.push_back(sum);
  }
  return out;
}

std::vector<double> expected_logits(const std::vector<double>& values, const WeightsFile& head) {
  std::vector<double> out;
  for (std::size_t k = 0; k < head.tensors[1].values.size(); ++k) {
    double sum = head.tensors[1].values[k];
    for (std::size_t f = 0; f < features; ++f) sum += head.tensors[0].values[k * features + f] * values[f];
    out.push_back(sum);
  }
  return out;
}

TemporaryFile::TemporaryFile(const std::string& bytes) {
  static std::atomic<int> counter{0};
  auto name = "effnet_" + std::to_string(getpid()) + "_" + std::to_string(counter++) + ".weights";
  path_ = (std::filesystem::temp_directory_path() / name).string();
  std::ofstream file(path_, std::ios::binary);
  if (!(file << bytes) || !file.flush()) throw std::runtime_error("cannot write " + path_);
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

AlignedBytes::AlignedBytes(const std::string& bytes)
    : storage_(bytes.size() + 64), data_(storage_.data()), size_(bytes.size()) {
  std::size_t space = storage_.size();
  std::align(64, bytes.size(), data_, space);
  std::memcpy(data_, bytes.data(), bytes.size());
}

}  // namespace effnet::tiny
