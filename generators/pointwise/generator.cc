#include <Halide.h>

#include "generators/common/layout.h"
#include "generators/common/prefetch.h"
#include "generators/pointwise/loops.h"

namespace effnet {
namespace {

// One task: a block of panels, a block of pixels. Arguments: weight, bias, input[, scale][, gate][, residual][,
// input_affine][, gated_affine][, residual_affine][, output_affine], scratch, output[, average]. All begin at the task's
// block, `input` at its pixels; what is affine belongs to whole maps.
class Pointwise : public Halide::Generator<Pointwise>, public Prefetching {
 public:
  GeneratorParam<int> channels{"channels", 0}, out_channels{"out_channels", 0}, pixels{"pixels", 0};
  GeneratorParam<int> activation{"activation", 0};                                 // enum Activation
  GeneratorParam<int> gated{"gated", 0};                                           // enum Gate
  GeneratorParam<int> adds_residual{"adds_residual", 0}, averages{"averages", 0};  // flags
  GeneratorParam<int> maps{"maps", 0}, weights{"weights", 0};                      // enum Element
  GeneratorParam<int> widened{"widened", 0};                                       // flag, of MatrixTypes
  GeneratorParam<int> stored{"stored", -1};  // enum Element: of the output, where it is not `maps`
  GeneratorParam<int> block_panels{"block_panels", 1}, block_pixels{"block_pixels", 1};
  GeneratorParam<int> tile_panels{"tile_panels", 1}, tile_pixels{"tile_pixels", 1}, unroll{"unroll", 1};
  GeneratorParam<int> halves{"halves", 0}, prefetch{"prefetch", 0},
      prefetch_input{"prefetch_input", 0};  // flags

  Input<Buffer<>> weight{"weight"};
  Input<Buffer<float, 2>> bias{"bias"};
  Input<Buffer<>> input{"input"};
  Output<Buffer<>> output{"output"};

  void configure() {
    const MatrixTypes types = element_types();
    weight.set_type(weight_type(types));
    weight.set_dimensions(weight_dimensions(types));
    input.set_type(halide_type(types.maps));
    input.set_dimensions(2);
    output.set_type(halide_type(output_element()));
    output.set_dimensions(3);
    if (traits_of(types.weights).scaled) scale_ = add_input<Buffer<float, 2>>("scale");
    if (gated != 0) gate_ = add_input<Buffer<float, 1>>("gate");
    if (adds_residual != 0) residual_ = add_input<Buffer<>>("residual", halide_type(types.maps), 3);
    if (types.affine()) {
      input_affine_ = add_input<Buffer<float, 1>>("input_affine");
      if (gated != 0) gated_affine_ = add_input<Buffer<float, 1>>("gated_affine");
      if (adds_residual != 0) residual_affine_ = add_input<Buffer<float, 1>>("residual_affine");
    }
    if (traits_of(output_element()).affine) output_affine_ = add_input<Buffer<float, 1>>("output_affine");
    if (averages != 0) average_ = add_output<Buffer<float, 2>>("average");
  }

  void generate() {
    problem_ = {channels,
                pixels,
                static_cast<Activation>(activation.value()),
                static_cast<Gate>(gated.value()),
                adds_residual != 0,
                averages != 0,
                element_types(),
                wants_signed_maps(element_types(), get_target()),
                halves != 0 ? halves_with_channels(block_panels) : 0};
    const auto grouped = [&](const Func& f) {
      return halves != 0 ? in_halves(f, f.dimensions() == 4 ? 1 : 0) : f;
    };
    funcs_ = define_pointwise(
        problem_, input, {grouped(weight), grouped(bias), scale_ ? grouped(*scale_) : Func()},
        gated != 0 ? Func(*gate_) : Func(), adds_residual != 0 ? Func(*residual_) : Func(),
        {storage(input_affine_), storage(gated_affine_), storage(residual_affine_),
         MapStorage(output_element(), output_affine_ ? Func(*output_affine_) : Func())});
    output = funcs_.output;
    if (averages != 0) *average_ = funcs_.average;
  }

  void schedule() {
    const int row = padded(out_channels), lanes = problem_.lanes();
    const int groups = block_panels * panel_lanes / lanes;
    set_weight_layout(weight, problem_.types, channels, block_panels);
    set_dense(bias, {panel_lanes, block_panels});
    if (scale_) set_dense(*scale_, {panel_lanes, block_panels});
    set_layout(input, {padded(channels), block_pixels}, {padded(channels)});
    set_layout(output, {lanes, groups, block_pixels}, {lanes, row});
    if (gated != 0) set_dense(*gate_, {padded(channels)});
    if (adds_residual != 0) set_layout(*residual_, {lanes, groups, block_pixels}, {lanes, row});
    if (averages != 0) set_dense(*average_, {panel_lanes, block_panels});
    for (auto* affine : {input_affine_, gated_affine_, residual_affine_, output_affine_})
      set_affine_layout(affine);
    schedule_pointwise(
        funcs_, problem_,
        {block_panels, block_pixels, tile_panels, tile_pixels, unroll, halves, prefetch, prefetch_input},
        natural_vector_size<float>());
  }

  Prefetches prefetches() const override {
    const int panel_bytes = weight_panel_bytes(problem_.types, channels);
    const int pixel_bytes = padded(channels) * traits_of(problem_.types.maps).bytes;
    const std::string sum = funcs_.product.name();
    Prefetches all;
    if (prefetch != 0)
      all.push_back(make_prefetch(PrefetchedTile{"weight", tile_panels * panel_bytes, ".po", sum, 1}));
    if (prefetch_input != 0)
      all.push_back(make_prefetch(PrefetchedStream{"input", tile_pixels * pixel_bytes, sum}));
    return all;
  }

 private:
  MatrixTypes element_types() const {
    return {static_cast<Element>(maps.value()), static_cast<Element>(weights.value()), widened != 0};
  }
  Element output_element() const {
    if (averages != 0) return Element::f32;
    return stored >= 0 ? static_cast<Element>(stored.value()) : element_types().maps;
  }
  MapStorage storage(Input<Buffer<float, 1>>* affine) const {
    return MapStorage(element_types().maps, affine ? Func(*affine) : Func());
  }

  Input<Buffer<float, 2>>* scale_ = nullptr;
  Input<Buffer<float, 1>>* gate_ = nullptr;
  Input<Buffer<float, 1>>*input_affine_ = nullptr, *gated_affine_ = nullptr, *residual_affine_ = nullptr,
                      *output_affine_ = nullptr;
  Input<Buffer<>>* residual_ = nullptr;
  Output<Buffer<float, 2>>* average_ = nullptr;
  PointwiseProblem problem_{};
  PointwiseFuncs funcs_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::Pointwise, project)
HALIDE_REGISTER_GENERATOR(effnet::Pointwise, head)
