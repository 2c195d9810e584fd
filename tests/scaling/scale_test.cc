// effnetc scale without a search: network files, warnings, and what is refused.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/network.h"
#include "tests/catch.h"
#include "tests/scaling/scale_program.h"

namespace effnet::test {
namespace {

using Catch::Contains;

TEST_CASE("a scaled network is a network file that the other commands take") {
  const TemporaryFolder folder;
  const std::string file = folder.file("middle.json");
  const std::string line =
      must_scale({"--alpha", "1.2", "--beta", "1.1", "--gamma", "1.15", "--phi", "2", "-o", file});
  CHECK(
      line ==
      "middle: width 1.2100, depth 1.4400, resolution 296, 12,255,408 parameters, 1.8105 G multiply-adds\n");
  const Result<NetworkConfig> config = find_network(file);
  REQUIRE(config);
  CHECK(config->resolution == 296);
  CHECK(must_scale({"--phi", "2", "--name", "middle"}) == read_file(file));
  CHECK(run_program({EFFNETC, "describe", file}).status == 0);
}

TEST_CASE("any network can be scaled, with any number of classes") {
  const nlohmann::json file = nlohmann::json::parse(
      must_scale({"--base", "tf_efficientnet_lite0", "--classes", "10", "--phi", "1", "--name", "cats"}));
  CHECK(file["family"] == "lite");
  CHECK(file["padding"] == "same");
  CHECK(file["classes"] == 10);
  CHECK(file["name"] == "cats");
  CHECK(file["resolution"] == 256);  // 224 * 1.15 = 257.6
}

TEST_CASE("factors that do not double the cost get a warning, and the network") {
  const std::vector<std::string> twice = {"--alpha", "1.5", "--beta", "1.3", "--gamma", "1.2", "--phi", "1"};
  const ProcessResult result = scale(twice);
  CHECK(result.status == 0);
  CHECK_THAT(result.error, Contains("warning: alpha * beta^2 * gamma^2 is 3.650"));
  CHECK_FALSE(nlohmann::json::parse(result.out).empty());
  must_scale({"--alpha", "1.2", "--beta", "1.1", "--gamma", "1.15", "--phi", "1"}, 0);
}

TEST_CASE("numbers that are no factors are refused in one line, and no file appears") {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.json");
  const auto refused = [&](std::vector<std::string> arguments, const std::vector<std::string>& parts) {
    arguments.insert(arguments.end(), {"-o", file});
    check_refused(scale(arguments), parts);
    CHECK(std::filesystem::is_empty(folder.path()));
  };
  refused({"--alpha", "0.99", "--phi", "1"}, {"alpha is 0.99", "at least 1"});
  refused({"--beta", "-1", "--phi", "1"}, {"beta"});
  refused({"--gamma", "nan", "--phi", "1"}, {"gamma is nan"});
  refused({"--phi", "inf"}, {"phi is inf"});
  refused({"--phi", "-1"}, {"phi is -1"});
  refused({"--phi", "two"}, {"--phi"});
  refused({}, {"--phi is missing"});
  refused({"--phi", "1", "--base", "efficientnet_b9"}, {"efficientnet_b9", "did you mean"});
  refused({"--phi", "1", "--classes", "0"}, {"--classes"});
  refused({"--phi", "1", "--name", "9x"}, {"9x"});
  refused({"--phi", "1", "--target", "pentium"}, {"pentium"});
  refused({"--phi", "1", "--step", "0.1"}, {"--search"});
}

TEST_CASE("a phi that is too large for memory is refused with the largest that is not") {
  check_refused(scale({"--phi", "25"}), {"phi 25 is too large", "at most "});
  check_refused(scale({"--phi", "100"}), {"phi 100 is too large", "at most "});
  check_refused(scale({"--alpha", "1", "--beta", "1", "--gamma", "2", "--phi", "5"}), {"phi 5 is too large"});
}

TEST_CASE("an output that cannot be written is named") {
  check_refused(scale({"--phi", "1", "-o", "/nonexistent/x.json"}), {"/nonexistent/x.json"});
  check_refused(scale({"--phi", "1", "-o", "/dev/full"}), {".json"});
  const ProcessResult full = scale({"--phi", "1"}, {.standard_output = "/dev/full"});
  CHECK(full.status == 1);
  CHECK_THAT(full.error, Contains("cannot write to standard output"));
}

TEST_CASE("the published networks stand beside the exact rule's") {
  const std::string text = must_scale({"--published"});
  CHECK(text == golden_text("published.txt", text));
  const nlohmann::json json = nlohmann::json::parse(must_scale({"--published", "--json"}));
  REQUIRE(json.size() == 8);
  CHECK(json[7]["published"]["parameters"] == 66347960);
  CHECK(json[7]["exact"]["resolution"] == 596);
}

}  // namespace
}  // namespace effnet::test
