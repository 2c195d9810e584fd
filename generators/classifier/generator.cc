// classifier: logits(c) = bias(c) + sum_k features(k) * weight(k, c). One task a panel of 16 classes, so that
// one object serves heads of any number of classes. Bound by reading the weights.
#include <Halide.h>

#include "generators/common/dense.h"
#include "generators/common/element.h"
#include "generators/common/layout.h"

namespace effnet {
namespace {

// Arguments: features, weight, bias[, scale], scratch, logits; all but the features begin at the task's panel.
class Classifier : public Halide::Generator<Classifier> {
 public:
  GeneratorParam<int> channels{"channels", 0};
  GeneratorParam<int> weights{"weights", 0};  // enum Element

  Input<Buffer<float, 1>> features{"features"};
  Input<Buffer<>> weight{"weight"};  // rank 3
  Input<Buffer<float, 2>> bias{"bias"};
  Output<Buffer<float, 2>> logits{"logits"};

  void configure() {
    weight.set_type(halide_type(element()));
    weight.set_dimensions(3);
    if (traits_of(element()).scaled) scale_ = add_input<Buffer<float, 2>>("scale");
  }

  void generate() {
    const Func floats = as_floats(element(), weight, scale_ ? Func(*scale_) : Func());
    dense_ = define_dense("dense", channels, features, floats, bias);
    logits(dense_.lane, dense_.panel) = dense_.sum(dense_.lane, dense_.panel);
  }

  void schedule() {
    const int lanes = natural_vector_size<float>();
    set_dense(features, {channels});
    set_dense(weight, {panel_lanes, stored_inputs(channels, element()), 1});
    if (scale_) set_dense(*scale_, {panel_lanes, 1});
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
  Element element() const { return static_cast<Element>(weights.value()); }

  Input<Buffer<float, 2>>* scale_ = nullptr;
  Dense dense_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::Classifier, classifier)
