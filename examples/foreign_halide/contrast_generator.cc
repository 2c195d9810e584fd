// An ordinary Halide filter: more contrast around a middle grey. It has Halide's runtime and uses its threads.
#include <Halide.h>

namespace {

class Contrast : public Halide::Generator<Contrast> {
 public:
  Input<Buffer<std::uint8_t, 3>> input{"input"};  // x, y, colour; colours innermost in memory
  Input<float> factor{"factor", 1.0f, 0.0f, 10.0f};
  Output<Buffer<std::uint8_t, 3>> output{"output"};

  void generate() {
    const Halide::Expr value = 128.0f + factor * (Halide::cast<float>(input(x, y, c)) - 128.0f);
    output(x, y, c) = Halide::saturating_cast<std::uint8_t>(Halide::round(value));
  }

  void schedule() {
    input.dim(0).set_stride(3).dim(2).set_stride(1).set_bounds(0, 3);
    output.dim(0).set_stride(3).dim(2).set_stride(1).set_bounds(0, 3);
    output.reorder(c, x, y).unroll(c).vectorize(x, 16, Halide::TailStrategy::GuardWithIf).parallel(y, 8);
  }

 private:
  Halide::Var x{"x"}, y{"y"}, c{"c"};
};

}  // namespace

HALIDE_REGISTER_GENERATOR(Contrast, contrast)
