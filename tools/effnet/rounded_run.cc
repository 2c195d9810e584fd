#include "tools/effnet/rounded_run.h"

namespace effnet {
namespace {

void round_tensor(const effnet_observed& tensor, const Steps& steps) {
  const int pixels = tensor.height * tensor.width;
  for (int pixel = 0; pixel < pixels; ++pixel)
    round_to_steps({tensor.values + static_cast<std::ptrdiff_t>(pixel) * tensor.stride,
                    static_cast<std::size_t>(tensor.channels)},
                   steps);
}

}  // namespace

Result<RoundedRun> RoundedRun::create(const Model& model, const Calibration& calibration,
                                      const std::map<std::string, std::string>& stored,
                                      std::vector<std::vector<float>> inputs) {
  RoundedRun run(model, std::move(inputs));
  for (const auto& [name, reader] : stored) {
    const CalibratedTensor& tensor = calibration.tensors.at(name);
    run.roundings_[name] = {{tensor.scale, tensor.zero_point}, reader};
  }
  for (const std::vector<float>& input : run.inputs_) {
    Result<std::vector<float>> exact = run.scores(input, [](const std::string&) { return false; });
    if (!exact) return exact.status();
    run.exact_.push_back(*std::move(exact));
  }
  return run;
}

Result<std::vector<float>> RoundedRun::scores(const std::vector<float>& input,
                                              const RoundedReaders& rounded) const {
  std::vector<float> logits(static_cast<std::size_t>(model_->info().classes));
  Status status = model_->run_observed(input.data(), logits.data(), [&](const effnet_observed& tensor) {
    const auto found = roundings_.find(tensor.tensor);
    if (found != roundings_.end() && rounded(found->second.reader)) round_tensor(tensor, found->second.steps);
  });
  if (status) status = model_->check_scores(logits);
  return status ? Result<std::vector<float>>(std::move(logits)) : status;
}

Result<double> RoundedRun::loss(const RoundedReaders& rounded) const {
  ScoreLoss loss;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Result<std::vector<float>> scored = scores(inputs_[i], rounded);
    if (!scored) return scored.status();
    loss.add(exact_[i], *scored);
  }
  return loss.value();
}

}  // namespace effnet
