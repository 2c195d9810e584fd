#include "models/network.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;
using Catch::Contains;

namespace {

std::string failure(const std::string& text) {
  const Result<NetworkConfig> config = parse_network_file(text, "net.json");
  REQUIRE_FALSE(config);
  CHECK_THAT(config.message(), Contains("net.json") && !Contains("\n"));
  return config.message();
}

}  // namespace

TEST_CASE("A written network file reads back as the same network") {
  for (const NetworkConfig& config : variants()) {
    const Result<NetworkConfig> read = parse_network_file(network_file(config), "net.json");
    REQUIRE(read);
    CHECK(read->name == config.name);
    CHECK(read->family == config.family);
    CHECK(read->padding == config.padding);
    CHECK(read->width == config.width);
    CHECK(read->depth == config.depth);
    CHECK(read->resolution == config.resolution);
    CHECK(read->classes == config.classes);
    CHECK(read->batch_norm_epsilon == config.batch_norm_epsilon);
  }
}

TEST_CASE("A network file is found by its path") {
  const test::TemporaryFolder folder;
  test::write_file(
      folder.file("net.json"),
      R"({"name": "tiny", "family": "lite", "width": 0.5, "depth": 0.5, "resolution": 97, "classes": 10})");
  const Result<NetworkConfig> config = find_network(folder.file("net.json"));
  REQUIRE(config);
  CHECK(config->family == Family::lite);
  CHECK(config->classes == 10);
  CHECK(config->resolution == 97);
}

TEST_CASE("What a network file leaves out has defaults; the epsilon follows the padding") {
  const auto config = parse_network_file(
      R"({"name": "n", "width": 1, "depth": 1, "resolution": 64, "padding": "same"})", "n");
  REQUIRE(config);
  CHECK(config->family == Family::efficientnet);
  CHECK(config->classes == 1000);
  CHECK(config->batch_norm_epsilon == 1e-3);
}

TEST_CASE("Bad network files are refused with what would be right") {
  const std::string good = R"("name": "n", "width": 1, "depth": 1, "resolution": 64)";
  CHECK_THAT(failure(""), Contains("JSON"));
  CHECK_THAT(failure("{" + good), Contains("JSON"));
  CHECK_THAT(failure("[1, 2]"), Contains("object"));
  CHECK_THAT(failure("{}"), Contains("\"name\" is missing"));
  CHECK_THAT(failure("{" + good + R"(, "resolutoin": 3})"), Contains("did you mean resolution?"));
  CHECK_THAT(failure("{" + good + R"(, "width": 2})"), Contains("twice"));
  CHECK_THAT(failure(R"({"name": "n", "width": "1", "depth": 1, "resolution": 64})"),
             Contains("\"width\" must be a number"));
  CHECK_THAT(failure(R"({"name": "n", "width": 1, "depth": 1, "resolution": 64.5})"),
             Contains("a whole number"));
  CHECK_THAT(failure(R"({"name": "n", "width": 1, "depth": 1, "resolution": 1e300})"),
             Contains("a whole number"));
  CHECK_THAT(failure(R"({"name": "n", "width": 1e999, "depth": 1, "resolution": 64})"), Contains("JSON"));
  CHECK_THAT(failure(R"({"name": "n", "width": 99, "depth": 1, "resolution": 64})"), Contains("0.1 to 16"));
  CHECK_THAT(failure("{" + good + R"(, "padding": "valid"})"), Contains("\"symmetric\" or \"same\""));
  CHECK_THAT(failure("{" + good + R"(, "family": "heavy"})"), Contains("\"efficientnet\" or \"lite\""));
  CHECK_THAT(failure(R"({"name": 3, "width": 1, "depth": 1, "resolution": 64})"),
             Contains("\"name\" must be a string"));
  CHECK_THAT(failure(std::string(60000, '[')), Contains("JSON"));
}
