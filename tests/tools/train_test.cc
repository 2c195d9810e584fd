// effnet train, eval and search over the fake network, whose features are a picture's mean colour.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// Ten shades each of warm and cold pictures.
class Shades : public FakeModel {
 public:
  Shades() {
    for (const char* name : {"data/warm", "data/cold"}) std::filesystem::create_directories(file(name));
    for (int i = 0; i < 10; i++) {
      const auto strong = static_cast<unsigned char>(150 + 10 * i), weak = static_cast<unsigned char>(8 * i);
      const std::string name = "/" + std::to_string(i) + ".png";
      (void)picture("data/warm" + name, {strong, 100, weak});
      (void)picture("data/cold" + name, {weak, 100, strong});
    }
  }
  std::string head() const { return file("head.safetensors"); }
  ProcessResult train(std::vector<std::string> further = {}) const {
    std::vector<std::string> arguments = {"train", library(), "--data",      file("data"),
                                          "-o",    head(),    "--cache-dir", file("cache")};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return effnet(arguments);
  }
};

void check_refused(const Shades& model, const ProcessResult& result, const std::string& text) {
  CHECK(result.status == 1);
  check_refused(result, text);
  for (const auto& entry : std::filesystem::directory_iterator(model.file(".")))
    CHECK_THAT(entry.path().filename().string(), !Contains("head"));
}

TEST_CASE("train makes a head that classify and eval take") {
  const Shades model;
  const ProcessResult result = model.train();
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out,
             Contains("fake_network: 2 classes, 16 pictures for training, 4 for validation (seed 0)\n"
                      "features: 20 computed, 0 from the cache"));
  CHECK_THAT(result.out, Contains("accuracy 100.00 % of 4 pictures"));
  CHECK_THAT(result.out, Contains("class  pictures  precision  recall     F1\n"
                                  "cold          2      1.000   1.000  1.000\n"
                                  "warm          2      1.000   1.000  1.000\n"));
  CHECK_THAT(result.out, Contains("cold    2   0\nwarm    0   2\n"));
  CHECK(read_file(model.file("head.confusion.png")).starts_with("\x89PNG"));

  const std::string fresh = model.picture("fresh.png", {210, 100, 40});
  const ProcessResult guess =
      model.effnet({"classify", model.library(), "--head", model.head(), "--json", fresh});
  REQUIRE(guess.status == 0);
  CHECK(nlohmann::json::parse(guess.out)[0]["top"][0]["label"] == "warm");
  const ProcessResult judged =
      model.effnet({"eval", model.library(), "--head", model.head(), "--json", model.file("data")});
  REQUIRE(judged.status == 0);
  const auto json = nlohmann::json::parse(judged.out);
  CHECK(json["pictures"] == 20);
  CHECK(json["top1"] == 1);
  CHECK(json["top5"] == 1);
  CHECK(json["median_ms"] > 0);
}

TEST_CASE("the same seed gives the same bytes, whatever the number of threads and the state of the cache") {
  const Shades model;
  const std::vector<std::string> augmented = {"--flip", "--crops", "2", "--seed", "3"};
  const auto train = [&](std::vector<std::string> further) {
    further.insert(further.end(), augmented.begin(), augmented.end());
    REQUIRE(model.train(further).status == 0);
    return read_file(model.head());
  };
  const std::string first = train({"--jobs", "1"});
  CHECK(train({"--jobs", "5"}) == first);
  CHECK(train({"--no-cache"}) == first);
  REQUIRE(model.train({"--flip", "--crops", "2", "--seed", "4"}).status == 0);
  CHECK(read_file(model.head()) != first);
}

TEST_CASE("a second run takes all features from the cache, a changed picture is computed again") {
  const Shades model;
  REQUIRE(model.train().status == 0);
  auto json = nlohmann::json::parse(model.train({"--json"}).out);
  CHECK(json["features_computed"] == 0);
  CHECK(json["features_cached"] == 20);
  (void)model.picture("data/warm/0.png", {151, 100, 0});
  json = nlohmann::json::parse(model.train({"--json"}).out);
  CHECK(json["features_computed"] == 1);
  CHECK(json["features_cached"] == 19);
}

TEST_CASE("a damaged cache costs time only") {
  const Shades model;
  REQUIRE(model.train().status == 0);
  const std::string head = read_file(model.head());
  for (const auto& entry : std::filesystem::directory_iterator(model.file("cache"))) {
    std::string bytes = read_file(entry.path());
    for (std::size_t i = 150; i < bytes.size(); i += 97) bytes[i] = static_cast<char>(bytes[i] ^ 1);
    write_file(entry.path(), bytes);
  }
  CHECK(model.train().status == 0);
  CHECK(read_file(model.head()) == head);
}

TEST_CASE("without a place for the cache training says so and goes on") {
  const Shades model;
  (void)model.text("cache", "a file");
  const ProcessResult result = model.train();
  CHECK(result.status == 0);
  CHECK_THAT(result.error, Contains("feature cache") && Contains("cannot be opened"));
}

TEST_CASE("--few-shot imprints, --test judges") {
  const Shades model;
  auto json =
      nlohmann::json::parse(model.train({"--few-shot", "1", "--test", model.file("data"), "--json"}).out);
  CHECK(json["method"] == "imprinting");
  CHECK(json["training_pictures"] == 2);
  CHECK(json["validation"]["pictures"] == 18);
  CHECK(json["test"]["accuracy"] == 1);
  json = nlohmann::json::parse(model.train({"--few-shot", "10", "--json"}).out);
  CHECK(json["leave_one_out"]["pictures"] == 20);
  CHECK(json["leave_one_out"]["accuracy"] == 1);
}

TEST_CASE("pictures that cannot be read are named and left out, and the status says so") {
  const Shades model;
  (void)model.text("data/warm/bad.png", "no picture");
  const ProcessResult result = model.train();
  CHECK(result.status == 1);
  CHECK_THAT(result.error,
             Contains("warm/bad.png") &&
                 Contains("effnet train: 1 pictures could not be read; the head was made without them\n"));
  CHECK(std::filesystem::exists(model.head()));
}

TEST_CASE("folders that nothing can be learned from are refused, nothing is written") {
  const Shades model;
  std::filesystem::create_directories(model.file("data/empty"));
  check_refused(model, model.train(), "data/empty: a folder without pictures");
  std::filesystem::remove(model.file("data/empty"));
  std::filesystem::create_directories(model.file("data/single"));
  (void)model.picture("data/single/1.png", {1, 2, 3});
  check_refused(model, model.train(),
                "the class 'single' has 1 pictures that can be read: at least 2 are needed");
  std::filesystem::remove_all(model.file("data/single"));
  std::filesystem::remove_all(model.file("data/cold"));
  check_refused(model, model.train(), "has one class folder only ('warm')");
  std::filesystem::remove_all(model.file("data/warm"));
  check_refused(model, model.train(), "no class folders in");
}

TEST_CASE("a test folder must be there and have the classes that were learned; else nothing is written") {
  const Shades model;
  check_refused(model, model.train({"--test", "/nowhere"}), "cannot read the folder '/nowhere'");
  std::filesystem::create_directories(model.file("test/wram"));
  (void)model.picture("test/wram/1.png", {200, 100, 0});
  check_refused(model, model.train({"--test", model.file("test")}), "did you mean warm?");
  check_refused(model, model.train({"--confusion", model.head()}), "name the same file");
}

TEST_CASE("an output that cannot be written is refused before anything is computed") {
  const Shades model;
  const ProcessResult result =
      model.effnet({"train", model.library(), "--data", model.file("data"), "-o", "/nowhere/head.safetensors",
                    "--cache-dir", model.file("cache")});
  check_refused(model, result, "cannot write '/nowhere/head.safetensors'");
  CHECK_FALSE(std::filesystem::exists(model.file("cache")));
}

TEST_CASE("when the disk becomes full, neither the head nor its confusion picture stays") {
  const Shades model;
  const std::string picture = model.file("head.confusion.png");
  REQUIRE(model.train().status == 0);
  REQUIRE(std::filesystem::file_size(model.head()) < 1024);
  REQUIRE(std::filesystem::file_size(picture) > 1024);
  std::filesystem::remove(model.head());
  std::filesystem::remove(picture);
  check_refused(model,
                model.effnet_with_small_files({"train", model.library(), "--data", model.file("data"), "-o",
                                               model.head(), "--no-cache"}),
                "head.confusion.png': File too large");
}

TEST_CASE("features that are no numbers are refused") {
  const Shades model;
  std::string weights = read_file(model.weights());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::size_t stem_bias = weights.size() - (16 + 3 * 16 + 16) * sizeof nan;
  std::memcpy(weights.data() + stem_bias, &nan, sizeof nan);
  write_file(model.weights(), weights);
  check_refused(model, model.train(), "features are no numbers (NaN)");
}

TEST_CASE("eval refuses folders that are no labels, and heads for other features") {
  const Shades model;
  ProcessResult result = model.effnet({"eval", model.library(), model.file("data")});
  CHECK(result.status == 1);
  CHECK_THAT(result.error, Contains("the folder 'cold' is no label of the network"));
  std::filesystem::rename(model.file("data/warm"), model.file("data/RED"));
  std::filesystem::rename(model.file("data/cold"), model.file("data/2"));
  result = model.effnet({"eval", model.library(), "--json", model.file("data")});
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["folders"][1]["label"] == "red");
  CHECK(json["folders"][0]["label"] == "blue");
  CHECK(json["top1"].get<double>() > 0.9);
}

TEST_CASE("a head says how it was made, and of how many pictures") {
  const Shades model;
  const auto info = [&](const std::vector<std::string>& options) {
    REQUIRE(model.train(options).status == 0);
    return nlohmann::json::parse(model.effnet({"info", "--json", model.head()}).out);
  };
  const auto trained = info({});
  CHECK(trained["method"] == "softmax regression");
  CHECK(trained["pictures"] == "20");
  CHECK(info({"--no-refit"})["pictures"] == "16");
  const auto imprinted = info({"--few-shot", "3"});
  CHECK(imprinted["method"] == "imprinting");
  CHECK(imprinted["pictures"] == "6");
}

TEST_CASE("eval prints a table of the folders, then the latency") {
  const Shades model;
  REQUIRE(model.train().status == 0);
  (void)model.picture("data/cold/7.png", {250, 100, 0});  // warm
  const ProcessResult result =
      model.effnet({"eval", model.library(), "--head", model.head(), model.file("data")});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out, Catch::StartsWith("folder  pictures   top-1   top-5\n"
                                           "cold          10   90.0 %  100.0 %\n"
                                           "warm          10  100.0 %  100.0 %\n"
                                           "all           20   95.0 %  100.0 %\n"
                                           "latency: median "));
}

TEST_CASE("eval counts neither hits nor times of scores that are no numbers") {
  const Shades model;
  std::filesystem::rename(model.file("data/warm"), model.file("data/red"));
  std::filesystem::rename(model.file("data/cold"), model.file("data/blue"));
  std::string weights = read_file(model.weights());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(weights.data() + weights.size() - 16 * sizeof nan, &nan, sizeof nan);
  write_file(model.weights(), weights);
  const ProcessResult result = model.effnet({"eval", model.library(), "--json", model.file("data")});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.error, Contains("NaN"));
}

TEST_CASE("search counts what it could not read: of folders, patterns and files") {
  const Shades model;
  const auto search = [&](const std::string& query) {
    return model.effnet(
        {"search", model.library(), "--index", model.file("data"), "--no-cache", "--json", query});
  };
  const ProcessResult folder = search(model.file("data/warm"));
  CHECK(folder.error.empty());
  CHECK(folder.status == 0);
  CHECK(nlohmann::json::parse(folder.out).size() == 10);
  const ProcessResult pattern = search(model.file("no*.png"));
  CHECK(pattern.status == 1);
  CHECK_THAT(pattern.error, Contains("no file has a name like this\n") &&
                                Contains("effnet search: 1 pictures or queries could not be read"));
  CHECK(nlohmann::json::parse(pattern.out).empty());
}

TEST_CASE("search takes a picture or paths from standard input") {
  const Shades model;
  const std::string query = model.picture("query.png", {200, 100, 42});
  const auto search = [&](const std::string& input) {
    const ProcessResult result =
        run_program({"/bin/sh", "-c", input + " | \"$@\"", "sh", EFFNET_PROGRAM, "search", model.library(),
                     "--index", model.file("data"), "--top", "1", "--no-cache", "--json", "-"});
    CHECK(result.error.empty());
    REQUIRE(result.status == 0);
    return nlohmann::json::parse(result.out);
  };
  const auto piped = search("cat '" + query + "'"), listed = search("echo '" + query + "'");
  CHECK(piped[0]["file"] == "-");
  CHECK(listed[0]["file"] == query);
  CHECK(piped[0]["nearest"] == listed[0]["nearest"]);
  CHECK_THAT(piped[0]["nearest"][0]["file"].get<std::string>(), Contains("warm/5.png"));
}

TEST_CASE("pictures that are all alike make a head, and nothing breaks") {
  const FakeModel model;
  for (const char* name : {"data/a", "data/b"}) std::filesystem::create_directories(model.file(name));
  for (const char* name : {"data/a/1.png", "data/a/2.png", "data/b/1.png", "data/b/2.png"})
    (void)model.picture(name, {9, 9, 9});
  const ProcessResult result = model.effnet({"train", model.library(), "--data", model.file("data"), "-o",
                                             model.file("head.safetensors"), "--no-cache"});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out, Contains("accuracy 50.00 % of 2 pictures"));
}

TEST_CASE("search prints the nearest pictures below each query, best first") {
  const Shades model;
  const std::string query = model.file("data/cold/3.png");
  const ProcessResult result =
      model.effnet({"search", model.library(), "--index", model.file("data"), "--top", "2", "--no-cache",
                    query, model.file("data/warm/0.png")});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out, Catch::StartsWith(query + "\n   1.000  " + query + "\n   ") &&
                             Contains("\n" + model.file("data/warm/0.png") + "\n   1.000  "));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 6);
}

TEST_CASE("search finds the pictures that look most alike") {
  const Shades model;
  const std::string query = model.picture("query.png", {200, 100, 42});
  const ProcessResult result =
      model.effnet({"search", model.library(), "--index", model.file("data"), "--top", "3", "--cache-dir",
                    model.file("cache"), "--json", query});
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json[0]["nearest"].size() == 3);
  CHECK_THAT(json[0]["nearest"][0]["file"].get<std::string>(), Contains("warm/5.png"));
  CHECK(json[0]["nearest"][0]["cosine"].get<double>() > 0.999);
  CHECK(json[0]["nearest"][2]["cosine"] <= json[0]["nearest"][1]["cosine"]);
}

}  // namespace
}  // namespace effnet::test
