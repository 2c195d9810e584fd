#include "pipeline/plan.h"

#include "base/text.h"
#include "generators/pointwise/schedule.h"
#include "pipeline/in_place.h"
#include "pipeline/observe.h"
#include "pipeline/plan_builder.h"
#include "pipeline/step_text.h"

namespace effnet {

namespace {

// One function an operator.
class Planner : PlanBuilder {
 public:
  Planner(const Network& network, const PlanOptions& options)
      : PlanBuilder(network, options), min_memory_(options.min_memory), observe_(options.observe) {
    const PrecisionTraits& precision = traits_of(options.precision);
    const bool affine = traits_of(precision.maps).affine;
    precision_types_ = {affine || options.target.machine.bf16 ? precision.maps : Element::f32,
                        precision.weights, affine && !options.target.machine.dot};
  }

  Plan run() {
    const Network& n = plan().network;
    take_types_of(n.blocks.front().expand);
    int map = stem(n.stem);
    for (std::size_t i = 0; i < n.blocks.size(); ++i) {
      take_types_of(n.blocks[i].expand);
      const bool next_kept = i + 1 < n.blocks.size() && n.blocks[i + 1].expand.kept;
      block_output_ = next_kept ? Element::f32 : precision_types_.maps;
      map = mbconv(n.blocks[i], map);
    }
    take_types_of(n.head);
    const auto [last_map, features] = head(n.head, map);
    classifier(n.classifier, features);
    return finish(features, last_map);
  }

 private:
  void take_types_of(const Layer& layer) {
    types_ = layer.kept ? MatrixTypes() : precision_types_;
    taps_ = layer.kept ? Element::f32 : traits_of(plan().precision).taps;
  }
  bool has_scale() const { return traits_of(types_.weights).scaled; }
  double map_bytes(const Shape& shape) const { return effnet::map_bytes(shape, types_.maps); }

  int stem(const Layer& layer) {
    Numbers problem = {{"resolution", layer.in.width},
                       {"out_width", layer.out.width},
                       {"out_height", layer.out.height},
                       {"out_channels", layer.out.channels},
                       {"kernel", layer.kernel},
                       {"stride", layer.stride},
                       {"top", layer.border.top},
                       {"left", layer.border.left},
                       {"activation", static_cast<int>(layer.activation)}};
    const Element element = stem_element();
    set_types(problem, {element, Element::f32});
    const std::int64_t row = static_cast<std::int64_t>(layer.out.width) * padded(layer.out.channels);
    const int out = new_buffer("stem", static_cast<std::int64_t>(layer.out.width) * layer.out.height,
                               layer.out.channels, element);
    Step& step = add_step("stem", "stem " + describe(layer.in, layer), "stem", problem,
                          choose_schedule("stem", problem));
    split_rows(step, layer.out.height);
    step.arguments = {other("input", Place::input), weight("weight", "stem.weight"),
                      weight("bias", "stem.bias"), other("first_row", Place::first_row),
                      other("rows", Place::rows)};
    add_affine(step, "output_affine", out);
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("output", out, 0, row * step.strip_rows));
    account(step, multiply_adds(layer), layer.activation, size_of(layer.out),
            size_of(layer.in) * 4 + effnet::map_bytes(layer.out, element));
    return out;
  }

  // Shorter types lose what the first depthwise layer makes of small differences between pixels: of Lite2's logits
  // they take a cosine of 0.996 to float32's, where all later maps together take 0.9998. What reads it as well as the
  // depthwise layer, or in its place, takes maps as they are between steps.
  Element stem_element() const {
    const Block& first = plan().network.blocks.front();
    return first.has_expand || first.residual ? types_.maps : Element::f32;
  }

  int mbconv(const Block& block, int map) {
    const auto [wide, sums] = expand_and_depthwise(block, map);
    const int gate = block.has_squeeze_excite ? squeeze_excite(block, sums) : -1;
    return project(block, wide, gate, block.residual ? map : -1);
  }

  // Returns the depthwise output and, where a squeeze-excite follows, its row sums.
  std::pair<int, int> expand_and_depthwise(const Block& block, int map) {
    const Layer& dw = block.depthwise;
    const bool expand = block.has_expand && !observe_, squeeze = block.has_squeeze_excite;
    if (block.has_expand && observe_)
      map = pointwise(block.name + ".expand", "project", block.expand, map, -1, -1, -1, -1);
    const Shape in = expand ? block.expand.in : dw.in;
    const std::string op = expand ? "expand_depthwise" : "depthwise";
    Numbers problem = {{"height", in.height},
                       {"width", in.width},
                       {"channels", in.channels},
                       {"out_width", dw.out.width},
                       {"out_height", dw.out.height},
                       {"out_channels", dw.out.channels},
                       {"kernel", dw.kernel},
                       {"stride", dw.stride},
                       {"top", dw.border.top},
                       {"left", dw.border.left},
                       {"activation", static_cast<int>(dw.activation)},
                       {"expand", expand},
                       {"squeeze", squeeze}};
    set_types(problem, {types_.maps, expand ? types_.weights : Element::f32, types_.widened});
    if (taps_ != Element::f32) problem["taps"] = static_cast<int>(taps_);
    const Element in_element = buffer(map).element;
    if (in_element != types_.maps) problem["wide_input"] = 1;
    const int channels = dw.out.channels;
    const std::int64_t row = static_cast<std::int64_t>(dw.out.width) * padded(channels);
    const int out =
        new_buffer(block.name + ".depthwise", static_cast<std::int64_t>(dw.out.width) * dw.out.height,
                   channels, types_.maps);
    const int sums = squeeze ? new_buffer(block.name + ".sums", dw.out.height, channels, Element::f32) : -1;
    Numbers schedule = choose_schedule(op, problem);
    if (min_memory_ && depthwise_in_place(block)) {
      buffer(out).in_place_of = map;
      schedule = in_element == types_.maps ? one_strip(schedule, dw.out.height)
                                           : one_depthwise_task(schedule, dw.out.height, channels);
    }
    Step& step =
        add_step(block.name + "." + op, op + " " + describe(in, dw) + kernel_text(dw), op, problem, schedule);
    split_rows(step, dw.out.height);
    const Numbers& s = schedule_of(step);
    const int block_panels = s.at("block_panels");
    step.blocks = panels(channels) / block_panels;
    const std::int64_t block_channels = static_cast<std::int64_t>(block_panels) * panel_lanes;
    const std::string prefix = block.name + ".depthwise";
    step.arguments = {weight("weight", prefix + ".weight", block_panels),
                      weight("bias", prefix + ".bias", block_panels), other("first_row", Place::first_row),
                      other("rows", Place::rows), activation("input", map, expand ? 0 : block_channels)};
    if (expand) {
      step.arguments.push_back(weight("expand_weight", block.name + ".expand.weight", block_panels));
      step.arguments.push_back(weight("expand_bias", block.name + ".expand.bias", block_panels));
      if (has_scale())
        step.arguments.push_back(weight("expand_scale", block.name + ".expand.scale", block_panels));
    }
    add_affine(step, "input_affine", map);
    add_affine(step, "output_affine", out);
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("output", out, block_channels, row * step.strip_rows));
    if (squeeze)
      step.arguments.push_back(activation("sums", sums, block_channels,
                                          static_cast<std::int64_t>(padded(channels)) * step.strip_rows));
    const double expanded = expand ? size_of(block.expand.out) : 0;
    account(step, (expand ? multiply_adds(block.expand) : 0) + multiply_adds(dw), dw.activation,
            expanded + size_of(dw.out), effnet::map_bytes(in, in_element) + map_bytes(dw.out));
    if (expand && types_.multiplies_together())
      step.paired_multiply_adds = static_cast<double>(multiply_adds(block.expand));
    return {out, sums};
  }

  int squeeze_excite(const Block& block, int sums) {
    const Layer& layer = block.squeeze_excite;
    const Shape map = block.depthwise.out;
    Numbers problem = {{"channels", map.channels}, {"squeezed", layer.squeezed}};
    set_types(problem, {Element::f32, types_.weights});
    const int gate = new_buffer(block.name + ".gate", 1, map.channels, Element::f32);
    if (types_.affine()) buffer(gate).affine = layer.name + ".affine";
    const std::string op = "squeeze_excite", wide = std::to_string(map.channels);
    Step& step =
        add_step(layer.name, op + " " + wide + " -> " + std::to_string(layer.squeezed) + " -> " + wide, op,
                 problem, choose_schedule(op, problem));
    const int block_panels = schedule_of(step).at("block_panels");
    step.blocks = panels(map.channels) / block_panels;
    step.arguments = {other("rows", Place::constant, map.height),
                      other("pixels", Place::constant, map.height * map.width),
                      activation("sums", sums),
                      weight("reduce_weight", layer.name + ".reduce.weight"),
                      weight("reduce_bias", layer.name + ".reduce.bias"),
                      weight("expand_weight", layer.name + ".expand.weight", block_panels),
                      weight("expand_bias", layer.name + ".expand.bias", block_panels)};
    if (has_scale()) {
      step.arguments.push_back(weight("reduce_scale", layer.name + ".reduce.scale"));
      step.arguments.push_back(weight("expand_scale", layer.name + ".expand.scale", block_panels));
    }
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("gate", gate, std::int64_t{block_panels} * panel_lanes));
    account(step, multiply_adds(layer), Activation::swish, layer.squeezed + map.channels,
            4.0 * map.channels * (map.height + 1));
    return gate;
  }

  int project(const Block& block, int wide, int gate, int residual) {
    const Layer& layer = block.project;
    int in_place_of = -1;
    const bool may = min_memory_ && block_output_ == types_.maps;
    if (may && residual >= 0) in_place_of = residual;
    if (observe_ && gate >= 0) wide = copy_buffer(wide, block.name + ".gated"), gate = -1;
    // One task would keep a copy of the whole map in scratch where it does not multiply what is there.
    const bool copies = types_.widened || gate_of(layer, gate) == Gate::input;
    if (may && !copies && project_in_place(block, plan().target.machine)) in_place_of = wide;
    return pointwise(block.name + ".project", "project", layer, wide, gate, residual, -1, in_place_of);
  }

  Gate gate_of(const Layer& layer, int gate) const {
    if (gate < 0) return Gate::none;
    return effnet::gate_of(layer.out.width * layer.out.height, layer.out.channels, types_);
  }

  // Returns the last map and the features.
  std::pair<int, int> head(const Layer& layer, int map) {
    const int features = new_buffer("features", 1, layer.out.channels, Element::f32);
    return {pointwise("head", "head", layer, map, -1, -1, features, -1), features};
  }

  int pointwise(const std::string& name, const std::string& op, const Layer& layer, int map, int gate,
                int residual, int average, int in_place_of) {
    const int channels = layer.out.channels;
    const std::int64_t pixels = static_cast<std::int64_t>(layer.out.width) * layer.out.height;
    Numbers problem = {{"channels", layer.in.channels},
                       {"out_channels", channels},
                       {"pixels", static_cast<int>(pixels)},
                       {"activation", static_cast<int>(layer.activation)},
                       {"gated", static_cast<int>(gate_of(layer, gate))},
                       {"adds_residual", residual >= 0},
                       {"averages", average >= 0}};
    set_types(problem, types_);
    // The caller reads the last map and its average.
    const Element element = average >= 0 ? Element::f32 : block_output_;
    if (average < 0 && element != types_.maps) problem["stored"] = static_cast<int>(element);
    const int out = new_buffer(name, pixels, channels, element);
    Numbers schedule = choose_schedule(op, problem);
    buffer(out).in_place_of = in_place_of;
    if (in_place_of == map)
      schedule = one_task(schedule, channels, static_cast<int>(pixels), plan().target.machine);
    Step& step = add_step(name,
                          op + " " + describe(layer.in, layer) + (gate >= 0 ? " gated" : "") +
                              (residual >= 0 ? " residual" : ""),
                          op, problem, schedule);
    const Numbers& s = schedule_of(step);
    const int block_panels = s.at("block_panels");
    const std::int64_t block_pixels = s.at("block_pixels"),
                       block_channels = static_cast<std::int64_t>(block_panels) * panel_lanes;
    step.blocks = panels(channels) / block_panels;
    step.strips = static_cast<int>((pixels + block_pixels - 1) / block_pixels);
    // Tiles read and write whole: past the map's end in every buffer that they touch.
    const std::int64_t touched = step.strips * block_pixels;
    widen(map, touched * padded(layer.in.channels));
    widen(out, touched * padded(channels));
    if (residual >= 0) widen(residual, touched * padded(channels));
    const std::int64_t strip = block_pixels * padded(channels);
    step.arguments = {weight("weight", name + ".weight", block_panels),
                      weight("bias", name + ".bias", block_panels),
                      activation("input", map, 0, block_pixels * padded(layer.in.channels))};
    if (has_scale()) step.arguments.push_back(weight("scale", name + ".scale", block_panels));
    if (gate >= 0) step.arguments.push_back(activation("gate", gate));
    if (residual >= 0) step.arguments.push_back(activation("residual", residual, block_channels, strip));
    add_affine(step, "input_affine", map);
    if (gate >= 0) add_affine(step, "gated_affine", gate);
    if (residual >= 0) add_affine(step, "residual_affine", residual);
    add_affine(step, "output_affine", out);
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("output", out, block_channels, strip));
    if (average >= 0) step.arguments.push_back(activation("average", average, block_channels));
    account(step, multiply_adds(layer), layer.activation, size_of(layer.out),
            map_bytes(layer.in) + effnet::map_bytes(layer.out, element) +
                (residual >= 0 ? map_bytes(layer.out) : 0));
    if (types_.multiplies_together()) step.paired_multiply_adds = step.multiply_adds;
    return out;
  }

  void classifier(const Layer& layer, int features) {
    const int channels = layer.in.channels;
    Numbers problem = {{"channels", channels}};
    set_types(problem, {Element::f32, types_.weights});
    const std::string op = "classifier";
    Step& step =
        add_step(op, op + " " + std::to_string(channels) + " -> " + std::to_string(layer.out.channels), op,
                 problem, choose_schedule(op, problem));
    step.blocks = panels(layer.out.channels);
    step.arguments = {activation("features", features), weight("weight", "classifier.weight", 1),
                      weight("bias", "classifier.bias", 1)};
    if (has_scale()) step.arguments.push_back(weight("scale", "classifier.scale", 1));
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back({"logits", Place::logits, 0, 4 * panel_lanes, 0});
    account(step, multiply_adds(layer), Activation::none, 0, 4.0 * (channels + layer.out.channels));
  }

  MatrixTypes precision_types_;  // of maps, on this target, and of the weights that are not always float32
  MatrixTypes types_;            // the same of the layers that are planned now
  Element taps_ = Element::f32, block_output_ = Element::f32;
  bool min_memory_, observe_;
};

// Offsets and the kernels' indices stay far from what 32 bit index arithmetic holds.
constexpr std::int64_t most_arena_bytes = std::int64_t{1} << 32;

}  // namespace

Result<Plan> make_plan(const Network& network, const PlanOptions& options) {
  Plan plan = Planner(network, options).run();
  if (options.observe) add_observations(plan);
  if (plan.activation_bytes >= most_arena_bytes)
    return Status::error(network.name + ": the arena would need " +
                         std::to_string(plan.activation_bytes >> 20) +
                         " MiB, more than 4096: lower the resolution or the width");
  return plan;
}

std::size_t unique_steps(const Network& network) {
  PlanOptions options;
  options.target = cpu_targets().back();
  return Planner(network, options).run().kernels.size();
}

}  // namespace effnet
