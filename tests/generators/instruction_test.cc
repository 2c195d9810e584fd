// What instructions kernels are compiled to, seen in their assembly: also for targets that do not run here.
#include <set>
#include <string>

#include "generators/compile.h"
#include "generators/pointwise/schedule.h"
#include "generators/target.h"
#include "models/element.h"
#include "models/network.h"
#include "models/packing.h"
#include "pipeline/jobs.h"
#include "pipeline/plan.h"
#include "tests/catch.h"
#include "tests/generators/one_block.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

std::string assembly_of(const Kernel& kernel, const CpuTarget& target) {
  const TemporaryFolder folder;
  const KernelFiles files{folder.file("kernel.o"), folder.file("kernel.s")};
  REQUIRE(compile_kernel(kernel_request(kernel, target), files).ok());
  return read_file(files.assembly);
}

int count_of(const std::string& instruction, const std::string& assembly) {
  int count = 0;
  for (std::size_t at = assembly.find(instruction); at != std::string::npos;
       at = assembly.find(instruction, at + 1))
    ++count;
  return count;
}

// With all its other flags of this kind off.
void check_prefetches_where(const std::string& flag, Kernel kernel, const CpuTarget& target) {
  for (auto& [name, number] : kernel.schedule)
    if (name.starts_with("prefetch")) number = 0;
  for (const int value : {0, 1}) {
    INFO(kernel.operation << ", " << flag << " " << value);
    kernel.schedule[flag] = value;
    CHECK((assembly_of(kernel, target).find("prefetcht1") != std::string::npos) == (value == 1));
  }
}

}  // namespace

TEST_CASE("Inner loops multiply with the instruction of their element type") {
  struct Expected {
    const char *target, *precision, *instruction;  // null: none of these
  };
  constexpr const char* instructions[] = {"vdpbf16ps", "vpdpbusd", "vpmaddwd", "sdot"};
  const Network network =
      one_block_network({30, 16, 6, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
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
      const std::string assembly = assembly_of(kernel, target);
      for (const char* instruction : instructions)
        CHECK((assembly.find(instruction) != std::string::npos) ==
              (expected.instruction && std::string(instruction) == expected.instruction));
      ++looked_at;
    }
  }
  CHECK(looked_at == 7 * 3);  // expand_depthwise, project and head
}

TEST_CASE("The next tile's weights are prefetched into the second cache where a schedule says so") {
  const CpuTarget target = *find_target("x86-64-v4");
  const Result<Plan> plan = make_plan(*build_network(*find_network("efficientnet_b0")), {.target = target});
  REQUIRE(plan.ok());
  std::set<std::string> looked_at;
  for (const Kernel& kernel : plan->kernels) {
    const bool has_small_maps = kernel.problem.count("width")
                                    ? kernel.problem.at("width") == 7
                                    : kernel.problem.count("pixels") && kernel.problem.at("pixels") == 49;
    if (!has_small_maps || !kernel.schedule.count("prefetch")) continue;
    if (!looked_at.insert(kernel.operation).second) continue;
    check_prefetches_where("prefetch", kernel, target);
  }
  CHECK(looked_at == std::set<std::string>{"expand_depthwise", "head", "project"});
}

TEST_CASE("A large map's next pixels are prefetched where a schedule says so") {
  const CpuTarget target = *find_target("x86-64-v3");
  const Result<Plan> plan = make_plan(*build_network(*find_network("efficientnet_b6")), {.target = target});
  REQUIRE(plan.ok());
  Kernel streaming;
  for (const Kernel& kernel : plan->kernels) {
    if (kernel.operation != "project") continue;
    const bool reads_input = static_cast<Gate>(kernel.problem.at("gated")) != Gate::input;  // not a copy
    const int bytes = 4 * kernel.problem.at("pixels") * padded(kernel.problem.at("channels"));
    CHECK((kernel.schedule.at("prefetch_input") == 1) == (reads_input && bytes >= 2 << 20));
    if (kernel.schedule.at("prefetch_input") == 1) streaming = kernel;
  }
  REQUIRE(streaming.operation == "project");
  check_prefetches_where("prefetch_input", streaming, target);
}

TEST_CASE("Where a large map is written next is prefetched where a schedule says so") {
  const CpuTarget target = *find_target("x86-64-v3");
  const Result<Plan> plan = make_plan(*build_network(*find_network("efficientnet_b0")), {.target = target});
  REQUIRE(plan.ok());
  std::set<std::string> looked_at;
  for (const Kernel& kernel : plan->kernels) {
    if (!kernel.schedule.count("prefetch_output")) continue;
    const int pixels = kernel.problem.at("out_height") * kernel.problem.at("out_width");
    const int bytes = 4 * pixels * padded(kernel.problem.at("out_channels"));
    CHECK((kernel.schedule.at("prefetch_output") == 1) == (bytes >= second_cache_bytes));
    if (!looked_at.insert(kernel.operation).second) continue;
    check_prefetches_where("prefetch_output", kernel, target);
  }
  CHECK(looked_at == std::set<std::string>{"depthwise", "expand_depthwise", "stem"});
}

TEST_CASE("Swish rounds its argument: LLVM cancels no constant against another") {
  const Network network = *build_network(*find_network("efficientnet_b0"));
  for (const char* name : {"x86-64-v3", "znver4"}) {
    const CpuTarget target = *find_target(name);
    const Result<Plan> plan = make_plan(network, {.target = target});
    REQUIRE(plan.ok());
    int looked_at = 0;
    for (Kernel kernel : plan->kernels) {
      if (kernel.operation != "expand_depthwise") continue;
      kernel.problem["squeeze"] = 0;  // nothing else adds
      for (const int group : {1, 2}) {
        kernel.schedule["expand_group"] = kernel.schedule["depthwise_group"] = group;
        INFO(name << ", " << to_text(kernel.problem) << ", groups of " << group);
        const std::string assembly = assembly_of(kernel, target);
        const int vectors = count_of("\tvdivps\t", assembly);
        CHECK(vectors > 0);
        CHECK(count_of("\tvpslld\t$23,", assembly) == vectors);
        // What was added to round and is taken off, the divisor, the dividend.
        CHECK(count_of("\tvsubps\t", assembly) + count_of("\tvaddps\t", assembly) == 3 * vectors);
        ++looked_at;
      }
    }
    CHECK(looked_at == 2 * 11);
  }
}

}  // namespace effnet::test
