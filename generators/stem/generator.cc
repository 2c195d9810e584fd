#include <Halide.h>

#include "generators/common/layout.h"
#include "generators/common/prefetch.h"
#include "generators/stem/loops.h"

namespace effnet {
namespace {

// One task: a strip of output rows. Arguments: input (the whole picture), weight, bias, first_row, rows[,
// output_affine], scratch, output (from the strip's first row).
class Stem : public Halide::Generator<Stem>, public Prefetching {
 public:
  GeneratorParam<int> resolution{"resolution", 0}, out_width{"out_width", 0}, out_channels{"out_channels", 0};
  GeneratorParam<int> kernel{"kernel", 3}, stride{"stride", 2}, top{"top", 1}, left{"left", 1};
  GeneratorParam<int> activation{"activation", 0};  // enum Activation
  GeneratorParam<int> maps{"maps", 0};              // enum Element
  GeneratorParam<int> tile_panels{"tile_panels", 1}, columns{"columns", 1}, group{"group", 1};
  GeneratorParam<int> prefetch_output{"prefetch_output", 0};  // flag

  Input<Buffer<float, 2>> input{"input"};
  Input<Buffer<float, 5>> weight{"weight"};
  Input<Buffer<float, 2>> bias{"bias"};
  Input<int> first_row{"first_row"}, rows{"rows"};
  Output<Buffer<>> output{"output"};

  void configure() {
    output.set_type(halide_type(element()));
    output.set_dimensions(4);
    if (traits_of(element()).affine) output_affine_ = add_input<Buffer<float, 1>>("output_affine");
  }

  void generate() {
    problem_ = {resolution,
                out_width,
                kernel,
                stride,
                top,
                left,
                static_cast<Activation>(activation.value()),
                natural_vector_size<float>()};
    const MapStorage storage(element(), output_affine_ ? Func(*output_affine_) : Func());
    funcs_ = define_stem(problem_, first_row, input, weight, bias, storage);
    output = funcs_.output;
  }

  void schedule() {
    const int out_panels = panels(out_channels);
    set_dense(input, {3 * problem_.resolution, problem_.resolution});
    set_dense(weight, {panel_lanes, 3, kernel, kernel, out_panels});
    set_dense(bias, {panel_lanes, out_panels});
    set_layout(output, {panel_lanes, out_panels, out_width, 0},
               {panel_lanes, out_panels * panel_lanes, problem_.out_width * out_panels * panel_lanes});
    output.dim(3).set_extent(rows);
    set_affine_layout(output_affine_);
    schedule_stem(funcs_, problem_, {tile_panels, columns, group, 0, prefetch_output}, out_panels);
  }

  Prefetches prefetches() const override {
    Prefetches all;
    if (prefetch_output != 0)
      all.push_back(make_prefetch(PrefetchedStores{
          funcs_.output.name(), TileGroup{tile_panels, columns, group, out_width}.stored_columns(),
          tile_panels, panels(out_channels), panel_lanes * traits_of(element()).bytes}));
    return all;
  }

 private:
  Element element() const { return static_cast<Element>(maps.value()); }

  Input<Buffer<float, 1>>* output_affine_ = nullptr;
  StemProblem problem_{};
  StemFuncs funcs_;
};

}  // namespace
}  // namespace effnet

HALIDE_REGISTER_GENERATOR(effnet::Stem, stem)
