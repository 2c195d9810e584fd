// What plans are put together from: buffers, arguments, steps with their kernels. Names no operator.
#pragma once

#include <map>
#include <string>

#include "pipeline/plan.h"
#include "pipeline/schedule_choice.h"

namespace effnet {

inline double size_of(const Shape& s) { return static_cast<double>(s.height) * s.width * s.channels; }

inline double map_bytes(const Shape& shape, Element element) {
  return size_of(shape) * traits_of(element).bytes;
}

class PlanBuilder {
 public:
  // `options` must outlive the builder.
  PlanBuilder(const Network& network, const PlanOptions& options);

  const Plan& plan() const { return plan_; }
  Buffer& buffer(int index) { return plan_.buffers[index]; }
  const Buffer& buffer(int index) const { return plan_.buffers[index]; }

  // `pixels` of padded(channels) elements, from the next step on.
  int new_buffer(const std::string& name, std::int64_t pixels, int channels, Element element);
  // Like another one, between the last step and a later one.
  int copy_buffer(int buffer, const std::string& name);
  // Room for what the tiles of a later step read past the end of a map.
  void widen(int buffer, std::int64_t elements);

  // `block_panels`: of a task, where tasks differ in them.
  Argument weight(const std::string& name, const std::string& tensor, int block_panels = 0) const;
  Argument activation(const std::string& name, int buffer, std::int64_t block_elements = 0,
                      std::int64_t strip_elements = 0) const;
  static Argument other(const std::string& name, Place place, int index = 0) {
    return {name, place, index, 0, 0};
  }
  // What the buffer's steps stand for, where it has any.
  void add_affine(Step& step, const std::string& name, int buffer) const;

  Numbers choose_schedule(const std::string& operation, const Numbers& problem);
  // The reference holds until the next one.
  Step& add_step(const std::string& name, const std::string& description, const std::string& operation,
                 const Numbers& problem, const Numbers& schedule);
  const Numbers& schedule_of(const Step& step) const { return plan_.kernels[step.kernel].schedule; }
  void split_rows(Step& step, int rows) const;

  // Of the last step, when its arguments are there. `bytes`: of activations read and written; the weights are added here.
  void account(Step& step, std::int64_t products, Activation activation, double evaluations, double bytes);

  // `features` and `last_map`: buffers that the caller reads after the run.
  Plan finish(int features, int last_map);

 private:
  int next_step() const { return static_cast<int>(plan_.steps.size()); }
  std::int64_t element_bytes(int buffer) const { return traits_of(plan_.buffers[buffer].element).bytes; }
  void touch_buffers();

  ScheduleChoice schedules_;
  Plan plan_;
  std::map<std::string, int> tensor_;
  std::map<Kernel, int> kernel_;
};

}  // namespace effnet
