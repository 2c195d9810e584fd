#include "tools/effnet/rounded_run.h"

#include <numeric>

namespace effnet {
namespace {

void round_tensor(const effnet_observed& tensor, const Steps& steps) {
  const int pixels = tensor.height * tensor.width;
  for (int pixel = 0; pixel < pixels; ++pixel)
    round_to_steps({tensor.values + static_cast<std::ptrdiff_t>(pixel) * tensor.stride,
                    static_cast<std::size_t>(tensor.channels)},
                   steps);
}

double square(double x) { return x * x; }

}  // namespace

Result<RoundedRun> RoundedRun::create(const Model& model, std::map<std::string, Steps> steps,
                                      std::vector<std::vector<float>> inputs) {
  RoundedRun run(model, std::move(steps), std::move(inputs));
  for (const std::vector<float>& input : run.inputs_) {
    Result<std::vector<float>> exact = run.scores(input, [](const std::string&) { return false; });
    if (!exact) return exact.status();
    run.exact_.push_back(*std::move(exact));
  }
  return run;
}

Result<std::vector<float>> RoundedRun::scores(const std::vector<float>& input,
                                              const RoundedTensors& rounded) const {
  std::vector<float> logits(static_cast<std::size_t>(model_->info().classes));
  const Status status = model_->run_observed(input.data(), logits.data(), [&](const effnet_observed& tensor) {
    const auto steps = steps_.find(tensor.tensor);
    if (steps != steps_.end() && rounded(tensor.tensor)) round_tensor(tensor, steps->second);
  });
  return status ? Result<std::vector<float>>(std::move(logits)) : status;
}

Result<double> RoundedRun::loss(const RoundedTensors& rounded) const {
  double noise = 0, signal = 0;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Result<std::vector<float>> scored = scores(inputs_[i], rounded);
    if (!scored) return scored.status();
    const std::vector<float>& exact = exact_[i];
    const double mean = std::accumulate(exact.begin(), exact.end(), 0.0) / static_cast<double>(exact.size());
    for (std::size_t c = 0; c < exact.size(); ++c) {
      noise += square(static_cast<double>((*scored)[c]) - exact[c]);
      signal += square(exact[c] - mean);
    }
  }
  return signal > 0 ? noise / signal : 0;
}

}  // namespace effnet
