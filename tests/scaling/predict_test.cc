// Latencies from rows.
#include "scaling/predict.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet {
namespace {

Plan plan_of(const std::string& name, int resolution) {
  NetworkConfig config = *find_network(name);
  config.resolution = resolution;
  PlanOptions options;
  options.target = *find_target("x86-64-v3");
  Result<Plan> plan = make_plan(*build_network(config), options);
  REQUIRE(plan);
  return *std::move(plan);
}

const Kernel& kernel_of(const Plan& plan, const Step& step) { return plan.kernels[step.kernel]; }

ScheduleRow row_for(const Kernel& kernel, double microseconds, int threads = 1) {
  ScheduleRow row;
  row.problem = kernel.problem;
  row.schedule = kernel.schedule;
  row.threads = threads;
  row.microseconds = microseconds;
  return row;
}

// Rows of every step of the plan, one microsecond for a million multiply-adds.
ScheduleRows rows_for(const Plan& plan, int threads = 1) {
  ScheduleRows rows;
  for (const Step& step : plan.steps)
    rows.add(kernel_of(plan, step).operation,
             row_for(kernel_of(plan, step), step.multiply_adds / 1e6, threads));
  return rows;
}

TEST_CASE("a problem's multiply-adds are its step's") {
  for (const char* name : {"efficientnet_b0", "tf_efficientnet_lite0"}) {
    const Plan plan = plan_of(name, 97);
    for (const Step& step : plan.steps) {
      INFO(step.operation);
      const Kernel& kernel = kernel_of(plan, step);
      const int panels = kernel.operation == "classifier" ? step.blocks : 1;
      const double count = panels * multiply_adds(kernel.operation, kernel.problem);
      // The classifier's last panel may be half empty.
      CHECK(count == Approx(step.multiply_adds).epsilon(kernel.operation == "classifier" ? 0.02 : 1e-12));
    }
  }
}

TEST_CASE("with rows of all steps the prediction is their sum") {
  const Plan plan = plan_of("efficientnet_b0", 64);
  const Result<Prediction> prediction = predict_latency(plan, rows_for(plan), 1);
  REQUIRE(prediction);
  CHECK(prediction->milliseconds == Approx(static_cast<double>(multiply_adds(plan.network)) / 1e9));
  CHECK(prediction->exact == Approx(1));
  CHECK(prediction->guessed == 0);
}

TEST_CASE("steps without a row take the nearest row's time by multiply-adds") {
  const Plan small = plan_of("efficientnet_b0", 64), large = plan_of("efficientnet_b0", 128);
  const Result<Prediction> prediction = predict_latency(large, rows_for(small), 1);
  REQUIRE(prediction);
  CHECK(prediction->exact < 0.05);  // squeeze-excite and classifier
  CHECK(prediction->scaled > 0.95);
  // All rows are equally fast, so that the result is known.
  CHECK(prediction->milliseconds ==
        Approx(static_cast<double>(multiply_adds(large.network)) / 1e9).epsilon(1e-3));
}

TEST_CASE("operators without any row get the mean speed of the others") {
  const Plan plan = plan_of("efficientnet_b0", 64);
  ScheduleRows rows;
  for (const Step& step : plan.steps)
    if (kernel_of(plan, step).operation == "project")
      rows.add("project", row_for(kernel_of(plan, step), step.multiply_adds / 1e6));
  const Result<Prediction> prediction = predict_latency(plan, rows, 1);
  REQUIRE(prediction);
  CHECK(prediction->milliseconds == Approx(static_cast<double>(multiply_adds(plan.network)) / 1e9));
  CHECK(prediction->guessed > 0.3);
  CHECK(prediction->exact + prediction->guessed == Approx(1));
}

TEST_CASE(
    "without rows, or with rows for fewer threads or for several in place of one, there is no prediction") {
  const Plan plan = plan_of("efficientnet_b0", 64);
  const Result<Prediction> none = predict_latency(plan, ScheduleRows(), 1);
  REQUIRE_FALSE(none);
  CHECK_THAT(none.message(), Catch::Contains("x86-64-v3") && Catch::Contains("effnetc tune"));
  CHECK_FALSE(predict_latency(plan, rows_for(plan, 2), 1));
  CHECK_FALSE(predict_latency(plan, rows_for(plan, 1), 2));
  CHECK_FALSE(predict_latency(plan, rows_for(plan, 2), 4));
  CHECK(predict_latency(plan, rows_for(plan, 4), 3));
}

}  // namespace
}  // namespace effnet
