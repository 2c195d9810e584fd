// Every operator against a plain double precision reference: networks of one block on awkward shapes,
// compiled for every target that this CPU or an emulator runs, each step compared on the very inputs that it had.
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "effnet_program.h"
#include "formats/bf16.h"
#include "formats/safetensors.h"
#include "generators/compile.h"
#include "generators/pointwise/schedule.h"
#include "generators/target.h"
#include "pipeline/library.h"
#include "schedules/types.h"
#include "tests/catch.h"
#include "tests/generators/one_block.h"
#ifdef EFFNET_HAS_ARM
#include "tests/arm/arm_program.h"
#endif
#include "tests/support/packed.h"
#include "tests/support/reference.h"
#include "tests/support/temporary.h"
#include "tools/effnet/random_weights.h"

namespace effnet::test {
namespace {

const std::vector<OneBlock> shapes = {
    // resolution, stem, ratio, k, s, out, padding, squeeze-excite, activation, head, classes
    {9, 8, 6, 3, 1, 8, Padding::symmetric, true, Activation::swish, 24, 5},
    {2, 24, 6, 5, 1, 24, Padding::same, true, Activation::swish, 40, 17},  // a map of 1 x 1
    {33, 40, 1, 3, 1, 24, Padding::symmetric, true, Activation::swish, 64, 16},
    {33, 16, 1, 3, 1, 16, Padding::symmetric, true, Activation::swish, 32,
     4},  // a residual without an expansion
    {30, 16, 6, 5, 2, 40, Padding::same, false, Activation::relu6, 80, 10},
    {31, 24, 6, 5, 2, 112, Padding::symmetric, true, Activation::swish, 48, 33},
    {62, 8, 6, 3, 2, 16, Padding::same, true, Activation::swish, 16, 1},
    {75, 32, 1, 5, 2, 8, Padding::same, false, Activation::relu6, 32, 3},
    {38, 56, 6, 3, 1, 56, Padding::symmetric, false, Activation::relu6, 8, 100},
};

// A library whose buffers all have their own place in the
// arena, so that every step's output can be looked at.
LibraryPlan spread_out_plan(const Network& network, const CpuTarget& target, Precision precision) {
  Result<Plan> plan = make_plan(network, {.target = target, .precision = precision});
  REQUIRE(plan.ok());
  std::int64_t offset = 0;
  for (Buffer& buffer : plan->buffers) {
    buffer.offset = offset;
    offset += (buffer.bytes + 63) / 64 * 64;
  }
  plan->activation_bytes = offset;
  return {"one_block", {*plan}};
}

// What storing a value may make of it: off by a part of its size or by half a step, and inside of what has steps.
struct Rounding {
  double relative = 0, absolute = 0, least = -1e300, most = 1e300;
};

struct Run {
  Plan plan;
  FloatTensors file;
  PlainWeights weights;
  std::vector<float> input, logits;
  std::vector<float> arena;

  const Values& weight(const std::string& name) const { return weights.at(name); }
  double scale(const std::string& affine) const { return file.at(affine).values[0]; }
  double zero_point(const std::string& affine) const { return file.at(affine).values[1]; }
  // Of a pointwise layer, without what import took off for the zero point of its input.
  Values bias(const std::string& layer, const std::string& input_affine) const {
    Values bias = weight(layer + ".bias");
    const Values& factors = weight(layer + ".weight");
    if (file.at(layer + ".weight").shape.back() != 4) return bias;  // its input has no zero point
    for (std::size_t i = 0; i < factors.size(); ++i)
      bias[i / (factors.size() / bias.size())] += factors[i] * scale(input_affine) * zero_point(input_affine);
    return bias;
  }
  MatrixTypes types() const { return types_of(kernel("project").problem); }
  const Kernel& kernel(const std::string& operation) const {
    for (const Kernel& k : plan.kernels)
      if (k.operation == operation) return k;
    FAIL("no " + operation);
    return plan.kernels[0];
  }
  const Buffer& buffer(const std::string& name) const {
    for (const Buffer& b : plan.buffers)
      if (b.name == name) return b;
    FAIL("no buffer " + name);
    return plan.buffers[0];
  }
  // Element `index` of a buffer.
  float value(const Buffer& b, std::size_t index) const {
    const auto* memory = reinterpret_cast<const unsigned char*>(arena.data()) + b.offset;
    if (b.element == Element::f32) return reinterpret_cast<const float*>(memory)[index];
    if (b.element == Element::u8)
      return static_cast<float>((memory[index] - zero_point(b.affine)) * scale(b.affine));
    REQUIRE(b.element == Element::bf16);
    return from_bf16(reinterpret_cast<const std::uint16_t*>(memory)[index]);
  }
  Tensor3 map(const std::string& name, const Shape& shape) const {
    Tensor3 result(shape.height, shape.width, shape.channels);
    const Buffer& b = buffer(name);
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x)
        for (int c = 0; c < shape.channels; ++c)
          result.at(y, x, c) = value(b, (y * shape.width + x) * padded(shape.channels) + c);
    return result;
  }
  Rounding rounding(const std::string& name) const {
    const Buffer& b = buffer(name);
    if (b.element == Element::f32) return {};
    if (b.element == Element::bf16) return {0x1.01p-8};
    return affine_rounding(b.affine);
  }
  Rounding affine_rounding(const std::string& affine) const {
    const double step = scale(affine), zero = zero_point(affine);
    return {0, 0.5001 * step, -zero * step, (255 - zero) * step};
  }
  Gate gate() const { return static_cast<Gate>(kernel("project").problem.at("gated")); }
};

FloatTensors tensors_of(std::span<const std::byte> file) {
  Safetensors parsed;
  char error[200];
  REQUIRE(parsed.parse(file, {}, error));
  return to_floats(parsed);
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
  Run result{plan,
             tensors_of(weights->file()),
             unpack(plan.network, tensors_of(weights->file())),
             input_of(plan.network),
             std::vector<float>(plan.network.classes),
             {}};
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
constexpr const char* emulated = "arm-64";

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
  const Shape& last = plan.network.head.out;
  Run result{plan,
             tensors_of(weights->file()),
             unpack(plan.network, tensors_of(weights->file())),
             input_of(plan.network),
             {},
             {}};
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
constexpr const char* emulated = "";
Run run_emulated(const TemporaryFolder&, const Plan&) { return {}; }
#endif

Run compile_and_run(const Network& network, const CpuTarget& target, Precision precision = Precision::fp32) {
  const TemporaryFolder folder;
  LibraryRequest request;
  request.name = "one_block";
  request.targets = {target};
  request.folder = folder.path();
  request.shared = runs_here(target);
  request.jobs.compiler = EFFNETC;
  request.jobs.cache_dir = EFFNET_BINARY_DIR "/tests/kernels";
  const LibraryPlan library = spread_out_plan(network, target, precision);
  const Status built = write_library(request, library);
  INFO((built.ok() ? "" : built.message()));
  REQUIRE(built.ok());
  return runs_here(target) ? run_here(folder, library.variants[0])
                           : run_emulated(folder, library.variants[0]);
}

double largest(const Values& values) {
  double most = 0;
  for (const double v : values) most = std::max(most, std::abs(v));
  return most;
}

// eps * K * max|a| * max|b| * 4, and what an activation's polynomial may add: 2e-6 of the largest value.
double tolerance(double length, double a, double b, double result) {
  return 1.1920929e-7 * 4 * length * a * b + 2e-6 * std::max(1.0, result);
}

void compare(const std::string& what, const Values& got, const Values& wanted, double length, double a,
             double b, const Rounding& rounding = {}) {
  REQUIRE(got.size() == wanted.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE(std::isfinite(got[i]));
    const double value = std::clamp(wanted[i], rounding.least, rounding.most);
    worst =
        std::max(worst, std::abs(got[i] - value) - rounding.relative * std::abs(value) - rounding.absolute);
  }
  INFO(what);
  CHECK(worst <= tolerance(length, a, b, largest(wanted)) * (1 + rounding.relative));
}

const std::string gated_affine = "blocks.0.squeeze_excite.affine";

// A factor with the gate in it is stored in the type of maps: rounded like every map.
double stored(const Run& r, double value) {
  if (r.types().maps == Element::f32) return value;
  if (!r.types().affine()) return from_bf16(to_bf16(static_cast<float>(value)));
  const double step = r.scale(gated_affine), zero = r.zero_point(gated_affine);
  return (std::clamp(std::nearbyint(value / step + zero), 0.0, 255.0) - zero) * step;
}

// How many of a pixel's gated values lie so near to half a step that float32 may take the other one.
int undecided(const Run& r, const Tensor3& wide, const Values& gates) {
  if (!r.types().affine() || gates.empty()) return 0;
  int most = 0;
  for (std::size_t pixel = 0; pixel < wide.values.size(); pixel += gates.size()) {
    int count = 0;
    for (std::size_t k = 0; k < gates.size(); ++k) {
      const double steps = wide.values[pixel + k] * gates[k] / r.scale(gated_affine);
      count += std::abs(std::abs(steps - std::nearbyint(steps)) - 0.5) < 1e-4;
    }
    most = std::max(most, count);
  }
  return most;
}

// Each gives the step's map as the kernels made it: the input of the next.

Tensor3 check_stem(const Network& n, const Run& r) {
  Tensor3 input(n.resolution, n.resolution, 3);
  std::copy(r.input.begin(), r.input.end(), input.values.begin());
  Tensor3 stem = r.map("stem", n.stem.out);
  const Tensor3 wanted =
      activate(n.stem.activation,
               convolution(input, r.weight("stem.weight"), r.weight("stem.bias"), {3, 2, n.stem.border}));
  compare("stem", stem.values, wanted.values, 27, largest(input.values), largest(r.weight("stem.weight")),
          r.rounding("stem"));
  return stem;
}

Tensor3 check_depthwise(const Network& n, const Run& r, const Tensor3& stem) {
  const Block& block = n.blocks[0];
  const Layer& dw = block.depthwise;
  Tensor3 expanded = stem;
  double expand_error = 0;
  if (block.has_expand) {
    const Values& weight = r.weight("blocks.0.expand.weight");
    expanded =
        activate(block.expand.activation, pointwise(stem, weight, r.bias("blocks.0.expand", "stem.affine")));
    expand_error = tolerance(stem.channels, largest(stem.values), largest(weight), largest(expanded.values));
  }
  Tensor3 wide = r.map("blocks.0.depthwise", dw.out);
  const Values& weight = r.weight("blocks.0.depthwise.weight");
  const Tensor3 wanted = activate(
      dw.activation,
      depthwise(expanded, weight, r.weight("blocks.0.depthwise.bias"), {dw.kernel, dw.stride, dw.border}));
  // The expansion's error goes through the depthwise sum.
  const double through = expand_error / 1.1920929e-7 / 4 / std::max(1e-9, largest(expanded.values));
  compare("depthwise", wide.values, wanted.values, dw.kernel * dw.kernel * (1 + through),
          largest(expanded.values), largest(weight), r.rounding("blocks.0.depthwise"));
  return wide;
}

// The gates.
Values check_squeeze_excite(const Run& r, const Tensor3& wide) {
  const std::string name = "blocks.0.squeeze_excite";
  const Values wanted = squeeze_excite_gates(
      average(wide), {r.weight(name + ".reduce.weight"), r.weight(name + ".reduce.bias"),
                      r.weight(name + ".expand.weight"), r.weight(name + ".expand.bias")});
  Tensor3 gate = r.map("blocks.0.gate", {1, 1, wide.channels});
  compare("squeeze_excite", gate.values, wanted, wide.channels, largest(wide.values),
          largest(r.weight(name + ".reduce.weight")));
  return std::move(gate.values);
}

// `gates`: may be empty.
Tensor3 check_project(const Network& n, const Run& r, Tensor3 wide, const Values& gates,
                      const Tensor3& stem) {
  const Block& block = n.blocks[0];
  Values weight = r.weight("blocks.0.project.weight");
  const double flips = undecided(r, wide, gates) * largest(weight);
  Values& factors = r.gate() == Gate::input ? wide.values : weight;
  for (std::size_t i = 0; i < factors.size() && !gates.empty(); ++i)
    factors[i] = stored(r, factors[i] * gates[i % gates.size()]);
  Tensor3 wanted = pointwise(
      wide, weight, r.bias("blocks.0.project", gates.empty() ? "blocks.0.depthwise.affine" : gated_affine));
  if (block.residual) wanted = add(wanted, stem);
  Tensor3 narrow = r.map("blocks.0.project", block.project.out);
  Rounding rounding = r.rounding("blocks.0.project");
  if (flips > 0) rounding.absolute += flips * r.scale(gated_affine);
  compare("project", narrow.values, wanted.values, wide.channels, largest(wide.values), largest(weight),
          rounding);
  return narrow;
}

// The head with the average that it makes, and the classifier.
void check_head(const Network& n, const Run& r, const Tensor3& narrow) {
  const Values& weight = r.weight("head.weight");
  const Tensor3 last = r.map("head", n.head.out);
  const Tensor3 wanted =
      activate(n.head.activation, pointwise(narrow, weight, r.bias("head", "blocks.0.project.affine")));
  compare("head", last.values, wanted.values, narrow.channels, largest(narrow.values), largest(weight));
  const Tensor3 features = r.map("features", {1, 1, last.channels});
  compare("average", features.values, average(last), last.height * last.width, largest(last.values), 1);

  const Values& classes = r.weight("classifier.weight");
  compare("classifier", Values(r.logits.begin(), r.logits.end()),
          dense(features.values, classes, r.weight("classifier.bias")), last.channels,
          largest(features.values), largest(classes));
}

void check_steps(const Network& n, const Run& r) {
  const Tensor3 stem = check_stem(n, r);
  const Tensor3 wide = check_depthwise(n, r, stem);
  const Values gates = n.blocks[0].has_squeeze_excite ? check_squeeze_excite(r, wide) : Values();
  check_head(n, r, check_project(n, r, wide, gates, stem));
}

}  // namespace

TEST_CASE("Every operator equals the reference on awkward shapes, for every type and target that runs here") {
  int tested = 0;
  std::vector<CpuTarget> targets = cpu_targets();
  targets.push_back(*find_target("arm-64-linux-arm_dot_prod"));
  for (const CpuTarget& target : targets) {
    const bool multiplies_fours = target.name == targets.back().name;
    if (!runs_here(target) && (*emulated == 0 || !target.name.starts_with(emulated))) continue;
    for (const PrecisionTraits& type : precisions()) {
      if (multiplies_fours && type.precision != Precision::int8) continue;  // else it is the other one
      for (const OneBlock& shape : shapes) {
        INFO(target.name << ", " << type.name << ", resolution " << shape.resolution << ", "
                         << shape.stem_channels << " channels, kernel " << shape.kernel << ", stride "
                         << shape.stride);
        const Network network = one_block_network(shape);
        check_steps(network, compile_and_run(network, target, type.precision));
        ++tested;
      }
    }
  }
  CHECK(tested >= static_cast<int>(shapes.size() * precisions().size()));
}

TEST_CASE("A block that is kept in float32 equals the reference between steps of integers") {
  Network network = one_block_network({30, 16, 6, 5, 2, 40, Padding::same, true, Activation::swish, 80, 10});
  keep_blocks(network, {"blocks.0"});
  for (const char* name : {"znver4", "x86-64-v3", "x86-64"}) {
    const CpuTarget target = *find_target(name);
    if (!runs_here(target)) continue;
    INFO(name);
    const Run run = compile_and_run(network, target, Precision::int8);
    CHECK(run.buffer("stem").element == Element::f32);
    CHECK(run.buffer("blocks.0.depthwise").element == Element::f32);
    CHECK(run.buffer("blocks.0.project").element == Element::u8);
    check_steps(network, run);
  }
}

TEST_CASE("A schedule changes the speed and not one bit") {
  const int channels = GENERATE(32, 16);  // 16: with a residual
  const Network network =
      one_block_network({45, 16, 6, 5, 1, channels, Padding::symmetric, true, Activation::swish, 32, 7});
  for (const CpuTarget& target : cpu_targets()) {
    if (!runs_here(target) || target.name == "x86-64") continue;
    for (const PrecisionTraits& type : precisions()) {
      INFO(target.name << ", " << type.name << ", " << channels << " channels");
      CpuTarget other = target;  // the same instructions, other register tiles and blocks
      other.machine.registers /= 2;
      const Run a = compile_and_run(network, target, type.precision),
                b = compile_and_run(network, other, type.precision);
      REQUIRE(a.plan.kernels[1].schedule != b.plan.kernels[1].schedule);
      CHECK(a.logits == b.logits);
      CHECK(a.map("head", network.head.out).values == b.map("head", network.head.out).values);
    }
  }
}

TEST_CASE("The next tile's weights are prefetched into the second cache where a schedule says so") {
  const CpuTarget target = *find_target("x86-64-v4");
  const Result<Plan> plan = make_plan(*build_network(*find_network("efficientnet_b0")), {.target = target});
  REQUIRE(plan.ok());
  const TemporaryFolder folder;
  std::set<std::string> looked_at;
  for (Kernel kernel : plan->kernels) {
    const bool has_small_maps = kernel.problem.count("width")
                                    ? kernel.problem.at("width") == 7
                                    : kernel.problem.count("pixels") && kernel.problem.at("pixels") == 49;
    if (!has_small_maps || !kernel.schedule.count("prefetch")) continue;
    if (!looked_at.insert(kernel.operation).second) continue;
    for (const int prefetch : {0, 1}) {
      INFO(kernel.operation << ", prefetch " << prefetch);
      kernel.schedule["prefetch"] = prefetch;
      const KernelFiles files{folder.file("kernel.o"), folder.file("kernel.s")};
      REQUIRE(compile_kernel(kernel_request(kernel, target), files).ok());
      CHECK((read_file(files.assembly).find("prefetcht1") != std::string::npos) == (prefetch == 1));
    }
  }
  CHECK(looked_at == std::set<std::string>{"expand_depthwise", "head", "project"});
}

namespace {

// The head's map as it follows from exact sums of integers: nothing else is rounded before it becomes float32.
void check_exact_sums(const CpuTarget& target) {
  // More inputs than in any EfficientNet of the list; sums below 2^24.
  const Network network =
      one_block_network({9, 8, 6, 3, 1, 392, Padding::same, false, Activation::none, 40, 3});
  const Run r = compile_and_run(network, target, Precision::int8);
  const Buffer &in = r.buffer("blocks.0.project"), &out = r.buffer("head");
  const FloatTensor &weight = r.file.at("head.weight"), &scale = r.file.at("head.scale"),
                    &bias = r.file.at("head.bias");
  const auto* memory = reinterpret_cast<const unsigned char*>(r.arena.data());
  const auto* steps = memory + in.offset;
  const auto* results = reinterpret_cast<const float*>(memory + out.offset);
  const int inputs = network.head.in.channels, outputs = network.head.out.channels;
  const float map_scale = r.file.at("blocks.0.project.affine").values[0];
  int distinct = 0;
  for (int pixel = 0; pixel < network.head.in.width * network.head.in.height; ++pixel)
    for (int c = 0; c < outputs; ++c) {
      std::int64_t sum = 0;
      for (int k = 0; k < inputs; ++k)
        sum += steps[pixel * padded(inputs) + k] *
               static_cast<int>(weight.values[((c / 16 * (inputs / 4) + k / 4) * 16 + c % 16) * 4 + k % 4]);
      REQUIRE(std::abs(sum) < 1 << 24);
      const float factor = scale.values[c] * map_scale;
      const auto value = [&](std::int64_t s) {
        return target.machine.fma ? std::fma(static_cast<float>(s), factor, bias.values[c])
                                  : static_cast<float>(s) * factor + bias.values[c];
      };
      REQUIRE(results[pixel * padded(outputs) + c] == value(sum));
      distinct += value(sum) != value(sum + 1) && value(sum) != value(sum - 1);
    }
  CHECK(distinct >
        0.99 * network.head.in.width * network.head.in.height * outputs);  // another sum would be seen
}

}  // namespace

TEST_CASE("Sums of 8 bit integers are exact to the last bit, on every target") {
  std::vector<CpuTarget> targets = cpu_targets();
  targets.push_back(*find_target("arm-64-linux-arm_dot_prod"));
  for (const CpuTarget& target : targets) {
    const bool emulates = *emulated != 0 && target.name.starts_with("arm-64");
    if (!runs_here(target) && !emulates) continue;
    INFO(target.name);
    check_exact_sums(target);
  }
}

TEST_CASE("Inner loops multiply with the instruction of their element type") {
  struct Expected {
    const char *target, *precision, *instruction;  // null: none of these
  };
  constexpr const char* instructions[] = {"vdpbf16ps", "vpdpbusd", "vpmaddwd", "sdot"};
  const Network network =
      one_block_network({30, 16, 6, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
  const TemporaryFolder folder;
  int looked_at = 0;
  for (const Expected& expected : {Expected{"znver4", "bf16", "vdpbf16ps"},
                                   {"x86-64-v4", "bf16", nullptr},
                                   {"x86-64-v3", "bf16", nullptr},
                                   {"znver4", "int8", "vpdpbusd"},
                                   {"x86-64-v4", "int8", "vpmaddwd"},
                                   {"x86-64-v3", "int8", "vpmaddwd"},
                                   {"arm-64-linux-arm_dot_prod", "int8", "sdot"}}) {
    const CpuTarget target = *find_target(expected.target);
    const Result<Plan> plan =
        make_plan(network, {.target = target, .precision = *find_precision(expected.precision)});
    REQUIRE(plan.ok());
    for (const Kernel& kernel : plan->kernels) {
      if (!kernel.problem.count("weights") || !kernel.problem.count("out_channels")) continue;
      INFO(expected.target << ", " << expected.precision << ", " << kernel.operation);
      const KernelFiles files{folder.file("kernel.o"), folder.file("kernel.s")};
      REQUIRE(compile_kernel(kernel_request(kernel, target), files).ok());
      const std::string assembly = read_file(files.assembly);
      for (const char* instruction : instructions)
        CHECK((assembly.find(instruction) != std::string::npos) ==
              (expected.instruction && std::string(instruction) == expected.instruction));
      ++looked_at;
    }
  }
  CHECK(looked_at == 7 * 3);  // expand_depthwise, project and head
}

}  // namespace effnet::test
