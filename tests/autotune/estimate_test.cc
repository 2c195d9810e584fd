// The static model: how assembly is cut into loops, how often they run, what they fetch, and `effnetc tune
// --estimate` as a user runs it.
#include <nlohmann/json.hpp>

#include "autotune/compare.h"
#include "autotune/estimator.h"
#include "autotune/loop_code.h"
#include "autotune/mca.h"
#include "tests/catch.h"
#include "tests/support/process.h"
#include "tests/support/refused.h"
#include "tests/support/temporary.h"

namespace effnet::test {

namespace {

TEST_CASE("the rank correlation knows the order only") {
  CHECK(rank_correlation({1, 2, 3, 4}, {10, 20, 300, 301}) == Approx(1));
  CHECK(rank_correlation({1, 2, 3, 4}, {4, 3, 2, 1}) == Approx(-1));
  CHECK(rank_correlation({1, 2, 3, 4, 5}, {2, 1, 4, 3, 5}) == Approx(0.8));
  CHECK(rank_correlation({1, 1, 2}, {5, 5, 7}) == Approx(1));
  CHECK(rank_correlation({1, 1, 1}, {1, 2, 3}) == 0);
  CHECK(rank_correlation({1}, {1}) == 0);
}

LoopNest nest_of_two() {
  LoopNest nest;
  nest.loops = {{-1, 1, 1, {{"a", {1000, 1000}}}, {{"a", {2000, 2000}}}},
                {0, 1, 10, {{"a", {1000, 100}}}, {{"a", {2000, 200}}}},
                {1, 10, 640, {{"a", {100, 64}}}, {{"a", {200, 128}}}}};
  return nest;
}

TEST_CASE("a description of loops is read as it was written, and nothing else is") {
  const Result<MarkedAssembly> read = parse_marked_assembly(format_loop_nest(nest_of_two()) + "\t.text\n");
  REQUIRE(read);
  CHECK(read->text == "\t.text\n");
  REQUIRE(read->nest.loops.size() == 3);
  CHECK(read->nest.loops[2].parent == 1);
  CHECK(read->nest.loops[2].iterations == 640);
  CHECK(read->nest.loops[1].lines.at("a").body == 100);
  CHECK(read->nest.loops[1].pairs.at("a").all == 2000);
  for (const char* damaged :
       {"", "\t.text\n", "loop 0 1 1\n", "loop -1 1\n", "loop -1 1 1\nloop 1 1 1\n",
        "loop -1 1 1\nloop -1 1 1\n", "loop -1 1 1 a=1\n", "loop -1 1 1 a=1/1\n", "loop -1 1 1 a\n"})
    CHECK_FALSE(parse_marked_assembly(damaged));
}

TEST_CASE("a cache keeps what an iteration touches, and fetches it once an execution") {
  const LoopNest nest = nest_of_two();
  CHECK(fetched_bytes(nest, {2000, false}) == 1000);
  CHECK(fetched_bytes(nest, {500, false}) == 1000);     // the outer loop's iterations fit
  CHECK(fetched_bytes(nest, {80, false}) == 10 * 100);  // only the inner loop's do
  CHECK(fetched_bytes(nest, {10, false}) == 0);         // not even one access
  CHECK(fetched_bytes(nest, {500, true}) == 2000);
  CHECK(fetched_bytes(nest, {150, true}) == 10 * 200);
}

TEST_CASE("no loop touches more of an argument than there is") {
  LoopNest nest = nest_of_two();
  nest.loops[0].lines["b$1"] = {5000, 5000};
  nest.loops[0].pairs["b$1"] = {9000, 9000};
  limit_touched(nest, {{"a", 90}, {"b", 6000}});
  CHECK(nest.loops[0].lines.at("a").all == 90);
  CHECK(nest.loops[2].lines.at("a").body == 64);
  CHECK(nest.loops[2].pairs.at("a").body == 90);
  CHECK(nest.loops[0].lines.at("b$1").all == 5000);
  CHECK(nest.loops[0].pairs.at("b$1").body == 6000);
}

TEST_CASE("lines from the second cache come beside the instructions, except on a core that waits for them") {
  Estimate estimate{100, 5, 30, 40, false};
  CHECK(estimate.cycles() == 145);
  estimate.second_cache = 120;
  CHECK(estimate.cycles() == 165);
  estimate.in_order = true;
  CHECK(estimate.cycles() == 265);
}

TEST_CASE("assembly is cut into the bodies of its loops") {
  for (const auto& [comment, branch] : {std::pair<std::string, std::string>{"#", "jne"}, {"//", "b.ne"}}) {
    const MarkedAssembly assembly{
        nest_of_two(), "\t.text\nkernel:\n" + comment + " %bb.0: %entry\n\tfirst\n.LBB0_1: " + comment +
                           " %\"7_for_effnet_loop_1\"\n\touter\n.LBB0_2: " + comment +
                           " %\"for_effnet_loop_2\"\n\tinner a, b " + comment + " 8-byte Spill\n\t" + branch +
                           "\t.LBB0_2\n" + comment + " %bb.3: %end_for_effnet_loop_2\n\tafter\n\t" + branch +
                           "\t.LBB0_1\n\tlast\n\tret\n.Lfunc_end0:\n\tignored\n"};
    const std::vector<LoopCode> code = loop_code(assembly);
    REQUIRE(code.size() == 3);
    CHECK(code[0].loop == 1);
    CHECK(code[0].instructions == std::vector<std::string>{"outer", "after", branch + "\t.LBB0_1"});
    CHECK(code[1].loop == 2);
    CHECK(code[1].instructions == std::vector<std::string>{"inner a, b", branch + "\t.LBB0_2"});
    CHECK(code[2].loop == 0);
    CHECK(code[2].instructions == std::vector<std::string>{"first", "last"});
  }
}

struct Kernels {
  CpuTarget target;
  std::vector<Network> networks;
  std::vector<TuningStep> steps;
};

Kernels steps_of(const std::string& target, const std::vector<std::string>& names,
                 const std::string& network = "efficientnet_b0", const std::string& precision = "fp32") {
  Kernels k{*find_target(target), {*build_network(*find_network(network))}, {}};
  for (const TuningStep& step : unique_steps_of(k.networks, k.target, *find_precision(precision)))
    if (std::find(names.begin(), names.end(), step.name) != names.end()) k.steps.push_back(step);
  REQUIRE(k.steps.size() == names.size());
  return k;
}

const std::vector<std::string> one_of_each = {"stem", "blocks.0.depthwise", "blocks.3.expand_depthwise",
                                              "blocks.5.project", "head"};

StepLayout default_layout(const Kernels& k, const TuningStep& step) {
  const Numbers schedule = step.op().default_schedule(step.problem, k.target.machine, 1);
  Result<StepLayout> layout = layout_of(step, schedule, k.networks[0], k.target);
  REQUIRE(layout);
  return *layout;
}

MarkedAssembly marked(const Kernels& k, const StepLayout& layout) {
  JobOptions jobs;
  jobs.compiler = EFFNETC;
  const Numbers rows = {{"rows", layout.step.strip_rows},
                        {"first_row", layout.step.strips / 2 * layout.step.strip_rows}};
  const Result<std::string> text = compile_marked_assembly(layout.kernel, rows, k.target, jobs);
  INFO((text ? "" : text.message()));
  REQUIRE(text);
  const Result<MarkedAssembly> assembly = parse_marked_assembly(*text);
  REQUIRE(assembly);
  return *assembly;
}

int count_beginning(const LoopCode& code, const std::string& beginning) {
  return static_cast<int>(std::count_if(code.instructions.begin(), code.instructions.end(),
                                        [&](const std::string& i) { return i.starts_with(beginning); }));
}

bool has_loops_inside(const LoopNest& nest, int loop) {
  return std::any_of(nest.loops.begin(), nest.loops.end(),
                     [&](const LoopNest::Loop& other) { return other.parent == loop; });
}

TEST_CASE("the loops of real kernels run so often that all multiplications are done") {
  for (const auto& [target, instruction, lanes] :
       {std::tuple<std::string, std::string, int>{"arm-64", "fmla", 4}, {"x86-64-v3", "vfmadd", 8}}) {
    const Kernels k = steps_of(target, one_of_each);
    for (const TuningStep& step : k.steps) {
      INFO(target << " " << step.name);
      const StepLayout layout = default_layout(k, step);
      const MarkedAssembly assembly = marked(k, layout);
      std::map<int, double> multiplications;  // of versions of a loop only one runs
      for (const LoopCode& code : loop_code(assembly)) {
        const double here = count_beginning(code, instruction) * assembly.nest.loops[code.loop].iterations;
        multiplications[code.loop] = std::max(multiplications[code.loop], here);
      }
      double all = 0;
      for (const auto& [_, count] : multiplications) all += count;
      all *= static_cast<double>(layout.step.blocks) * layout.step.strips * lanes;
      // Activations are some more; tiles go past the end of rows, and channels fill panels.
      CHECK(all >= step.multiply_adds);
      CHECK(all <= 1.6 * step.multiply_adds + 8.0 * step.bytes);
    }
  }
}

double touched(const LoopNest& nest, const std::string& argument) {
  double bytes = 0;
  for (const auto& [buffer, lines] : nest.loops[0].lines)
    if (buffer.substr(0, buffer.find('$')) == argument) bytes += lines.all;
  return bytes;
}

// Indices go through names of expressions, which hide how far a loop moves.
TEST_CASE("real kernels touch all of their arguments, and weights no further than they are") {
  constexpr double float_bytes = 4, lines = 256;
  for (const std::string target : {"arm-64", "x86-64-v3"}) {
    const Kernels k = steps_of(target, one_of_each);
    for (const TuningStep& step : k.steps) {
      const StepLayout layout = default_layout(k, step);
      const LoopNest nest = marked(k, layout).nest;
      const double tasks = static_cast<double>(layout.step.blocks) * layout.step.strips;
      for (const ArgumentMemory& a : layout.arguments) {
        const double bytes = float_bytes * static_cast<double>(a.elements);
        const double here = touched(nest, a.argument.name);
        INFO(target << " " << step.name << " " << a.argument.name << ": " << here << " of " << bytes);
        if (a.kind == ArgumentMemory::Kind::map || a.kind == ArgumentMemory::Kind::output)
          CHECK(here * tasks >= 0.8 * bytes);
        if (a.kind == ArgumentMemory::Kind::weight) {
          CHECK(here >= bytes / layout.step.blocks);
          CHECK(here <= bytes / layout.step.blocks + lines);
        }
      }
    }
  }
}

std::size_t vectors_put_on_the_stack(const LoopCode& code) {
  return static_cast<std::size_t>(
      std::count_if(code.instructions.begin(), code.instructions.end(), [](const std::string& i) {
        return i.starts_with("st") && i.find("\tq") != std::string::npos &&
               i.find("[sp") != std::string::npos;
      }));
}

// Loops over input channels contain nothing but the reduction. Those of stem and depthwise hold all their taps and the
// activation: weights that LLVM moves out of the loop come back from the stack instead of from memory, which costs nothing;
// what the activation puts there does.
TEST_CASE("default schedules for ARM keep accumulators in its 32 registers") {
  const Kernels k = steps_of("arm-64", one_of_each);
  for (const TuningStep& step : k.steps) {
    int inner_loops = 0;
    const MarkedAssembly assembly = marked(k, default_layout(k, step));
    for (const LoopCode& code : loop_code(assembly)) {
      const int products = count_beginning(code, "fmla");
      if (products < 8 || has_loops_inside(assembly.nest, code.loop)) continue;
      INFO(step.name << ", loop " << code.loop << ": " << products << " fmla of "
                     << code.instructions.size());
      const std::size_t spilled = vectors_put_on_the_stack(code);
      if (products * 2 > static_cast<int>(code.instructions.size()) && step.name != "stem")
        CHECK(spilled == 0);
      else
        CHECK(spilled * 10 < code.instructions.size());
      ++inner_loops;
    }
    INFO(step.name);
    CHECK(inner_loops >= 1);
  }
}

// Where a 5x5 kernel follows the sum, LLVM let go of all accumulators when too many steps were unrolled.
TEST_CASE("default expansions for AVX-512 keep accumulators in its 32 registers") {
  struct Case {
    std::string network, step, precision, product;
  };
  for (const Case& c : {Case{"efficientnet_b7", "blocks.29.expand_depthwise", "fp32", "vfmadd"},
                        {"efficientnet_b0", "blocks.9.expand_depthwise", "bf16", "vdpbf16ps"},
                        {"efficientnet_b0", "blocks.9.expand_depthwise", "int8", "vpdpbusd"}}) {
    INFO(c.network << " " << c.step << " " << c.precision);
    const Kernels k = steps_of("znver4", {c.step}, c.network, c.precision);
    const StepLayout layout = default_layout(k, k.steps[0]);
    const Numbers& s = layout.kernel.schedule;
    const int products = s.at("expand_panels") * s.at("expand_columns") * s.at("expand_unroll");
    CHECK(products > 16);
    int sums = 0;
    const MarkedAssembly assembly = marked(k, layout);
    for (const LoopCode& code : loop_code(assembly)) {
      if (count_beginning(code, c.product) != products || has_loops_inside(assembly.nest, code.loop))
        continue;
      CHECK(std::none_of(code.instructions.begin(), code.instructions.end(), [](const std::string& i) {
        return i.starts_with("vmov") && i.ends_with("(%rsp)");
      }));
      ++sums;
    }
    CHECK(sums >= 1);
  }
}

std::vector<std::string> command(const TemporaryFolder& folder, const std::vector<std::string>& more) {
  std::vector<std::string> words = {EFFNETC,
                                    "tune",
                                    "efficientnet_b0",
                                    "--step",
                                    "blocks.5.project",
                                    "--target",
                                    "arm-64",
                                    "--log",
                                    folder.file("tuning.log"),
                                    "--schedules",
                                    folder.file("rows"),
                                    "--cache-dir",
                                    EFFNET_BINARY_DIR "/tests/kernels"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const std::vector<std::string> estimate = {"--estimate",   "--cpu", "cortex-a76",
                                           "--candidates", "6",     "--json"};

TEST_CASE("candidates are ranked for a CPU that is not there, and their rows say so") {
  const TemporaryFolder folder;
  const ProcessResult result = run_program(command(folder, estimate));
  INFO(result.error);
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["steps"][0]["candidates"] == 6);
  CHECK(json["steps"][0]["default_us"] > 0);
  const std::string path = folder.file("rows/arm-64/project.rows");
  const std::string row = read_file(path);
  CHECK(row.find(" cpu=\"cortex-a76\" ") != std::string::npos);
  CHECK(row.ends_with(" estimated=1\n"));

  // What was measured is worth more: it stays.
  std::string measured = row.substr(0, row.find(" estimated=1")) + "\n";
  write_file(path, measured);
  CHECK(run_program(command(folder, estimate)).status == 0);
  CHECK(read_file(path) == measured);
}

#ifdef EFFNET_HAS_ARM
TEST_CASE("candidates for ARM are measured by a runner") {
  const TemporaryFolder folder;
  const ProcessResult result = run_program(command(
      folder, {"--runner", "qemu-aarch64 {}", "--candidates", "4", "--candidate-seconds", "60", "--json"}));
  INFO(result.error);
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["failed"].empty());
  CHECK(json["steps"][0]["candidates"] == 4);
  CHECK(json["steps"][0]["default_us"] > 0);
  CHECK(read_file(folder.file("rows/arm-64/project.rows")).find("estimated") == std::string::npos);
}
#endif

TEST_CASE("what cannot be estimated gets one line") {
  const TemporaryFolder folder;
  for (const auto& [arguments, text] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--estimate"}, "needs --cpu"},
           {{"--estimate", "--cpu", "cortex-a7"}, "cortex-a76"},
           {{"--estimate", "--cpu", "znver4"}, "for target 'arm-64' there are"},
           {{"--estimate", "--cpu", "cortex-a76", "--target", "wasm-32"}, "only x86-64's and arm-64's"},
           {{"--estimate", "--cpu", "cortex-a76", "--compare", folder.file("other.log")}, "other.log"}}) {
    std::vector<std::string> words = command(folder, {});
    if (std::find(arguments.begin(), arguments.end(), "--target") != arguments.end())
      words.erase(words.begin() + 5, words.begin() + 7);
    words.insert(words.end(), arguments.begin(), arguments.end());
    check_refused(run_program(words), text);
  }
}

}  // namespace

}  // namespace effnet::test
