// classifier: logits(c) = bias(c) + sum_k features(k) * weight(k, c). One task a panel of 16 classes, so that
// one object serves heads of any number of classes. Bound by reading the weights.
#include <Halide.h>

#include "generators/common/dense.h"
#include "generators/common/layout.h"

namespace effnet {
namespace {

// Arguments: features, weight, bias, scratch, logits; the last four begin at the task's panel.
class Classifier : public Halide::Generator<Classifier> {
 public:
  GeneratorParam<int> channels{"channels", 0};

  Input<Buffer<float, 1>> features{"features"};
  Input<Buffer<float, 3>> weight{"weight"};
  Input<Buffer<float, 2>> bias{"bias"};
  Output<Buffer<float, 2>> logits{"logits"};

  void generate() {
    dense_ = define_dense("dense", channels, features, weight, bias);
    logits(dense_.lane, dense_.panel) = dense_.sum(dense_.lane, dense_.panel);
  }

  void schedule() {
    const int lanes = natural_vector_size<float>();
    set_dense(features, {channels});
    set_dense(weight, {panel_lanes, channels, 1});
    set_dense(bias, {panel_lanes, 1});
    set_dense(logits, {panel_lanes, 1});
    Func output = logits;
    output.compute_root()
        .bound(dense_.lane, 0, panel_lanes)
        .bound(dense_.panel, 0, 1)
        .vectorize(dense_.lane, lanes)
        .unroll(dense_.lane);
    schedule_dense(dense_, output, dense_.panel, lanes);
    dense_.partial.update(0).unroll(dense_.group, 2);
  }

 private:
  Dense dense_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::Classifier, classifier)
