// What a weights file must be for open to take it.
#include <sys/stat.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/runtime/attempt.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

TEST_CASE("info says what was opened") {
  Program program;
  TemporaryFile file(WeightsFile().bytes());
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program(&program, file.path(), nullptr, &model) == EFFNET_OK);
  const effnet_info& info = *effnet_get_info(model);
  CHECK(std::string(info.name) == "tiny");
  CHECK(std::string(info.network) == "efficientnet_tiny");
  CHECK(std::string(info.target) == "wide");
  CHECK(std::string(info.version) == EFFNET_VERSION);
  CHECK(info.weights_format_version == 1);
  CHECK(info.threads == 1);
  CHECK(info.resolution == resolution);
  CHECK(info.classes == classes);
  CHECK(info.features == features);
  CHECK(info.map_height == 2);
  CHECK(std::string(info.labels[0]) == "ant");
  CHECK(std::string(info.labels[2]) == "cat with \"quotes\" and \u00e9");
  CHECK(info.mean[0] == 0.485F);
  CHECK(info.std[2] == 0.225F);
  CHECK(info.crop == 0.875F);
  CHECK(info.interpolation == EFFNET_BICUBIC);
  CHECK(info.arena_bytes == effnet_program_arena_bytes(&program, nullptr));
  CHECK(info.weights_bytes == WeightsFile().bytes().size());
  CHECK(std::string(effnet_error(model)).empty());
  effnet_close(model);
}

TEST_CASE("weights without labels open without labels") {
  WeightsFile weights;
  weights.erase("labels");
  Program program;
  AlignedBytes bytes(weights.bytes());
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, bytes.data(), bytes.size(), nullptr, &model) == EFFNET_OK);
  CHECK(effnet_get_info(model)->labels == nullptr);
  effnet_close(model);
}

TEST_CASE("files that cannot be read are named with the reason") {
  TemporaryFile empty(""), text("This is no weights file at all.");
  CHECK(attempt_path("/nowhere/b0.weights").status == EFFNET_CANNOT_READ);
  CHECK(attempt_path("/nowhere/b0.weights").text == "/nowhere/b0.weights: no such file");
  CHECK(attempt_path("/").status == EFFNET_CANNOT_READ);
  CHECK(attempt_path("/").text == "/: not a regular file");
  CHECK(attempt_path(empty.path()).status == EFFNET_CANNOT_READ);
  CHECK_THAT(attempt_path(empty.path()).text, Contains("the file is empty"));
  CHECK(attempt_path(text.path()).status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(attempt_path(text.path()).text, Contains(text.text()) && Contains("no safetensors file"));
  std::string pipe = text.text() + ".pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(attempt_path(pipe.c_str()).text == pipe + ": not a regular file");
  std::filesystem::remove(pipe);
}

TEST_CASE("every truncation of a weights file is refused") {
  std::string bytes = WeightsFile().bytes();
  for (std::size_t length = 1; length < bytes.size(); length += length < 2000 ? 37 : 191) {
    Attempt got = attempt(bytes.substr(0, length));
    INFO(length << " bytes: " << got.text);
    CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  }
  CHECK(attempt(bytes + "more").status == EFFNET_INVALID_WEIGHTS);
}

TEST_CASE("weights of another kind are refused with the reason") {
  WeightsFile file;
  auto check = [&](effnet_status status, const std::string& text) {
    Attempt got = attempt(file.bytes());
    CHECK(got.status == status);
    CHECK_THAT(got.text, Contains(text));
    CHECK(got.text.find('\n') == std::string::npos);
  };
  SECTION("no metadata") {
    file.metadata.clear();
    check(EFFNET_INVALID_WEIGHTS, "effnetc import");
  }
  SECTION("format version") {
    file.value("format_version") = "2";
    check(EFFNET_WRONG_NETWORK, "format version 2, but the library reads version 1");
  }
  SECTION("precision") {
    file.value("precision") = "bf16";
    check(EFFNET_WRONG_NETWORK, "precision bf16");
  }
  SECTION("other network") {
    file.value("network") = "efficientnet_b7";
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK,
          "weights of efficientnet_b7 (fingerprint ffffffffffffffff), but the library is of "
          "efficientnet_tiny (fingerprint 0123456789abcdef)");
    CHECK_THAT(attempt(file.bytes()).text, !Contains("padding"));
  }
  SECTION("other padding") {
    file.value("network") = "tf_efficientnet_tiny";
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK, "the two differ in padding");
  }
  SECTION("other classes") {
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK, "another number of classes");
  }
  SECTION("labels") {
    file.value("labels") = "ant\nbee";
    check(EFFNET_INVALID_WEIGHTS, "2 lines for 3 classes");
  }
  SECTION("mean") {
    file.value("mean") = "0.5,0.5";
    check(EFFNET_INVALID_WEIGHTS, "metadata \"mean\" is \"0.5,0.5\", but must be three numbers");
  }
  SECTION("std") {
    file.value("std") = "0.5,0,0.5";
    check(EFFNET_INVALID_WEIGHTS, "three positive numbers");
  }
  SECTION("crop") {
    file.value("crop") = "1.5";
    check(EFFNET_INVALID_WEIGHTS, "a number from 0.01 to 1");
  }
  SECTION("interpolation") {
    file.value("interpolation") = "nearest\nline";
    check(EFFNET_INVALID_WEIGHTS, "\"nearest?line\", but must be bicubic or bilinear");
  }
}

TEST_CASE("all missing, unexpected and wrongly shaped tensors are counted and the first are named") {
  WeightsFile file;
  file.tensors[0].shape = {3, 2, 16};
  file.tensors[1].dtype = "I32";
  file.tensors[2].name = "other";
  for (int i = 0; i < 5; ++i) file.tensors.push_back({"extra" + std::to_string(i), "F32", {0}, {}});
  Attempt got = attempt(file.bytes());
  CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(got.text, Contains("1 missing tensor (classifier.weight)") &&
                           Contains("6 unexpected tensors (other, extra0, extra1, ...)") &&
                           Contains("2 wrongly shaped or typed tensors (stem.weight, stem.bias)") &&
                           Contains("efficientnet_tiny"));
}

TEST_CASE("tensors that are not aligned are refused") {
  std::string bytes = WeightsFile().bytes();
  bytes.insert(bytes.find('}') + 1, 4, ' ');  // after the metadata object; allowed as white space
  auto length = static_cast<unsigned char>(bytes[0]);
  bytes[0] = static_cast<char>(length + 4);
  Attempt got = attempt(bytes);
  CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(got.text, Contains("does not begin on 64 bytes"));
}

}  // namespace
}  // namespace effnet::tiny
