// effnetc compile --embed: weights inside the archive; --depfile: what the library was made from.
#include <filesystem>

#include "pipeline/embed.h"
#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"
#include "tests/support/map_ranges.h"

namespace effnet::test {

namespace {

namespace fs = std::filesystem;

void import_lite0(const std::string& file, const std::vector<std::string>& further = {}) {
  for (const auto& entry : fs::directory_iterator(EFFNET_LITE_WEIGHTS_DIR)) {
    const std::string source = entry.path().string();
    if (source.find("lite0") == std::string::npos) continue;
    std::vector<std::string> command = {EFFNETC, "import", "tf_efficientnet_lite0", source, "-o", file};
    command.insert(command.end(), further.begin(), further.end());
    const ProcessResult made = run_program(command);
    INFO(made.error);
    REQUIRE(made.status == 0);
  }
}

// A .weights file of Lite0, made once.
const std::string& weights_file() {
  static const TemporaryFolder folder;
  static const std::string file = folder.file("lite0 \"real\".weights");
  if (!fs::exists(file)) import_lite0(file);
  return file;
}

TEST_CASE("embedded weights are opened from the archive") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--embed", weights_file()});
  write_file(folder.path() / "main.c", R"(#include <stdio.h>
#include "small.h"

int main(void) {
  static float input[3 * SMALL_RESOLUTION * SMALL_RESOLUTION], logits[SMALL_CLASSES];
  effnet_model *model;
  if (small_open_embedded(NULL, &model)) return 1;
  if (effnet_run(model, input, logits)) return 2;
  printf("%zu %s\n", effnet_get_info(model)->weights_bytes, effnet_get_info(model)->labels[0]);
  effnet_close(model);
  return 0;
}
)");
  for (const char* compiler : {"gcc", "clang"}) {
    ProcessOptions inside;
    inside.folder = folder.path();
    const ProcessResult linked =
        run_program({compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "main.c", "libsmall.a",
                     "-o", "main", "-I", EFFNET_BINARY_DIR "/include", EFFNET_BINARY_DIR "/lib/libeffnet.a",
                     "-lm", "-lpthread"},
                    inside);
    INFO(linked.error);
    REQUIRE(linked.status == 0);
    const ProcessResult ran = run_program({folder.file("main")});
    CHECK(ran.status == 0);
    CHECK(ran.out == std::to_string(fs::file_size(weights_file())) + " tench\n");
  }
  // The stack stays what it is: an object without that note would make it executable.
  const std::string stack =
      run_program({"sh", "-c", "readelf -lW " + folder.file("main") + " | grep STACK"}).out;
  CHECK(stack.find("RW ") != std::string::npos);
}

TEST_CASE("weights of another element type are embedded into a library of that type only") {
  const TemporaryFolder folder;
  const Network network = *build_network(*find_network("tf_efficientnet_lite0"));
  CHECK(check_embedded(weights_file(), network, Precision::fp32));
  for (const PrecisionTraits& type : precisions()) {
    if (type.precision == Precision::fp32) continue;
    INFO(type.name);
    const Result<EmbeddedWeights> exact = check_embedded(weights_file(), network, type.precision);
    REQUIRE_FALSE(exact);
    CHECK(exact.message().find("weights of precision 'fp32', but the library is compiled for " + type.name) !=
          std::string::npos);
    const std::string file = folder.file("typed.weights");
    std::vector<std::string> options = {"--precision", type.name};
    if (type.precision == Precision::int8) {
      REQUIRE(write_calibration(made_up_calibration(network), folder.file("c.json")));
      options.insert(options.end(), {"--calibration", folder.file("c.json")});
    }
    import_lite0(file, options);
    CHECK(check_embedded(file, network, type.precision));
    CHECK_FALSE(check_embedded(file, network, Precision::fp32));
  }
}

TEST_CASE("the assembler file is understood for every object format") {
  const TemporaryFolder folder;
  write_file(folder.path() / "w.S",
             emit_weights_source("small", {weights_file(), fs::file_size(weights_file())}));
  for (const char* triple :
       {"x86_64-linux-gnu", "aarch64-linux-gnu", "aarch64-linux-android21", "riscv64-linux-gnu",
        "arm64-apple-macos11", "x86_64-pc-windows-msvc", "wasm32-unknown-unknown"}) {
    INFO(triple);
    const ProcessResult result = run_program(
        {"clang", "--target=" + std::string(triple), "-c", folder.file("w.S"), "-o", folder.file("w.o")});
    CHECK(result.error == "");
    CHECK(result.status == 0);
    CHECK(fs::file_size(folder.file("w.o")) > fs::file_size(weights_file()));
  }
}

TEST_CASE("weights that do not fit are refused before anything is compiled") {
  const TemporaryFolder folder;
  const std::string out = folder.file("out"), damaged = folder.file("damaged.weights");
  const auto refuses = [&](const std::vector<std::string>& arguments, const std::string& text) {
    std::vector<std::string> command = {EFFNETC, "compile", "-o", out};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const ProcessResult result = run_program(command);
    CHECK(result.status == 1);
    check_refused(result, text);
    CHECK_FALSE(fs::exists(out));
  };
  refuses({"efficientnet_b0", "--embed", weights_file()}, "import them for this network");
  refuses({"tf_efficientnet_lite0", "--classes", "10", "--embed", weights_file()}, "of 10 classes");
  refuses({"tf_efficientnet_lite0", "--precision", "bf16", "--embed", weights_file()}, "of precision 'fp32'");
  const std::string whole = read_file(weights_file());
  write_file(damaged, whole.substr(0, whole.size() - 64));
  refuses({"tf_efficientnet_lite0", "--embed", damaged}, damaged);
  write_file(damaged, "");
  refuses({"tf_efficientnet_lite0", "--embed", damaged}, damaged);
  write_file(damaged, "no weights at all, but longer than a header's length");
  refuses({"tf_efficientnet_lite0", "--embed", damaged}, damaged);
}

TEST_CASE("the depfile names what the library was made from") {
  const TemporaryFolder folder;
  const std::string network = folder.file("my network.json"), rows = folder.file("rows");
  write_file(network,
             R"({"name": "mine", "family": "lite", "width": 1, "depth": 1, "resolution": 64, "classes": 1000,
                         "padding": "same", "batch_norm_epsilon": 0.001})");
  fs::create_directories(rows + "/x86-64");
  write_file(rows + "/x86-64/stem.rows", "# none\n");
  const ProcessResult made =
      run_program({EFFNETC, "compile", network, "-o", folder.file("out"), "--target", "x86-64", "--schedules",
                   rows, "--depfile", folder.file("out/mine.d"), "--no-user-schedules", "--cache-dir",
                   EFFNET_BINARY_DIR "/tests/kernels"},
                  {.environment = {{"EFFNET_SCHEDULES", "/nowhere"}}});
  INFO(made.error);
  REQUIRE(made.status == 0);
  const std::string text = read_file(folder.file("out/mine.d"));
  CHECK(text.rfind(folder.file("out/libmine.a") + ":", 0) == 0);
  for (const std::string& input : {std::string(EFFNETC), folder.file("my\\ network.json"),
                                   rows + "/x86-64/stem.rows", rows + "/x86-64"}) {
    INFO(input);
    CHECK((text.find("  " + input + " \\\n") != std::string::npos || text.ends_with("  " + input + "\n")));
  }
  CHECK(text.find("nowhere") == std::string::npos);
}

}  // namespace

}  // namespace effnet::test
