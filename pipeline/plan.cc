#include "pipeline/plan.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "generators/pointwise/schedule.h"
#include "pipeline/arena.h"
#include "pipeline/in_place.h"
#include "pipeline/observe.h"
#include "pipeline/schedule_choice.h"
#include "pipeline/step_text.h"

namespace effnet {

namespace {

double size_of(const Shape& s) { return static_cast<double>(s.height) * s.width * s.channels; }

class Planner {
 public:
  Planner(const Network& network, const PlanOptions& options)
      : min_memory_(options.min_memory), observe_(options.observe), schedules_(options) {
    plan_.network = network;
    plan_.target = options.target;
    plan_.precision = options.precision;
    plan_.tensors = packed_tensors(network, options.precision);
    const PrecisionTraits& precision = traits_of(options.precision);
    const bool affine = traits_of(precision.maps).affine;
    precision_types_ = {affine || options.target.machine.bf16 ? precision.maps : Element::f32,
                        precision.weights, affine && !options.target.machine.dot};
    for (std::size_t i = 0; i < plan_.tensors.size(); ++i)
      tensor_[plan_.tensors[i].name] = static_cast<int>(i);
  }

  Plan run() {
    const Network& n = plan_.network;
    take_types_of(n.blocks.front().expand);
    int map = stem(n.stem);
    for (std::size_t i = 0; i < n.blocks.size(); ++i) {
      take_types_of(n.blocks[i].expand);
      const bool next_kept = i + 1 < n.blocks.size() && n.blocks[i + 1].expand.kept;
      block_output_ = next_kept ? Element::f32 : precision_types_.maps;
      map = mbconv(n.blocks[i], map);
    }
    take_types_of(n.head);
    const int features = head(n.head, map);
    classifier(n.classifier, features);
    finish();
    return std::move(plan_);
  }

 private:
  void take_types_of(const Layer& layer) {
    types_ = layer.kept ? MatrixTypes() : precision_types_;
    taps_ = layer.kept ? Element::f32 : traits_of(plan_.precision).taps;
  }

  // --- buffers ---

  // `pixels` of padded(channels) elements.
  int new_buffer(const std::string& name, std::int64_t pixels, int channels, Element element) {
    const std::int64_t bytes = pixels * padded(channels) * traits_of(element).bytes;
    plan_.buffers.push_back({name, (bytes + 63) / 64 * 64, next_step(), next_step(), -1, bytes, -1, element});
    if (traits_of(element).affine) plan_.buffers.back().affine = name + ".affine";
    return static_cast<int>(plan_.buffers.size()) - 1;
  }
  std::int64_t element_bytes(int buffer) const { return traits_of(plan_.buffers[buffer].element).bytes; }
  // Room for what the tiles of a later step read past the end of a map.
  void widen(int buffer, std::int64_t elements) {
    Buffer& b = plan_.buffers[buffer];
    b.bytes = std::max(b.bytes, (elements * element_bytes(buffer) + 63) / 64 * 64);
  }
  int next_step() const { return static_cast<int>(plan_.steps.size()); }

  // --- arguments ---

  // `block_panels`: of a task, where tasks differ in them.
  Argument weight(const std::string& name, const std::string& tensor, int block_panels = 0) const {
    const PackedTensor& packed = plan_.tensors[tensor_.at(tensor)];
    const int all_panels = packed.shape.size() == 1 ? packed.shape[0] / panel_lanes : packed.shape[0];
    return {name, Place::weight, tensor_.at(tensor), packed.bytes() / all_panels * block_panels, 0};
  }
  bool has_scale() const { return traits_of(types_.weights).scaled; }
  void add_affine(Step& step, const std::string& name, int buffer) const {
    const std::string& tensor = plan_.buffers[buffer].affine;
    if (!tensor.empty()) step.arguments.push_back(weight(name, tensor));
  }
  Argument activation(const std::string& name, int buffer, std::int64_t block_elements = 0,
                      std::int64_t strip_elements = 0) const {
    return {name, Place::activation, buffer, block_elements * element_bytes(buffer),
            strip_elements * element_bytes(buffer)};
  }
  static Argument other(const std::string& name, Place place, int index = 0) {
    return {name, place, index, 0, 0};
  }

  // --- kernels and steps ---

  Step& add_step(const std::string& name, const std::string& operation, const std::string& op_name,
                 const Numbers& problem, const std::string& detail) {
    return add_step(name, operation + " " + detail, op_name, problem,
                    schedules_.choose(find_operator(op_name), problem));
  }
  Step& add_step(const std::string& name, const std::string& description, const std::string& op_name,
                 const Numbers& problem, const Numbers& schedule) {
    const Operator& op = find_operator(op_name);
    Kernel kernel{op_name, problem, schedule};
    const auto [found, is_new] = kernel_.emplace(kernel, static_cast<int>(plan_.kernels.size()));
    if (is_new) {
      plan_.scratch_bytes = std::max(plan_.scratch_bytes, op.scratch_bytes(problem, kernel.schedule));
      plan_.kernels.push_back(kernel);
    }
    Step step;
    step.name = name;
    step.operation = description;
    step.kernel = found->second;
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back();
  }
  const Numbers& schedule_of(const Step& step) const { return plan_.kernels[step.kernel].schedule; }

  // Every buffer that an argument names lives at the last step.
  void touch_buffers() {
    const int now = next_step() - 1;
    for (const Argument& argument : plan_.steps.back().arguments) {
      if (argument.place != Place::activation) continue;
      Buffer& b = plan_.buffers[argument.index];
      b.last_step = std::max(b.last_step, now);
    }
  }

  void split_rows(Step& step, int rows) const {
    step.strip_rows = schedule_of(step).at("strip_rows");
    step.total_rows = rows;
    step.strips = (rows + step.strip_rows - 1) / step.strip_rows;
  }

  // --- operators ---

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
    Step& step = add_step("stem", "stem", "stem", problem, describe(layer.in, layer));
    split_rows(step, layer.out.height);
    step.arguments = {other("input", Place::input), weight("weight", "stem.weight"),
                      weight("bias", "stem.bias"), other("first_row", Place::first_row),
                      other("rows", Place::rows)};
    add_affine(step, "output_affine", out);
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("output", out, 0, row * step.strip_rows));
    account(step, multiply_adds(layer), layer.activation, size_of(layer.out),
            size_of(layer.in) * 4 + map_bytes(layer.out, element));
    touch_buffers();
    return out;
  }

  // Shorter types lose what the first depthwise layer makes of small differences between pixels: of Lite2's logits
  // they take a cosine of 0.996 to float32's, where all later maps together take 0.9998. Where it is read in pairs by an
  // expansion it has to be short.
  Element stem_element() const {
    return plan_.network.blocks.front().has_expand ? types_.maps : Element::f32;
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
    set_types(problem, {types_.maps, expand ? types_.weights : Element::f32, types_.pairs});
    if (taps_ != Element::f32) problem["taps"] = static_cast<int>(taps_);
    const Element in_element = plan_.buffers[map].element;
    if (in_element != types_.maps) problem["wide_input"] = 1;
    const int channels = dw.out.channels;
    const std::int64_t row = static_cast<std::int64_t>(dw.out.width) * padded(channels);
    const int out =
        new_buffer(block.name + ".depthwise", static_cast<std::int64_t>(dw.out.width) * dw.out.height,
                   channels, types_.maps);
    const int sums = squeeze ? new_buffer(block.name + ".sums", dw.out.height, channels, Element::f32) : -1;
    Numbers schedule = schedules_.choose(find_operator(op), problem);
    if (min_memory_ && depthwise_in_place(block)) {
      plan_.buffers[out].in_place_of = map;
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
      widen(map,
            (static_cast<std::int64_t>(in.height) * in.width + s.at("expand_columns")) * padded(in.channels));
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
            expanded + size_of(dw.out), map_bytes(in, in_element) + map_bytes(dw.out));
    if (expand && types_.multiplies_together())
      step.paired_multiply_adds = static_cast<double>(multiply_adds(block.expand));
    touch_buffers();
    return {out, sums};
  }

  int squeeze_excite(const Block& block, int sums) {
    const Layer& layer = block.squeeze_excite;
    const Shape map = block.depthwise.out;
    Numbers problem = {{"channels", map.channels}, {"squeezed", layer.squeezed}};
    set_types(problem, {Element::f32, types_.weights});
    const int gate = new_buffer(block.name + ".gate", 1, map.channels, Element::f32);
    if (types_.affine()) plan_.buffers[gate].affine = layer.name + ".affine";
    Step& step = add_step(layer.name, "squeeze_excite", "squeeze_excite", problem,
                          std::to_string(map.channels) + " -> " + std::to_string(layer.squeezed) + " -> " +
                              std::to_string(map.channels));
    step.arguments = {other("rows", Place::constant, map.height),
                      other("pixels", Place::constant, map.height * map.width),
                      activation("sums", sums),
                      weight("reduce_weight", layer.name + ".reduce.weight"),
                      weight("reduce_bias", layer.name + ".reduce.bias"),
                      weight("expand_weight", layer.name + ".expand.weight"),
                      weight("expand_bias", layer.name + ".expand.bias")};
    if (has_scale()) {
      step.arguments.push_back(weight("reduce_scale", layer.name + ".reduce.scale"));
      step.arguments.push_back(weight("expand_scale", layer.name + ".expand.scale"));
    }
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back(activation("gate", gate));
    account(step, multiply_adds(layer), Activation::swish, layer.squeezed + map.channels,
            4.0 * map.channels * (map.height + 1));
    touch_buffers();
    return gate;
  }

  int project(const Block& block, int wide, int gate, int residual) {
    const Layer& layer = block.project;
    int in_place_of = -1;
    const bool may = min_memory_ && block_output_ == types_.maps;
    if (may && residual >= 0) in_place_of = residual;
    if (observe_ && gate >= 0) wide = add_gated_map(plan_, block, wide), gate = -1;
    if (may && project_in_place(block, plan_.target.machine)) in_place_of = wide;
    return pointwise(block.name + ".project", "project", layer, wide, gate, residual, -1, in_place_of);
  }

  int head(const Layer& layer, int map) {
    const int features = new_buffer("features", 1, layer.out.channels, Element::f32);
    plan_.last_map_buffer = pointwise("head", "head", layer, map, -1, -1, features, -1);
    plan_.features_buffer = features;
    return features;
  }

  int pointwise(const std::string& name, const std::string& op, const Layer& layer, int map, int gate,
                int residual, int average, int in_place_of) {
    const int channels = layer.out.channels;
    const std::int64_t pixels = static_cast<std::int64_t>(layer.out.width) * layer.out.height;
    Numbers problem = {
        {"channels", layer.in.channels},
        {"out_channels", channels},
        {"pixels", static_cast<int>(pixels)},
        {"activation", static_cast<int>(layer.activation)},
        {"gated",
         static_cast<int>(gate >= 0 ? gate_of(static_cast<int>(pixels), channels, types_) : Gate::none)},
        {"adds_residual", residual >= 0},
        {"averages", average >= 0}};
    set_types(problem, types_);
    // The caller reads the last map and its average.
    const Element element = average >= 0 ? Element::f32 : block_output_;
    if (average < 0 && element != types_.maps) problem["stored"] = static_cast<int>(element);
    const int out = new_buffer(name, pixels, channels, element);
    Numbers schedule = schedules_.choose(find_operator(op), problem);
    plan_.buffers[out].in_place_of = in_place_of;
    if (in_place_of == map)
      schedule = one_task(schedule, channels, static_cast<int>(pixels), plan_.target.machine);
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
            map_bytes(layer.in) + size_of(layer.out) * static_cast<double>(element_bytes(out)) +
                (residual >= 0 ? map_bytes(layer.out) : 0));
    if (types_.multiplies_together()) step.paired_multiply_adds = step.multiply_adds;
    touch_buffers();
    return out;
  }

  void classifier(const Layer& layer, int features) {
    const int channels = layer.in.channels;
    Numbers problem = {{"channels", channels}};
    set_types(problem, {Element::f32, types_.weights});
    Step& step = add_step("classifier", "classifier", "classifier", problem,
                          std::to_string(channels) + " -> " + std::to_string(layer.out.channels));
    step.blocks = panels(layer.out.channels);
    step.arguments = {activation("features", features), weight("weight", "classifier.weight", 1),
                      weight("bias", "classifier.bias", 1)};
    if (has_scale()) step.arguments.push_back(weight("scale", "classifier.scale", 1));
    step.arguments.push_back(other("scratch", Place::scratch));
    step.arguments.push_back({"logits", Place::logits, 0, 4 * panel_lanes, 0});
    account(step, multiply_adds(layer), Activation::none, 0, 4.0 * (channels + layer.out.channels));
    touch_buffers();
  }

  static double map_bytes(const Shape& shape, Element element) {
    return size_of(shape) * traits_of(element).bytes;
  }
  double map_bytes(const Shape& shape) const { return map_bytes(shape, types_.maps); }

  // `bytes`: of activations read and written; the weights are added here.
  void account(Step& step, std::int64_t products, Activation activation, double evaluations,
               double bytes) const {
    step.multiply_adds = static_cast<double>(products);
    step.activations = activation == Activation::swish ? evaluations : 0;
    step.bytes = bytes;
    for (const Argument& argument : step.arguments) {
      if (argument.place != Place::weight) continue;
      step.bytes += static_cast<double>(plan_.tensors[argument.index].bytes());
    }
  }

  void finish() {
    // The caller may read the features and the last map after the run.
    for (const int kept : {plan_.features_buffer, plan_.last_map_buffer})
      plan_.buffers[kept].last_step = next_step() - 1;
    plan_.activation_bytes = place_buffers(plan_.buffers);
    plan_.scratch_bytes = (plan_.scratch_bytes + 63) / 64 * 64;
    plan_.warnings = schedules_.warnings();
  }

  MatrixTypes precision_types_;  // of maps, on this target, and of the weights that are not always float32
  MatrixTypes types_;            // the same of the layers that are planned now
  Element taps_ = Element::f32, block_output_ = Element::f32;
  bool min_memory_, observe_;
  ScheduleChoice schedules_;
  Plan plan_;
  std::map<std::string, int> tensor_;
  std::map<Kernel, int> kernel_;
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
