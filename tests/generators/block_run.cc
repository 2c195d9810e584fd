#include "tests/generators/block_run.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

#include "effnet_program.h"
#include "formats/bf16.h"
#include "formats/safetensors.h"
#include "models/packing.h"
#include "pipeline/library.h"
#include "tests/catch.h"
#include "tests/support/packed.h"
#include "tests/support/temporary.h"
#include "tools/effnet/random_weights.h"
#ifdef EFFNET_HAS_ARM
#include "tests/arm/arm_program.h"
#endif

namespace effnet::test {

const Kernel& Run::kernel(const std::string& operation) const {
  for (const Kernel& k : plan.kernels)
    if (k.operation == operation) return k;
  FAIL("no " + operation);
  return plan.kernels[0];
}

const Buffer& Run::buffer(const std::string& name) const {
  for (const Buffer& b : plan.buffers)
    if (b.name == name) return b;
  FAIL("no buffer " + name);
  return plan.buffers[0];
}

float Run::value(const Buffer& b, std::size_t index) const {
  const auto* memory = reinterpret_cast<const unsigned char*>(arena.data()) + b.offset;
  if (b.element == Element::f32) return reinterpret_cast<const float*>(memory)[index];
  if (b.element == Element::u8)
    return static_cast<float>((memory[index] - zero_point(b.affine)) * scale(b.affine));
  REQUIRE(b.element == Element::bf16);
  return from_bf16(reinterpret_cast<const std::uint16_t*>(memory)[index]);
}

Tensor3 Run::map(const std::string& name, const Shape& shape) const {
  Tensor3 result(shape.height, shape.width, shape.channels);
  const Buffer& b = buffer(name);
  for (int y = 0; y < shape.height; ++y)
    for (int x = 0; x < shape.width; ++x)
      for (int c = 0; c < shape.channels; ++c)
        result.at(y, x, c) = value(b, (y * shape.width + x) * padded(shape.channels) + c);
  return result;
}

namespace {

// A library whose buffers all have their own place in the arena, so that every step's output can be looked at.
LibraryPlan spread_out_plan(const Network& network, const PlanOptions& options) {
  Result<Plan> plan = make_plan(network, options);
  REQUIRE(plan.ok());
  std::int64_t offset = 0;
  for (Buffer& buffer : plan->buffers) {
    buffer.offset = offset;
    offset += (buffer.bytes + 63) / 64 * 64;
  }
  plan->activation_bytes = offset;
  return {"one_block", {*plan}};
}

// What is filled into arenas: whatever is not written must not matter.
constexpr float would_show = 1e30f;

std::vector<float> input_of(const Network& network) {
  RandomNumbers random(7);
  std::vector<float> input(static_cast<std::size_t>(network.resolution) * network.resolution * 3);
  for (float& v : input) v = random(1.0f);
  return input;
}

std::size_t arena_floats(const Plan& plan) { return (plan.activation_bytes + plan.scratch_bytes + 128) / 4; }

// A run that has yet to happen, with the weights in `file`.
Run run_of(const Plan& plan, std::span<const std::byte> file) {
  Safetensors parsed;
  char error[200];
  REQUIRE(parsed.parse(file, {}, error));
  Run run;
  run.plan = plan;
  run.file = to_floats(parsed);
  run.weights = unpack(plan.network, run.file);
  run.input = input_of(plan.network);
  return run;
}

// The library in `folder` on this CPU.
Run run_here(const TemporaryFolder& folder, const Plan& plan) {
  void* handle = dlopen(folder.file("libone_block.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle);
  const auto find = [&]<typename F>(const char* name, F*& function) {
    function = reinterpret_cast<F*>(dlsym(handle, name));
    REQUIRE(function);
  };
  const effnet_program* (*program)() = nullptr;
  effnet_status (*open)(const void*, std::size_t, const effnet_options*, effnet_model**) = nullptr;
  decltype(&effnet_run) run = nullptr;
  decltype(&effnet_close) close = nullptr;
  find("one_block_program", program);
  find("one_block_open_memory", open);
  find("effnet_run", run);
  find("effnet_close", close);

  const Result<RandomWeights> weights = RandomWeights::make(*program());
  REQUIRE(weights.ok());
  Run result = run_of(plan, weights->file());
  result.logits.resize(plan.network.classes);
  const std::size_t floats = arena_floats(plan);
  float* arena = static_cast<float*>(std::aligned_alloc(64, (floats * 4 + 63) / 64 * 64));
  std::fill_n(arena, floats, would_show);
  char error[300] = "";
  effnet_options options{};
  options.arena = arena;
  options.arena_bytes = floats * 4;
  options.error = error;
  options.error_bytes = sizeof error;
  options.target = plan.target.name.c_str();
  effnet_model* model = nullptr;
  const effnet_status opened = open(weights->file().data(), weights->file().size(), &options, &model);
  INFO(error);
  REQUIRE(opened == EFFNET_OK);
  REQUIRE(run(model, result.input.data(), result.logits.data()) == EFFNET_OK);
  result.arena.assign(arena, arena + floats);
  close(model);
  std::free(arena);
  dlclose(handle);
  return result;
}

#ifdef EFFNET_HAS_ARM
bool is_emulated(const CpuTarget& target) { return target.name.starts_with("arm-64"); }

// The same in an emulator. The library's table of tensors cannot be read there: it is the plan's.
Run run_emulated(const TemporaryFolder& folder, const Plan& plan) {
  std::vector<effnet_tensor> tensors;
  for (const PackedTensor& tensor : plan.tensors) {
    tensors.push_back({tensor.name.c_str(),
                       static_cast<effnet_element>(tensor.element),
                       static_cast<int>(tensor.shape.size()),
                       {}});
    std::copy(tensor.shape.begin(), tensor.shape.end(), tensors.back().shape);
  }
  const std::string print = fingerprint(plan.network, plan.precision);
  effnet_program program{};
  program.network = plan.network.name.c_str();
  program.fingerprint = print.c_str();
  program.precision = traits_of(plan.precision).name.c_str();
  program.weights_format_version = weights_format_version;
  program.tensors = tensors.data();
  program.tensor_count = static_cast<int>(tensors.size());
  const Result<RandomWeights> weights = RandomWeights::make(program);
  REQUIRE(weights.ok());
  write_file(folder.file("weights"),
             {reinterpret_cast<const char*>(weights->file().data()), weights->file().size()});
  Run result = run_of(plan, weights->file());
  const Shape& last = plan.network.head.out;
  ArmOutputs outputs =
      ArmProgram(folder.path(), "one_block", plan.target.name)
          .run(folder.file("weights"), result.input,
               {static_cast<std::size_t>(plan.network.classes), static_cast<std::size_t>(last.channels),
                static_cast<std::size_t>(last.height) * last.width, arena_floats(plan) * 4});
  result.logits = std::move(outputs.logits);
  result.arena = std::move(outputs.arena);
  return result;
}
#else
bool is_emulated(const CpuTarget&) { return false; }
Run run_emulated(const TemporaryFolder&, const Plan&) { return {}; }
#endif

constexpr const char* arm_with_fours = "arm-64-linux-arm_dot_prod";

}  // namespace

std::vector<CpuTarget> runnable_targets() {
  std::vector<CpuTarget> targets = cpu_targets();
  targets.push_back(*find_target(arm_with_fours));
  std::erase_if(targets, [](const CpuTarget& target) { return !runs_here(target) && !is_emulated(target); });
  REQUIRE(!targets.empty());
  return targets;
}

std::vector<Kind> runnable_kinds() {
  std::vector<Kind> kinds;
  for (const CpuTarget& target : runnable_targets())
    for (const PrecisionTraits& type : precisions())
      if (target.name != arm_with_fours || type.precision == Precision::int8)
        kinds.push_back({target, type.precision});
  return kinds;
}

Run compile_and_run(const Network& network, const CpuTarget& target, Precision precision,
                    const ScheduleRows* rows) {
  const TemporaryFolder folder;
  LibraryRequest request;
  request.name = "one_block";
  request.targets = {target};
  request.folder = folder.path();
  request.shared = runs_here(target);
  request.jobs.compiler = EFFNETC;
  request.jobs.cache_dir = EFFNET_BINARY_DIR "/tests/kernels";
  const LibraryPlan library =
      spread_out_plan(network, {.target = target, .rows = rows, .precision = precision});
  const Status built = write_library(request, library);
  INFO((built.ok() ? "" : built.message()));
  REQUIRE(built.ok());
  return runs_here(target) ? run_here(folder, library.variants[0])
                           : run_emulated(folder, library.variants[0]);
}

}  // namespace effnet::test
