// examples/ as projects of their own, against the installed EffNet, with Lite0's real weights and real pictures.
#include <map>
#include <sstream>

#include "pictures/read.h"
#include "tests/catch.h"
#include "tests/install/downstream.h"

namespace effnet::test {
namespace {

// A sample picture as bare RGB pixels in a file, and how a command line says so.
struct Pixels {
  std::string bytes, size;  // "451 300"
};

Pixels pixels_of(const std::string& picture) {
  const Result<Picture> read = read_picture(EFFNET_SOURCE_DIR "/samples/" + picture);
  if (!read) throw std::runtime_error(read.message());
  return {std::string(read->rgb.begin(), read->rgb.end()),
          std::to_string(read->width) + " " + std::to_string(read->height)};
}

// An example in a temporary folder, with the pixels of the coffee in "rgb".
struct Example {
  explicit Example(const std::string& name)
      : project(examples_folder() + "/" + name, folder.file("build")), program(project.file(name)) {
    write_file(folder.path() / "rgb", coffee.bytes);
  }

  std::string run(const std::string& arguments) const {
    return must_run(program + " " + arguments + " < " + folder.file("rgb")).out;
  }

  const TemporaryFolder folder;
  const Pixels coffee = pixels_of("coffee.png");
  const Downstream project;
  const std::string program;
};

std::string lite0() { return "-DLITE0_WEIGHTS=" + published_weights("lite0"); }

TEST_CASE("label: RGB pixels to a label in C, by CMake") {
  const Example example("label");
  example.project.must_configure({lite0()});
  example.project.must_build();
  const std::string weights = example.project.file("lite0/lite0.weights");
  CHECK(example.run(weights + " " + example.coffee.size) == "espresso 0.951\n");

  SECTION("pixels that are too few, and weights that are none, are one line") {
    const std::string few = example.program + " " + weights + " 9000 9000 < " + example.folder.file("rgb");
    CHECK(run_program({"sh", "-c", few}).error == "label: standard input has not WIDTH x HEIGHT pixels\n");
    const std::string none =
        example.program + " none.weights " + example.coffee.size + " < " + example.folder.file("rgb");
    CHECK(run_program({"sh", "-c", none}).error.find("label: none.weights: ") == 0);
  }
}

TEST_CASE("label: the sources of EffNet as a part of the project") {
  const Example example("label");
  example.project.must_configure(
      {lite0(), "-DEFFNET_SOURCE=" EFFNET_SOURCE_DIR, "-DEFFNET_EFFNETC=" INSTALL_PREFIX "/bin/effnetc"}, "");
  example.project.must_build();
  CHECK(example.run(example.project.file("lite0/lite0.weights") + " " + example.coffee.size) ==
        "espresso 0.951\n");
  CHECK_FALSE(std::filesystem::exists(example.project.file("effnet/tests")));
  CHECK_FALSE(std::filesystem::exists(example.project.file("effnet/bin")));
}

TEST_CASE("label: without an effnetc at hand, the project builds one", "[.slow]") {
  const Example example("label");
  example.project.must_configure({lite0(), "-DEFFNET_SOURCE=" EFFNET_SOURCE_DIR}, "");
  example.project.must_build();
  CHECK(example.run(example.project.file("lite0/lite0.weights") + " " + example.coffee.size) ==
        "espresso 0.951\n");
}

TEST_CASE("label: by make and pkg-config") {
  const Example example("label");
  const std::string copy = example.folder.file("label");
  std::filesystem::copy(examples_folder() + "/label", copy);
  const std::string make = "PKG_CONFIG_PATH=" INSTALL_PREFIX "/lib/pkgconfig make -j2 -C " + copy +
                           " LITE0_WEIGHTS=" + published_weights("lite0") + " EFFNETC_FLAGS='--cache-dir " +
                           kernel_cache() + "'";
  must_run(make);
  CHECK(must_run(copy + "/label " + copy + "/lite0.weights " + example.coffee.size + " < " +
                 example.folder.file("rgb"))
            .out == "espresso 0.951\n");
  CHECK(must_run(make).out.find("Nothing to be done for 'all'") != std::string::npos);
}

TEST_CASE("two_networks: two networks at once in C++, without exceptions and RTTI") {
  const Example example("two_networks");
  example.project.must_configure({lite0(), "-DLITE1_WEIGHTS=" + published_weights("lite1")});
  example.project.must_build();
  const std::string weights =
      example.project.file("quick/quick.weights") + " " + example.project.file("thorough/thorough.weights ");
  CHECK(example.run(weights + example.coffee.size) == "quick: espresso 0.951\n");

  const Pixels cat = pixels_of("chelsea.png");
  write_file(example.folder.path() / "rgb", cat.bytes);
  const std::string unsure = example.run(weights + cat.size);
  CHECK(unsure.find("thorough: ") == 0);
  CHECK(unsure.find("cat") != std::string::npos);
}

TEST_CASE("foreign_halide: a network beside Halide code that has a runtime of its own") {
  const Example example("foreign_halide");
  example.project.must_configure(
      {lite0(), "-DHalide_DIR=" HALIDE_DIR, "-DHalideHelpers_DIR=" HALIDE_HELPERS_DIR});
  example.project.must_build();
  const std::string weights = example.project.file("lite0/lite0.weights ");
  CHECK(example.run(weights + example.coffee.size + " 1") == "espresso 0.951\n");
  CHECK(example.run(weights + example.coffee.size + " 1.5").find("espresso 0.") == 0);
  CHECK(example.run(weights + example.coffee.size + " 0").find("espresso") == std::string::npos);  // all grey
}

TEST_CASE("embedded: weights inside the program") {
  const Example example("embedded");
  example.project.must_configure({lite0()});
  example.project.must_build();
  std::filesystem::remove(example.project.file("lite0/lite0.weights"));
  CHECK(example.run(example.coffee.size) == "espresso 0.951\n");
  const std::string address = must_run("nm " + example.program + " | grep ' lite0_weights$'").out;
  CHECK(std::stoull(address.substr(0, 16), nullptr, 16) % 64 == 0);
}

// What the server answered, by number of the request.
std::map<int, std::string> answers_of(const std::string& text) {
  std::map<int, std::string> answers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    answers[std::stoi(line)] = line.substr(line.find(' ') + 1);
  return answers;
}

TEST_CASE("server: the application's own threads and allocator, three requests at a time") {
  const Example example("server");
  example.project.must_configure({lite0(), "-DRESOLUTION=64"});
  example.project.must_build();
  const Pixels cat = pixels_of("chelsea.png");
  constexpr int count = 24;
  std::string requests;
  for (int i = 0; i < count; ++i) {
    const Pixels& picture = i % 2 == 0 ? cat : example.coffee;
    requests += picture.size + "\n" + picture.bytes;
  }
  write_file(example.folder.path() / "rgb", requests);
  const std::string command = example.program + " " + example.project.file("lite0/lite0.weights") + " < " +
                              example.folder.file("rgb");
  const ProcessResult result = must_run(command);
  CHECK(result.error.find(" bytes for 3 models, 0 left") != std::string::npos);
  const std::map<int, std::string> answers = answers_of(result.out);
  REQUIRE(answers.size() == count);
  CHECK(answers.at(0).find("error") == std::string::npos);
  CHECK(answers.at(0) != answers.at(1));
  for (const auto& [number, answer] : answers) CHECK(answer == answers.at(number % 2));
  for (const char* target : {"x86-64-v3", "x86-64"})
    CHECK(answers_of(must_run("EFFNET_TARGET=" + std::string(target) + " " + command).out).size() == count);

  SECTION("a request without all of its pixels ends it in good order") {
    write_file(example.folder.path() / "rgb", requests.substr(0, requests.size() / 2 + 1000));
    const ProcessResult cut = run_program({"sh", "-c", command});
    CHECK(cut.status == 1);
    CHECK(cut.error.find("server: the last request has too few pixels") != std::string::npos);
    CHECK(answers_of(cut.out).size() == count / 2);
  }
}

}  // namespace
}  // namespace effnet::test
