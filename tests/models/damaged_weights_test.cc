#include <cmath>
#include <limits>

#include "tests/catch.h"
#include "tests/models/dialects.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

const NetworkConfig config = small_config(Padding::same);

FloatTensors good() { return state_dict(build(config), Names::timm); }

// What import says after a change of one tensor's value.
std::string failure_with(const std::string& name, std::size_t index, float value) {
  FloatTensors state = good();
  state.at(name).values.at(index) = value;
  return test::import(config, state).failure;
}

}  // namespace

TEST_CASE("Missing, unexpected and misshapen tensors are reported at once, with the nearest names") {
  FloatTensors state = good();
  state["conv_stem.wieght"] = state.at("conv_stem.weight");
  state.erase("conv_stem.weight");
  state.erase("bn2.running_var");
  state["aux_head.weight"] = {{1}, {0.0f}};
  state.at("classifier.bias").shape = {5, 2};
  const std::string failure = test::import(config, state).failure;
  CHECK_THAT(failure, Contains("2 missing") && Contains("'bn2.running_var'"));
  CHECK_THAT(failure, Contains("'conv_stem.weight' (nearest: 'conv_stem.wieght')"));
  CHECK_THAT(failure, Contains("2 unexpected") && Contains("'aux_head.weight'"));
  CHECK_THAT(failure, Contains("classifier.bias is [5, 2] instead of [10]"));
}

TEST_CASE("Tensors of another named network are recognised as such") {
  NetworkConfig b0 = *find_network("efficientnet_b0");
  FloatTensors state = state_dict(build(b0), Names::timm);
  const NetworkConfig b1 = *find_network("efficientnet_b1");
  const std::string failure = test::import(b1, state).failure;
  CHECK_THAT(failure, Contains("are not those of efficientnet_b1: ") &&
                          Catch::Matchers::EndsWith("; these are the tensors of efficientnet_b0"));
  std::size_t missing = 0;
  for (const auto& [name, tensor] : state_dict(build(b1), Names::timm)) {
    if (state.contains(name)) continue;
    ++missing;
    CHECK_THAT(failure, Contains("'" + name + "'"));
  }
  CHECK_THAT(failure, Contains(std::to_string(missing) + " missing: ") && !Contains("more"));
  CHECK(failure.find('\n') == std::string::npos);
}

TEST_CASE("However many names a file has, the report is one line of bounded length, made in bounded time") {
  const FloatTensors state = good();
  SourceTensors tensors = as_source(state);
  const SourceTensor extra = tensors.at("bn2.bias");
  tensors.erase("blocks.0.0.bn1.bias");
  for (int i = 0; i < 20'000; ++i) tensors["blocks.0.0.bn1.bias" + std::to_string(i)] = extra;
  const std::string failure = test::import(config, tensors).failure;
  CHECK_THAT(failure, Contains("(nearest: 'blocks.0.0.bn1.bias0')") && Contains("20000 unexpected: ") &&
                          Contains("and 15000 more"));
}

TEST_CASE("Tensors of whole numbers are no weights") {
  FloatTensors state = good();
  SourceTensors tensors = as_source(state);
  tensors.at("bn1.weight").dtype = Dtype::i32;
  CHECK_THAT(test::import(config, tensors).failure, Contains("bn1.weight is I32 instead of F32"));
}

TEST_CASE("Values that are no numbers are refused by tensor and place") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  CHECK_THAT(failure_with("conv_stem.weight", 5, nan), Contains("conv_stem.weight at element 5 is NaN"));
  CHECK_THAT(failure_with("blocks.0.0.se.conv_reduce.bias", 1, infinity),
             Contains("blocks.0.0.se.conv_reduce.bias at element 1 is infinite"));
  CHECK_THAT(failure_with("bn2.running_mean", 0, -infinity),
             Contains("bn2.running_mean at element 0 is infinite"));
  CHECK_THAT(failure_with("classifier.weight", 0, nan), Contains("classifier.weight at element 0 is NaN"));
  CHECK_THAT(failure_with("bn1.running_var", 3, nan), Contains("bn1.running_var at element 3 is NaN"));
}

TEST_CASE("All damaged tensors are reported at once") {
  FloatTensors state = good();
  state.at("conv_stem.weight").values[0] = std::numeric_limits<float>::quiet_NaN();
  state.at("conv_head.weight").values[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(test::import(config, state).failure,
             Contains("conv_stem.weight") && Contains("conv_head.weight"));
}

TEST_CASE("Variances that are zero or negative are refused") {
  CHECK_THAT(failure_with("bn1.running_var", 2, 0.0f), Contains("bn1.running_var at element 2 is zero"));
  CHECK_THAT(failure_with("bn1.running_var", 2, -0.0f), Contains("is zero"));
  CHECK_THAT(failure_with("blocks.1.0.bn3.running_var", 1, -1e-6f),
             Contains("blocks.1.0.bn3.running_var at element 1 is negative"));
}

TEST_CASE("A channel that was always zero in training has no variance and is sound") {
  FloatTensors state = good();
  state.at("bn1.running_var").values[2] = 0;
  state.at("bn1.running_mean").values[2] = 3e-6f;
  CHECK(test::import(config, state).failure.empty());
}

TEST_CASE("Weights that overflow when folded are refused") {
  FloatTensors state = good();
  state.at("conv_stem.weight").values[0] = 3e38f;
  state.at("bn1.weight").values[0] = 100.0f;
  CHECK_THAT(test::import(config, state).failure, Contains("conv_stem.weight at element 0 is too large"));
}

TEST_CASE("Damaged safetensors files are refused, and nothing is written") {
  const TemporaryFolder folder;
  write_tensors(folder.path() / "good", good());
  const std::string bytes = read_file(folder.path() / "good");
  const auto failure = [&](const std::string& damaged) {
    write_file(folder.path() / "bad.safetensors", damaged);
    const Status status = import_weights(config, folder.file("bad.safetensors"), {}, folder.file("out"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    REQUIRE_FALSE(status);
    CHECK_THAT(status.message(), Contains("bad.safetensors"));
    return status.message();
  };
  CHECK_THAT(failure(""), Contains("empty"));
  failure(bytes.substr(0, 4));
  failure(bytes.substr(0, 1000));
  failure(bytes.substr(0, bytes.size() - 1));
  failure(bytes + "x");
  failure(std::string("\xff\xff\xff\x7f\0\0\0\0{}", 10));  // a header that claims 2 GB
  failure(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  std::string overlapping = bytes;
  const std::size_t offsets = overlapping.rfind("\"data_offsets\":[");
  overlapping[overlapping.find_first_of("123456789", offsets + 16)] = '0';
  failure(overlapping);
  failure("just a text file, and no weights at all");
  failure("\x89HDF\r\n\x1a\n and then the rest of a Keras file");
}

TEST_CASE("An output that cannot be written is named") {
  const FloatTensors state = good();
  const auto failure = [&](const std::string& path) {
    return import_tensors(config, as_source(state), {}, {}, path).message();
  };
  CHECK_THAT(failure("/nowhere/out.weights"), Contains("/nowhere/out.weights") && Contains("No such file"));
  CHECK_THAT(failure("/tmp"), Contains("a folder"));
}
