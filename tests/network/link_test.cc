// Compiled networks in programs of their own: what they compute beside each other and beside foreign Halide code, how
// large they are, and what happens on CPUs below all targets.
#include <Halide.h>

#include <filesystem>
#include <sstream>

#include "generators/target.h"
#include "pictures/read.h"
#include "tests/catch.h"
#include "tests/network/compiled.h"
#include "tests/support/process.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

const std::string sources = EFFNET_SOURCE_DIR "/tests/network/link/";

std::string must_run(const std::vector<std::string>& command, const ProcessOptions& options = {}) {
  const ProcessResult result = run_program(command, options);
  INFO(command[0] << ": " << result.error);
  REQUIRE(result.status == 0);
  return result.out;
}

// Through the cache that the other libraries of the tests have filled.
void compile(const std::string& network, const std::string& name, const std::string& targets,
             const std::string& folder) {
  must_run({EFFNETC, "compile", network, "--name", name, "--target", targets, "-o", folder, "--cache-dir",
            EFFNET_BINARY_DIR "/tests/kernels"});
}

void link(const TemporaryFolder& folder, const std::string& source, const std::string& program,
          const std::vector<std::string>& more) {
  std::vector<std::string> command = {"cc",
                                      "-std=c11",
                                      "-O2",
                                      "-Wall",
                                      "-Wextra",
                                      "-Werror",
                                      sources + source,
                                      "-o",
                                      program,
                                      "-I",
                                      ".",
                                      "-I",
                                      EFFNET_BINARY_DIR "/include"};
  command.insert(command.end(), more.begin(), more.end());
  for (const char* argument : {EFFNET_BINARY_DIR "/lib/libeffnet.a", "-lm", "-lpthread"})
    command.emplace_back(argument);
  must_run(command, {.folder = folder.path()});
}

void write_floats(const std::string& path, const std::vector<float>& values) {
  write_file(path, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

void check_logits(const std::string& line, const std::string& target, const std::vector<float>& expected) {
  INFO(line);
  std::istringstream words(line);
  std::string used;
  words >> used;
  CHECK(used == target);
  for (int i = 0; i < 8; ++i) {
    float value = 0;
    REQUIRE(words >> value);
    CHECK(value == Approx(expected[i]).margin(1e-4));
  }
}

const std::string lite0 = "tf_efficientnet_lite0";

TEST_CASE("two fat libraries and a foreign Halide runtime in one program: all are right, for every target") {
  const TemporaryFolder folder(networks_folder());
  const std::string path = folder.path().string();
  compile("efficientnet_b0", "b0", "x86-64-v4,x86-64-v3,x86-64", path);
  compile(lite0, "lite", "x86-64-v4,x86-64-v3", path);
  Halide::Var x("x");
  Halide::Func foreign("foreign");
  foreign(x) = 3 * x + 1;
  foreign.parallel(x);
  foreign.compile_to_static_library(folder.file("foreign"), {}, "foreign", Halide::get_host_target());
  link(folder, "three.c", "three", {"-I", HALIDE_INCLUDE, "libb0.a", "liblite.a", "foreign.a", "-ldl"});

  const Golden golden = read_golden("efficientnet_b0");
  import_golden_weights("efficientnet_b0", golden, folder.file("b0.weights"));
  import_weights(lite0, published_weights(lite0), folder.file("lite.weights"));
  const std::vector<float> input = channels_innermost(seeded_input(224), 224);
  write_floats(folder.file("b0.input"), golden_input(golden));
  write_floats(folder.file("lite.input"), input);
  const std::vector<float> lite_logits =
      CompiledNetwork(lite0).open(folder.file("lite.weights")).run(input).logits;

  for (const char* target : {"x86-64-v4", "x86-64-v3"}) {
    if (!runs_here(*find_target(target))) continue;
    const std::string out =
        must_run({folder.file("three"), folder.file("b0.weights"), folder.file("b0.input"),
                  folder.file("lite.weights"), folder.file("lite.input")},
                 {.environment = {{"EFFNET_TARGET", target}}});
    std::istringstream lines(out);
    std::string b0, lite, values;
    std::getline(lines, b0);
    std::getline(lines, lite);
    std::getline(lines, values);
    check_logits(b0, target, golden.logits);
    check_logits(lite, target, lite_logits);
    CHECK(values == "1 22");
  }
}

struct Classifier {
  TemporaryFolder folder{networks_folder()};
  std::vector<std::string> arguments;  // behind the program's name

  explicit Classifier(const std::string& targets) {
    compile(lite0, "lite", targets, folder.path().string());
    link(folder, "classify.c", "classify", {"-s", "-Wl,--gc-sections", "liblite.a"});
    import_weights(lite0, published_weights(lite0), folder.file("weights"));
    const Result<Picture> picture = read_picture(EFFNET_SOURCE_DIR "/samples/coffee.png");
    REQUIRE(picture);
    write_file(folder.file("rgb"), {reinterpret_cast<const char*>(picture->rgb.data()), picture->rgb.size()});
    arguments = {folder.file("weights"), folder.file("rgb"), std::to_string(picture->width),
                 std::to_string(picture->height)};
  }
  ProcessResult run(std::vector<std::string> before = {}) const {
    before.push_back(folder.file("classify"));
    before.insert(before.end(), arguments.begin(), arguments.end());
    return run_program(before);
  }
};

TEST_CASE("a stripped program that classifies with Lite0 for AVX2 has at most 600 KB, the weights apart") {
  const Classifier classifier("x86-64-v3");
  const auto bytes = std::filesystem::file_size(classifier.folder.file("classify"));
  INFO(bytes << " bytes");
  CHECK(bytes <= 600'000);
  CHECK(bytes > 50'000);
  if (runs_here(*find_target("x86-64-v3"))) CHECK(classifier.run().out == "espresso\n");
}

TEST_CASE("B0 for three x86 targets has at most 2 MB, as an archive and linked into a program") {
  const TemporaryFolder folder(networks_folder());
  compile("efficientnet_b0", "lite", "x86-64-v4,x86-64-v3,x86-64", folder.path().string());
  const auto archive = std::filesystem::file_size(folder.file("liblite.a"));
  link(folder, "classify.c", "classify", {"-s", "-Wl,--gc-sections", "liblite.a"});
  const auto program = std::filesystem::file_size(folder.file("classify"));
  INFO("archive " << archive << ", stripped program " << program << " bytes");
  CHECK(archive <= 2'000'000);
  CHECK(program <= 2'000'000);
}

// QEMU's user emulation runs a program on a CPU that has only some instruction sets; others end it with SIGILL.
TEST_CASE("a fat library on other CPUs: the best target that there is, or a status where there is none") {
  must_run({"qemu-x86_64", "--version"});  // Debian's package qemu-user
  const Classifier classifier("x86-64-v4,x86-64-v3");
  const ProcessResult haswell = classifier.run({"qemu-x86_64", "-cpu", "Haswell"});
  INFO(haswell.error);
  CHECK(haswell.out == "espresso\n");
  for (const char* cpu : {"Nehalem", "Haswell,-avx2", "Haswell,-xsave"}) {
    const ProcessResult result = classifier.run({"qemu-x86_64", "-cpu", cpu});
    INFO(cpu << ": " << result.error);
    CHECK(result.status == 1);
    CHECK_THAT(result.error,
               Catch::Contains("none of this library's targets runs on this CPU: x86-64-v4, x86-64-v3"));
  }
  const Classifier with_baseline("x86-64-v3,x86-64");
  CHECK(with_baseline.run({"qemu-x86_64", "-cpu", "Nehalem"}).out == "espresso\n");
}

}  // namespace
}  // namespace effnet::test
