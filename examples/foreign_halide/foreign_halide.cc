// A program that has Halide code of its own beside a network: the filter's runtime and EffNet's do not meet.
//
//   foreign_halide lite0.weights 600 400 1.5 < pixels.rgb         (1.5: more contrast before classification)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "HalideBuffer.h"
#include "contrast.h"
#include "effnet.hpp"
#include "lite0.h"

int main(int argc, char** argv) {
  const int width = argc == 5 ? std::atoi(argv[2]) : 0, height = argc == 5 ? std::atoi(argv[3]) : 0;
  if (width < 1 || height < 1 || width > 65535 || height > 32767) {
    std::fprintf(stderr, "usage: foreign_halide FILE.weights WIDTH HEIGHT FACTOR < pixels.rgb\n");
    return 2;
  }
  auto picture = Halide::Runtime::Buffer<std::uint8_t>::make_interleaved(width, height, 3);
  if (std::fread(picture.data(), 1, picture.size_in_bytes(), stdin) != picture.size_in_bytes()) {
    std::fprintf(stderr, "foreign_halide: standard input has fewer than %d x %d pixels\n", width, height);
    return 1;
  }
  if (contrast(picture, static_cast<float>(std::atof(argv[4])), picture) != 0) return 1;

  effnet::Model model;
  effnet_options options{};
  options.threads = 2;  // beside the threads of Halide's runtime
  effnet::Error error = model.open(lite0_open, argv[1], options);
  std::vector<float> input(LITE0_RESOLUTION * LITE0_RESOLUTION * 3), probabilities(LITE0_CLASSES);
  if (!error) error = model.prepare({picture.data(), width, height}, input);
  if (!error) error = model.run(input, probabilities);
  if (error) {
    std::fprintf(stderr, "foreign_halide: %s\n", error.text());
    return 1;
  }
  effnet::softmax(probabilities);
  const auto top = std::max_element(probabilities.begin(), probabilities.end());
  std::printf("%s %.3f\n", model.info().labels[top - probabilities.begin()], static_cast<double>(*top));
}
