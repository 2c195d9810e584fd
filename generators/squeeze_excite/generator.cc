// squeeze_excite: the mean of every channel -> dense, swish -> dense, sigmoid -> one gate a channel.
//
//   mean(c)     = (sums(c, 0) + sums(c, 1) + ...) / pixels        rows in order
//   squeezed(s) = swish(reduce_bias(s) + sum_c mean(c) * reduce_weight(c, s))
//   gate(c)     = sigmoid(expand_bias(c) + sum_s squeezed(s) * expand_weight(s, c))
//
// One task: a block of panels of gates; the hidden layer too, every task by itself. Small matrix-vector products, a few
// microseconds, bound by reading the weights.
// Vectors run over the outputs (lanes of a panel).
#include <Halide.h>

#include "generators/common/activation.h"
#include "generators/common/dense.h"
#include "generators/common/element.h"
#include "generators/common/layout.h"

namespace effnet {
namespace {

// Arguments: rows, pixels, sums, reduce_weight, reduce_bias, expand_weight, expand_bias[, reduce_scale,
// expand_scale], scratch, gate; what begins with expand_ and the gate begin at the task's block.
class SqueezeExcite : public Halide::Generator<SqueezeExcite> {
 public:
  GeneratorParam<int> channels{"channels", 0}, squeezed{"squeezed", 0};
  GeneratorParam<int> weights{"weights", 0};            // enum Element
  GeneratorParam<int> block_panels{"block_panels", 1};  // of gates, that a task computes; divides theirs

  Input<int> rows{"rows"}, pixels{"pixels"};       // of the map: one object serves every size
  Input<Buffer<float, 2>> sums{"sums"};            // (channel, row)
  Input<Buffer<>> reduce_weight{"reduce_weight"};  // rank 3
  Input<Buffer<float, 2>> reduce_bias{"reduce_bias"};
  Input<Buffer<>> expand_weight{"expand_weight"};  // rank 3
  Input<Buffer<float, 2>> expand_bias{"expand_bias"};
  Output<Buffer<float, 2>> gate{"gate"};

  void configure() {
    for (auto* weight : {&reduce_weight, &expand_weight}) {
      weight->set_type(halide_type(element()));
      weight->set_dimensions(3);
    }
    if (!traits_of(element()).scaled) return;
    reduce_scale_ = add_input<Buffer<float, 2>>("reduce_scale");
    expand_scale_ = add_input<Buffer<float, 2>>("expand_scale");
  }

  void generate() {
    total_(c_) = 0.0f;
    row_ = RDom(0, rows, "row");
    total_(c_) = ordered_sum(total_(c_), sums(c_, row_));
    mean_(c_) = total_(c_) / cast<float>(pixels);
    reduce_ = define_dense("reduce", channels, mean_,
                           as_floats(element(), reduce_weight, scale(reduce_scale_)), reduce_bias);
    const Var lane = reduce_.lane, p = reduce_.panel;
    hidden_(lane, p) = activate(Activation::swish, reduce_.sum(lane, p));
    Func hidden_flat("hidden_flat");
    hidden_flat(c_) = hidden_(c_ % panel_lanes, c_ / panel_lanes);
    expand_ = define_dense("expand", squeezed, hidden_flat,
                           as_floats(element(), expand_weight, scale(expand_scale_)), expand_bias);
    gate(lane, p) = sigmoid(expand_.sum(lane, p));
  }

  void schedule() {
    const int lanes = natural_vector_size<float>();
    const int wide = panels(channels), narrow = panels(squeezed), block = block_panels;
    set_layout(sums, {wide * panel_lanes, 0}, {wide * panel_lanes});
    sums.dim(1).set_extent(rows);
    set_dense(reduce_weight, {panel_lanes, stored_inputs(channels, element()), narrow});
    set_dense(reduce_bias, {panel_lanes, narrow});
    set_dense(expand_weight, {panel_lanes, stored_inputs(squeezed, element()), block});
    set_dense(expand_bias, {panel_lanes, block});
    set_dense(gate, {panel_lanes, block});
    if (reduce_scale_) set_dense(*reduce_scale_, {panel_lanes, narrow});
    if (expand_scale_) set_dense(*expand_scale_, {panel_lanes, block});
    const Var lane = reduce_.lane, p = reduce_.panel;
    Func gates = gate;
    gates.compute_root().bound(lane, 0, panel_lanes).bound(p, 0, block).vectorize(lane, lanes).unroll(lane);
    schedule_dense(expand_, gates, p, lanes);
    hidden_.compute_root()
        .store_in(MemoryType::Heap)
        .bound_extent(lane, panel_lanes)
        .vectorize(lane, lanes)
        .unroll(lane);
    schedule_dense(reduce_, hidden_, p, lanes);
    mean_.compute_root().store_in(MemoryType::Heap).vectorize(c_, lanes, TailStrategy::RoundUp);
    total_.compute_at(mean_, c_).vectorize(c_, lanes).update().reorder(c_, row_.x).vectorize(c_, lanes);
  }

 private:
  Element element() const { return static_cast<Element>(weights.value()); }
  static Func scale(Input<Buffer<float, 2>>* argument) { return argument ? Func(*argument) : Func(); }

  Input<Buffer<float, 2>>*reduce_scale_ = nullptr, *expand_scale_ = nullptr;
  Var c_{"c"};
  RDom row_;
  Func total_{"total"}, mean_{"mean"}, hidden_{"hidden"};
  Dense reduce_, expand_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::SqueezeExcite, squeeze_excite)
