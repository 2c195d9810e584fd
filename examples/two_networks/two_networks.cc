// Two networks at once: the quick one answers when it is sure, else the thorough one is asked.
//
//   two_networks quick.weights thorough.weights 600 400 < pixels.rgb
//
// Compiled without exceptions and RTTI: errors are values.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "effnet.hpp"
#include "quick.h"
#include "thorough.h"

namespace {

struct Answer {
  const char* label = "";
  float probability = 0;
};

class Classifier {
 public:
  effnet::Error open(effnet::Model::OpenFile function, const char* weights) {
    if (effnet::Error error = model_.open(function, weights)) return error;
    input_.resize(model_.input_size());
    probabilities_.resize(model_.classes());
    return {};
  }

  effnet::Error classify(const effnet::Pixels& pixels, Answer& answer) {
    if (effnet::Error error = model_.prepare(pixels, input_)) return error;
    if (effnet::Error error = model_.run(input_, probabilities_)) return error;
    effnet::softmax(probabilities_);
    const auto top = std::max_element(probabilities_.begin(), probabilities_.end());
    answer = {model_.info().labels[top - probabilities_.begin()], *top};
    return {};
  }

 private:
  effnet::Model model_;  // closed by its destructor
  std::vector<float> input_, probabilities_;
};

int failed(const effnet::Error& error) {
  std::fprintf(stderr, "two_networks: %s\n", error.text());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const int width = argc == 5 ? std::atoi(argv[3]) : 0, height = argc == 5 ? std::atoi(argv[4]) : 0;
  if (width < 1 || height < 1 || width > 65535 || height > 65535) {
    std::fprintf(stderr, "usage: two_networks QUICK.weights THOROUGH.weights WIDTH HEIGHT < pixels.rgb\n");
    return 2;
  }
  std::vector<std::uint8_t> rgb(std::size_t{3} * static_cast<std::size_t>(width) *
                                static_cast<std::size_t>(height));
  if (std::fread(rgb.data(), 1, rgb.size(), stdin) != rgb.size()) {
    std::fprintf(stderr, "two_networks: standard input has fewer than %d x %d pixels\n", width, height);
    return 1;
  }

  Classifier quick, thorough;
  if (effnet::Error error = quick.open(quick_open, argv[1])) return failed(error);
  if (effnet::Error error = thorough.open(thorough_open, argv[2])) return failed(error);

  const effnet::Pixels pixels{rgb.data(), width, height};
  constexpr float sure = 0.9f;
  const char* network = "quick";
  Answer answer;
  if (effnet::Error error = quick.classify(pixels, answer)) return failed(error);
  if (answer.probability < sure) {
    network = "thorough";
    if (effnet::Error error = thorough.classify(pixels, answer)) return failed(error);
  }
  std::printf("%s: %s %.3f\n", network, answer.label, static_cast<double>(answer.probability));
}
