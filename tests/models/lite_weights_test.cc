// The published Lite weights, in torch's old form and lukemelas' names. ./dev setup brings them.
#include <filesystem>

#include "tests/catch.h"
#include "tests/models/dialects.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;

TEST_CASE("The published Lite weights are imported") {
  const auto [size, sha256] = GENERATE(std::pair("lite0", "57934424"), std::pair("lite1", "77cc7160"),
                                       std::pair("lite2", "9656183e"));
  const std::string path =
      EFFNET_LITE_WEIGHTS_DIR "/efficientnet-" + std::string(size) + "-" + std::string(sha256) + ".pth";
  if (!std::filesystem::exists(path)) {
    WARN("SKIP: " << path << " is missing; ./dev setup brings it");
    return;
  }
  const TemporaryFolder folder;
  const NetworkConfig config = *find_network("tf_efficientnet_" + std::string(size));
  const Status status = import_weights(config, path, {}, folder.file("w"));
  REQUIRE(status);
  const FloatFile file = read_tensors(folder.path() / "w");
  CHECK(file.metadata.at("source_format") == "torch pickle, lukemelas");
  CHECK(file.metadata.at("source_sha256").starts_with(sha256));
  CHECK(file.metadata.at("mean") == "0.5,0.5,0.5");
  CHECK(file.metadata.at("labels").starts_with("tench\n"));
  CHECK(file.tensors.at("classifier.weight").shape == std::vector<std::int64_t>{63, 1280, 16});
}
