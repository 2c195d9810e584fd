// How effnet finds libraries and weights, and what it says when it cannot.
#include <algorithm>

#include "runtime/include/effnet.h"
#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

void copy(const fs::path& from, const fs::path& folder) {
  fs::create_directories(folder);
  fs::copy_file(from, folder / from.filename());
}

TEST_CASE("a library is found by path, in --lib-dir, in EFFNET_LIB_PATH and beside the program") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  CHECK(model.effnet({"classify", model.library(), red}).status == 0);
  CHECK(model.effnet({"classify", "fake", "--lib-dir", model.file("."), red}).status == 0);
  CHECK(model
            .effnet({"classify", "fake", red},
                    {.environment = {{"EFFNET_LIB_PATH", "/nowhere:" + model.file(".")}}})
            .status == 0);
  CHECK(model.effnet({"classify", "libfake.so", "red.png"}, {.folder = model.file(".")}).status == 0);

  copy(EFFNET_PROGRAM, model.file("bin"));
  copy(model.library(), model.file("bin"));
  copy(model.weights(), model.file("bin"));
  CHECK(run_program({model.file("bin/effnet"), "classify", "fake", red}).status == 0);
}

TEST_CASE("--lib-dir comes before EFFNET_LIB_PATH") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  fs::create_directory(model.file("broken"));
  model.text("broken/libfake.so", "this is no library");
  const ProcessOptions environment = {.environment = {{"EFFNET_LIB_PATH", model.file("broken")}}};
  CHECK(model.effnet({"classify", "fake", "--lib-dir", model.file("."), red}, environment).status == 0);
  check_refused(model.effnet({"classify", "fake", red}, environment), "cannot load the library");
}

TEST_CASE("a missing library says where it was looked for and how to make it") {
  const FakeModel model;
  const ProcessResult result =
      model.effnet({"classify", "efficientnet_b9", "--lib-dir", "/some/where", "a.png"},
                   {.environment = {{"EFFNET_LIB_PATH", "/else/where"}}});
  check_refused(result, "no libefficientnet_b9.so in /some/where, ");
  CHECK_THAT(result.error, Contains("/else/where"));
  CHECK_THAT(result.error, Contains("effnetc compile efficientnet_b9 -o DIR --shared"));
  check_refused(model.effnet({"classify", "/nowhere/libx.so", "a.png"}), "/nowhere/libx.so");
}

TEST_CASE("what is no compiled network is refused") {
  const FakeModel model;
  fs::copy_file(model.library(), model.file("librenamed.so"));
  check_refused(model.effnet({"classify", model.file("librenamed.so"), "a.png"}), "renamed_program");
  check_refused(model.effnet({"classify", model.text("libtext.so", "no library"), "a.png"}), "libtext.so");
  check_refused(model.effnet({"classify", model.text("fake.so", "badly named"), "a.png"}), "lib<name>.so");
  check_refused(model.effnet({"classify", FAKE_OTHER_LIBRARY, "a.png"}), "compile it again");
}

TEST_CASE("missing and damaged weights are refused") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const auto classify = [&](const std::string& weights) {
    return model.effnet({"classify", model.library(), "--weights", weights, red});
  };
  check_refused(classify(model.file("none.weights")), "none.weights: no such file");
  check_refused(classify(model.text("empty.weights", "")), "empty.weights");
  for (const char* torch : {"PK\3\4 and so on", "\x80\2 and so on"})
    check_refused(classify(model.text("a.pth", torch)), "effnetc import");
  const std::string whole = read_file(model.weights());
  check_refused(classify(model.text("short.weights", whole.substr(0, whole.size() - 4))), "short.weights");

  fs::remove(model.weights());
  const ProcessResult none = model.effnet({"classify", model.library(), red});
  check_refused(none, "--weights");
  CHECK_THAT(none.error, Contains("effnetc import fake_network"));
}

TEST_CASE("--target takes one of the library's, if the CPU runs it") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const auto classify = [&](const std::string& target) {
    return model.effnet({"classify", model.library(), "--target", target, red});
  };
  CHECK(classify("plain").status == 0);
  check_refused(classify("foreign"), "foreign");
  check_refused(classify("pentium"), "pentium");
}

TEST_CASE("obvious mistakes get one line") {
  const FakeModel model;
  check_refused(model.effnet({}), "subcommand");
  check_refused(model.effnet({"clasify"}), "there is no command 'clasify'; did you mean classify?");
  check_refused(model.effnet({"classify"}), "MODEL");
  check_refused(model.effnet({"classify", model.library()}), "PICTURE");
  check_refused(model.effnet({"classify", model.library(), "--threads", "0", "a.png"}), "--threads");
  check_refused(model.effnet({"classify", model.library(), "--top", "x", "a.png"}), "--top");
  check_refused(model.effnet({"bench", model.library(), "--seconds", "-1"}), "--seconds");
  check_refused(model.effnet({"bench", model.library(), "--frobnicate"}), "--frobnicate");
  check_refused(model.effnet({"run", model.library(), "--input", "a"}), "--output");
}

TEST_CASE("every subcommand explains itself with an example") {
  const FakeModel model;
  for (const std::string command :
       {"classify", "features", "cam", "run", "bench", "info", "calibrate", "compare"}) {
    const ProcessResult help = model.effnet({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.error.empty());
    CHECK_THAT(help.out, Contains("Example:\n  effnet " + command + " "));
  }
  CHECK_THAT(model.effnet({"--version"}).out, Contains(EFFNET_VERSION));
}

}  // namespace
}  // namespace effnet::test
