#include <cmath>
#include <cstdlib>
#include <limits>

#include "formats/bf16.h"
#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

struct Opened {
  Program program;
  AlignedBytes weights{WeightsFile().bytes()};
  effnet_model* model = nullptr;

  explicit Opened(const effnet_options* options = nullptr) {
    REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), options, &model) ==
            EFFNET_OK);
  }
  Opened(const Opened&) = delete;
  ~Opened() { effnet_close(model); }

  std::vector<float> logits() {
    std::vector<float> out(static_cast<std::size_t>(effnet_get_info(model)->classes)), pixels = input(0);
    REQUIRE(effnet_run(model, pixels.data(), out.data()) == EFFNET_OK);
    return out;
  }
};

TEST_CASE("another head gives other classes, labels and logits; null brings the own one back") {
  effnet_options options = {};
  options.threads = 2;
  Opened opened(&options);
  std::vector<float> own = opened.logits();
  for (int count : {1, 2, 16, 17, 1000}) {
    WeightsFile head = head_file(count);
    TemporaryFile file(head.bytes());
    REQUIRE(effnet_set_head(opened.model, file.path()) == EFFNET_OK);
    const effnet_info& info = *effnet_get_info(opened.model);
    CHECK(info.classes == count);
    CHECK(std::string(info.labels[count - 1]) == "class " + std::to_string(count - 1));
    std::vector<double> wanted = expected_logits(expected(input(0), WeightsFile()).features, head);
    std::vector<float> got = opened.logits();
    REQUIRE(got.size() == wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == Approx(wanted[i]).margin(1e-5));
  }
  REQUIRE(effnet_set_head(opened.model, nullptr) == EFFNET_OK);
  CHECK(effnet_get_info(opened.model)->classes == classes);
  CHECK(std::string(effnet_get_info(opened.model)->labels[1]) == "bee");
  CHECK(opened.logits() == own);
}

TEST_CASE("images that run at the same time have logits of their own, with another head too") {
  effnet_options options = {};
  options.threads = 2;
  options.spread_images = 1;
  Opened opened(&options);
  TemporaryFile file(head_file(1000).bytes());
  REQUIRE(effnet_set_head(opened.model, file.path()) == EFFNET_OK);
  std::vector<float> pixels, wanted;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> one = input(i), logits(1000);
    pixels.insert(pixels.end(), one.begin(), one.end());
    REQUIRE(effnet_run(opened.model, one.data(), logits.data()) == EFFNET_OK);
    wanted.insert(wanted.end(), logits.begin(), logits.end());
  }
  std::vector<float> got(wanted.size());
  effnet_outputs outputs = {got.data(), nullptr, nullptr};
  REQUIRE(effnet_run_batch(opened.model, 4, pixels.data(), &outputs) == EFFNET_OK);
  CHECK(got == wanted);
}

TEST_CASE("a class' weights and bias give its logit, of the own head and of another") {
  Opened opened;
  const std::vector<double> features_of_input = expected(input(0), WeightsFile()).features;
  const auto check = [&] {
    const std::vector<float> logits = opened.logits();
    for (std::size_t c = 0; c < logits.size(); ++c) {
      std::vector<float> weights(features);
      float bias = 0;
      REQUIRE(effnet_get_class(opened.model, static_cast<int>(c), weights.data(), &bias) == EFFNET_OK);
      double sum = static_cast<double>(bias);
      for (std::size_t i = 0; i < features; ++i)
        sum += static_cast<double>(weights[i]) * features_of_input[i];
      REQUIRE(sum == Approx(static_cast<double>(logits[c])).margin(1e-5));
    }
  };
  check();
  TemporaryFile file(head_file(35).bytes());
  REQUIRE(effnet_set_head(opened.model, file.path()) == EFFNET_OK);
  check();

  std::vector<float> weights(features);
  for (const int wrong : {-1, 35})
    CHECK(effnet_get_class(opened.model, wrong, weights.data(), nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(opened.model), Contains("from 0 to 34"));
  CHECK(effnet_get_class(opened.model, 0, nullptr, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_class(nullptr, 0, weights.data(), nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_class(opened.model, 0, weights.data(), nullptr) == EFFNET_OK);
}

// What a step's kernel would read: the program's tensors as bytes.
struct TypedClassifier {
  effnet_element element;
  const char* dtype;
  double allowed;  // of a weight, to the largest of its class
};

// Remembers the classifier that run() was given.
const void* const* seen_weights = nullptr;
void remember_weights(effnet_context*, const effnet_frame* frame) { seen_weights = frame->weights; }

TEST_CASE("a head's weights are stored in the element type of the library's classifier") {
  const auto type =
      GENERATE(TypedClassifier{EFFNET_BF16, "BF16", 1 / 256.0}, TypedClassifier{EFFNET_I8, "I8", 0.51 / 127});
  CAPTURE(type.dtype);
  Program program;
  std::vector<effnet_tensor> tensors;
  if (type.element == EFFNET_I8) tensors.push_back({"classifier.scale", EFFNET_F32, 1, {16}});
  tensors.push_back({"classifier.weight", type.element, 3, {1, features, 16}});
  tensors.push_back({"classifier.bias", EFFNET_F32, 1, {16}});
  program.tensors = tensors.data();
  program.tensor_count = static_cast<int>(tensors.size());
  for (effnet_variant& variant : program.variants_storage) variant.run = remember_weights;
  WeightsFile weights;
  const std::size_t floats = type.element == EFFNET_I8 ? features * 16 / 4 : features * 16 / 2;
  weights.tensors = {{"classifier.weight", type.dtype, {1, features, 16}, std::vector<float>(floats)},
                     {"classifier.bias", "F32", {16}, std::vector<float>(16)}};
  if (type.element == EFFNET_I8)
    weights.tensors.insert(weights.tensors.begin(),
                           {"classifier.scale", "F32", {16}, std::vector<float>(16)});
  AlignedBytes file(weights.bytes());
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, file.data(), file.size(), nullptr, &model) == EFFNET_OK);

  const int count = 18;
  const WeightsFile head = head_file(count);
  TemporaryFile head_path(head.bytes());
  REQUIRE(effnet_set_head(model, head_path.path()) == EFFNET_OK);
  std::vector<float> pixels = input(0), logits(count);
  REQUIRE(effnet_run(model, pixels.data(), logits.data()) == EFFNET_OK);
  const std::size_t at = tensors.size() - 2;
  const auto* scale = static_cast<const float*>(seen_weights[0]);
  for (std::size_t c = 0; c < count; ++c) {
    double largest = 0;
    for (std::size_t f = 0; f < features; ++f)
      largest = std::max(largest, std::abs(static_cast<double>(head.tensors[0].values[c * features + f])));
    for (std::size_t f = 0; f < features; ++f) {
      const std::size_t i = (c / 16 * features + f) * 16 + c % 16;
      const double stored = type.element == EFFNET_I8
                                ? static_cast<const std::int8_t*>(seen_weights[at])[i] * scale[c]
                                : from_bf16(static_cast<const std::uint16_t*>(seen_weights[at])[i]);
      REQUIRE(std::abs(stored - head.tensors[0].values[c * features + f]) <= type.allowed * largest);
    }
    REQUIRE(static_cast<const float*>(seen_weights[at + 1])[c] == head.tensors[1].values[c]);
    std::vector<float> weights_of_class(features);
    float bias = 0;
    REQUIRE(effnet_get_class(model, static_cast<int>(c), weights_of_class.data(), &bias) == EFFNET_OK);
    CHECK(bias == head.tensors[1].values[c]);
    for (std::size_t f = 0; f < features; ++f)
      REQUIRE(std::abs(weights_of_class[f] - head.tensors[0].values[c * features + f]) <=
              type.allowed * largest);
  }
  effnet_close(model);
}

TEST_CASE("a head without labels has none") {
  Opened opened;
  WeightsFile head = head_file(4);
  head.erase("labels");
  TemporaryFile file(head.bytes());
  REQUIRE(effnet_set_head(opened.model, file.path()) == EFFNET_OK);
  CHECK(effnet_get_info(opened.model)->labels == nullptr);
}

TEST_CASE("a head that is not aligned in its file is read all the same") {
  Opened opened;
  WeightsFile head = head_file(4);
  std::string bytes = head.bytes();
  bytes.insert(bytes.find('}') + 1, 1, ' ');
  ++bytes[0];
  TemporaryFile file(bytes);
  REQUIRE(effnet_set_head(opened.model, file.path()) == EFFNET_OK);
  std::vector<double> wanted = expected_logits(expected(input(0), WeightsFile()).features, head);
  CHECK(opened.logits()[3] == Approx(wanted[3]).margin(1e-5));
}

TEST_CASE("a head that does not fit is refused with the reason and the old one stays") {
  Opened opened;
  TemporaryFile good(head_file(5).bytes());
  REQUIRE(effnet_set_head(opened.model, good.path()) == EFFNET_OK);
  std::vector<float> before = opened.logits();
  WeightsFile head = head_file(4);
  effnet_status status = EFFNET_INVALID_WEIGHTS;
  std::string text;
  SECTION("fingerprint missing") {
    head.erase("fingerprint");
    text = "\"fingerprint\" is missing";
  }
  SECTION("of another network") {
    head.value("fingerprint") = "ffffffffffffffff";
    status = EFFNET_WRONG_NETWORK;
    text = "a head for the fingerprint ffffffffffffffff, but efficientnet_tiny has 0123456789abcdef";
  }
  SECTION("tensor missing") {
    head.tensors.pop_back();
    text = "\"weight\" and \"bias\"";
  }
  SECTION("features") {
    head.tensors[0].shape = {5, 16};
    text = "shape [classes, 20]";
  }
  SECTION("no class") {
    head.tensors = {{"weight", "F32", {0, features}, {}}, {"bias", "F32", {0}, {}}};
    text = "shape [classes, 20]";
  }
  SECTION("bias") {
    head.tensors[1].shape = {2, 2};
    text = "\"bias\" must be F32 of the shape [4]";
  }
  SECTION("dtype") {
    head.tensors[0].dtype = "U32";
    text = "must be F32";
  }
  SECTION("labels") {
    head.value("labels") += "\n";
    text = "5 lines for 4 classes";
  }
  SECTION("not a number") {
    head.tensors[0].values[7] = std::numeric_limits<float>::quiet_NaN();
    text = "NaN";
  }
  SECTION("infinite") {
    head.tensors[1].values[3] = std::numeric_limits<float>::infinity();
    text = "infinite";
  }
  TemporaryFile file(head.bytes());
  CHECK(effnet_set_head(opened.model, file.path()) == status);
  CHECK_THAT(effnet_error(opened.model), Contains(file.text()) && Contains(text));
  CHECK(effnet_get_info(opened.model)->classes == 5);
  CHECK(opened.logits() == before);
}

TEST_CASE("a missing head file is named") {
  Opened opened;
  CHECK(effnet_set_head(opened.model, "/nowhere/head.safetensors") == EFFNET_CANNOT_READ);
  CHECK(std::string(effnet_error(opened.model)) == "/nowhere/head.safetensors: no such file");
}

TEST_CASE("a head for which there is no memory leaves the old one") {
  struct Failing {
    int calls = 0, fail_at = -1, live = 0;
  } failing;
  effnet_options options = {};
  options.allocator_context = &failing;
  options.allocate = [](void* context, std::size_t bytes, std::size_t alignment) -> void* {
    auto& self = *static_cast<Failing*>(context);
    if (self.calls++ == self.fail_at) return nullptr;
    ++self.live;
    return std::aligned_alloc(alignment, bytes);
  };
  options.release = [](void* context, void* block) {
    --static_cast<Failing*>(context)->live;
    std::free(block);
  };
  {
    Opened opened(&options);
    TemporaryFile file(head_file(4).bytes());
    int live = failing.live, failures = 0;
    for (;; ++failures) {
      failing.fail_at = failing.calls + failures;
      effnet_status status = effnet_set_head(opened.model, file.path());
      if (status == EFFNET_OK) break;
      CHECK(status == EFFNET_OUT_OF_MEMORY);
      CHECK(failing.live == live);
      CHECK(effnet_get_info(opened.model)->classes == classes);
    }
    CHECK(failures ==
          7);  // the file's index, weight as read, bias, logits, weight, label names and their text
  }
  CHECK(failing.live == 0);
}

}  // namespace
}  // namespace effnet::tiny
