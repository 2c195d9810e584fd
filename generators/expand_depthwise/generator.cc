#include <Halide.h>

#include "generators/common/layout.h"
#include "generators/common/prefetch.h"
#include "generators/expand_depthwise/loops.h"

namespace effnet {
namespace {

// One task: a block of panels, a strip of output rows. Arguments: weight, bias, first_row, rows, input[,
// expand_weight, expand_bias[, expand_scale]][, input_affine][, output_affine], scratch, output[, sums]. `weight`, `bias`,
// `expand_*`, `output` and `sums` begin at the block, `output` and `sums` also at the
// strip; `input` is the whole map (without expansion it begins at the block too).
class ExpandDepthwise : public Halide::Generator<ExpandDepthwise>, public Prefetching {
 public:
  GeneratorParam<int> height{"height", 0}, width{"width", 0}, channels{"channels", 0};  // of the input
  GeneratorParam<int> out_width{"out_width", 0}, out_channels{"out_channels", 0};
  GeneratorParam<int> kernel{"kernel", 3}, stride{"stride", 1}, top{"top", 1}, left{"left", 1};
  GeneratorParam<int> activation{"activation", 0};                 // enum Activation
  GeneratorParam<int> expand{"expand", 1}, squeeze{"squeeze", 1};  // flags
  GeneratorParam<int> maps{"maps", 0}, weights{"weights", 0};      // enum Element
  GeneratorParam<int> widened{"widened", 0};                       // flag, of MatrixTypes
  GeneratorParam<int> taps{"taps", 0};                             // enum Element: of `weight`
  GeneratorParam<int> wide_input{"wide_input", 0};                 // flag: the input is float32, not `maps`
  GeneratorParam<int> block_panels{"block_panels", 1};
  GeneratorParam<int> expand_panels{"expand_panels", 1}, expand_columns{"expand_columns", 1};
  GeneratorParam<int> expand_unroll{"expand_unroll", 1};
  GeneratorParam<int> expand_group{"expand_group", 1}, depthwise_group{"depthwise_group", 1};
  GeneratorParam<int> depthwise_panels{"depthwise_panels", 1}, depthwise_columns{"depthwise_columns", 1};
  GeneratorParam<int> flat{"flat", 0};                                                 // flag
  GeneratorParam<int> prefetch{"prefetch", 0}, prefetch_output{"prefetch_output", 0};  // flags

  Input<Buffer<>> weight{"weight"};
  Input<Buffer<float, 2>> bias{"bias"};
  Input<int> first_row{"first_row"}, rows{"rows"};
  Output<Buffer<>> output{"output"};

  void configure() {
    const MatrixTypes types = element_types();
    weight.set_type(halide_type(tap_element()));
    weight.set_dimensions(tap_element() == Element::f32 ? 4 : 3);
    output.set_type(halide_type(types.maps));
    output.set_dimensions(4);
    input_ = add_input<Buffer<>>("input", halide_type(wide_input != 0 ? Element::f32 : types.maps),
                                 expand != 0 ? 2 : 3);
    if (expand != 0) {
      expand_weight_ = add_input<Buffer<>>("expand_weight", weight_type(types), weight_dimensions(types));
      expand_bias_ = add_input<Buffer<float, 2>>("expand_bias");
      if (traits_of(types.weights).scaled) expand_scale_ = add_input<Buffer<float, 2>>("expand_scale");
    }
    if (types.affine()) {
      if (wide_input == 0) input_affine_ = add_input<Buffer<float, 1>>("input_affine");
      output_affine_ = add_input<Buffer<float, 1>>("output_affine");
    }
    if (squeeze != 0) sums_ = add_output<Buffer<float, 3>>("sums");
  }

  void generate() {
    problem_ = {
        width,
        height,
        channels,
        out_width,
        (height.value() + stride.value() - 1) / stride.value(),  // in both padding families
        kernel,
        stride,
        top,
        left,
        static_cast<Activation>(activation.value()),
        expand != 0,
        squeeze != 0,
        {expand_panels, expand_columns, expand_group, width.value() * (flat != 0 ? height.value() : 1)},
        {depthwise_panels, depthwise_columns, depthwise_group, out_width},
        flat != 0,
        element_types(),
        tap_element(),
        wants_signed_maps(element_types(), get_target()),
        natural_vector_size<float>()};
    const Element in = wide_input != 0 ? Element::f32 : problem_.types.maps;
    const DepthwiseMaps storage = {
        MapStorage(in, input_affine_ ? Func(*input_affine_) : Func()),
        MapStorage(problem_.types.maps, output_affine_ ? Func(*output_affine_) : Func())};
    funcs_ = define_depthwise(problem_, first_row, *input_, expand != 0 ? Func(*expand_weight_) : Func(),
                              expand != 0 ? Func(*expand_bias_) : Func(),
                              expand_scale_ ? Func(*expand_scale_) : Func(), weight, bias, storage);
    output = funcs_.output;
    if (squeeze != 0) *sums_ = funcs_.sums.sums;
  }

  void schedule() {
    const int out_panels = panels(out_channels), pixels = problem_.height * problem_.width;
    if (expand != 0) {
      set_layout(*input_, {padded(channels), pixels}, {padded(channels)});
      set_weight_layout(*expand_weight_, problem_.types, channels, block_panels);
      set_dense(*expand_bias_, {panel_lanes, block_panels});
      if (expand_scale_) set_dense(*expand_scale_, {panel_lanes, block_panels});
    } else {
      set_layout(*input_, {panel_lanes, block_panels, pixels}, {panel_lanes, padded(channels)});
    }
    if (tap_element() == Element::f32)
      set_dense(weight, {panel_lanes, kernel, kernel, block_panels});
    else
      set_dense(weight,
                {panel_lanes, stored_inputs(problem_.kernel * problem_.kernel, tap_element()), block_panels});
    set_affine_layout(input_affine_);
    set_affine_layout(output_affine_);
    set_dense(bias, {panel_lanes, block_panels});
    set_layout(output, {panel_lanes, block_panels, out_width, 0},
               {panel_lanes, out_panels * panel_lanes, problem_.out_width * out_panels * panel_lanes});
    output.dim(3).set_extent(rows);
    if (squeeze != 0) {
      set_layout(*sums_, {panel_lanes, block_panels, 0}, {panel_lanes, out_panels * panel_lanes});
      sums_->dim(2).set_extent(rows);
    }
    schedule_depthwise(
        funcs_, problem_,
        {block_panels, expand_panels, expand_columns, expand_unroll, expand_group, depthwise_panels,
         depthwise_columns, depthwise_group, 0, flat, prefetch, prefetch_output});
  }

  Prefetches prefetches() const override {
    Prefetches all;
    if (prefetch_output != 0)
      all.push_back(make_prefetch(PrefetchedStores{
          funcs_.output.name(), problem_.rounds_apart() ? 1 : problem_.out_group.stored_columns(),
          depthwise_panels, panels(out_channels), panel_lanes * traits_of(problem_.types.maps).bytes}));
    if (prefetch == 0 || expand == 0) return all;
    const int panel_bytes = weight_panel_bytes(problem_.types, channels);
    // Where weights matter, maps are small and a strip is the whole map.
    all.push_back(make_prefetch(PrefetchedTile{"expand_weight", block_panels * panel_bytes, "",
                                               funcs_.expanded.name(), problem_.height / problem_.stride}));
    return all;
  }

 private:
  MatrixTypes element_types() const {
    return {static_cast<Element>(maps.value()), static_cast<Element>(weights.value()), widened != 0};
  }
  Element tap_element() const { return static_cast<Element>(taps.value()); }

  Input<Buffer<>>*input_ = nullptr, *expand_weight_ = nullptr;
  Input<Buffer<float, 2>>*expand_bias_ = nullptr, *expand_scale_ = nullptr;
  Input<Buffer<float, 1>>*input_affine_ = nullptr, *output_affine_ = nullptr;
  Output<Buffer<float, 3>>* sums_ = nullptr;
  DepthwiseProblem problem_{};
  DepthwiseFuncs funcs_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::ExpandDepthwise, expand_depthwise)
HALIDE_REGISTER_GENERATOR(effnet::ExpandDepthwise, depthwise)
