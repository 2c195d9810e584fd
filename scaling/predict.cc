#include "scaling/predict.h"

namespace effnet {

namespace {

double product(const Numbers& problem, std::initializer_list<const char*> names) {
  double result = 1;
  for (const char* name : names) {
    const auto number = problem.find(name);
    result *= number == problem.end() ? 0 : number->second;
  }
  return result;
}

}  // namespace

double multiply_adds(const std::string& operation, const Numbers& problem) {
  if (operation == "stem")
    return 3 * product(problem, {"out_width", "out_height", "out_channels", "kernel", "kernel"});
  if (operation == "squeeze_excite") return 2 * product(problem, {"channels", "squeezed"});
  if (operation == "classifier") return panel_lanes * product(problem, {"channels"});
  if (operation == "project" || operation == "head")
    return product(problem, {"channels", "out_channels", "pixels"});
  const double window = product(problem, {"out_width", "out_height", "out_channels", "kernel", "kernel"});
  return window + product(problem, {"expand", "width", "height", "channels", "out_channels"});
}

namespace {

const ScheduleRow* nearest_row(const ScheduleRows& rows, const Kernel& kernel, int threads) {
  constexpr std::size_t all = 100000;
  for (const ScheduleRow* row : rows.nearest(kernel.operation, kernel.problem, threads, all))
    if (serves(*row, threads) && row->microseconds > 0 && multiply_adds(kernel.operation, row->problem) > 0)
      return row;
  return nullptr;
}

class Predictor {
 public:
  Predictor(const Plan& plan, const ScheduleRows& rows, int threads)
      : plan_(plan), rows_(rows), threads_(threads) {}

  Result<Prediction> run() {
    for (const Step& step : plan_.steps) add(step);
    if (prediction_.exact + prediction_.scaled == 0)
      return Status::error("there is no schedule row for " + plan_.target.name + " with " +
                           std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads") +
                           " to predict a latency from; effnetc tune makes some, --target takes another");
    const double known = prediction_.exact + prediction_.scaled, all = known + prediction_.guessed;
    const double microseconds = microseconds_ * all / known;
    return Prediction{microseconds / 1000, prediction_.exact / all, prediction_.scaled / all,
                      prediction_.guessed / all};
  }

 private:
  void add(const Step& step) {
    const Kernel& kernel = plan_.kernels[step.kernel];
    const ScheduleRow* row = rows_.find(kernel.operation, kernel.problem, threads_);
    const bool exact = row && row->microseconds > 0;
    if (!exact) row = nearest_row(rows_, kernel, threads_);
    if (!row) {
      prediction_.guessed += step.multiply_adds;
      return;
    }
    const double scale = exact ? 1
                               : multiply_adds(kernel.operation, kernel.problem) /
                                     multiply_adds(kernel.operation, row->problem);
    microseconds_ += row->microseconds * scale;
    (exact ? prediction_.exact : prediction_.scaled) += step.multiply_adds;
  }

  const Plan& plan_;
  const ScheduleRows& rows_;
  int threads_;
  double microseconds_ = 0;
  Prediction prediction_;  // with multiply-adds for shares, until the end
};

}  // namespace

Result<Prediction> predict_latency(const Plan& plan, const ScheduleRows& rows, int threads) {
  return Predictor(plan, rows, threads).run();
}

}  // namespace effnet
