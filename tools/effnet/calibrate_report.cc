#include "tools/effnet/calibrate_report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace effnet {
namespace {

void print_worst_tensors(const CalibrationOutcome& outcome) {
  constexpr std::size_t most = 8;
  const auto& tensors = outcome.calibration.tensors;
  std::vector<std::string> worst = outcome.tensors;
  std::erase_if(worst, [&](const std::string& tensor) { return !outcome.stored.contains(tensor); });
  std::stable_sort(worst.begin(), worst.end(), [&](const std::string& a, const std::string& b) {
    return tensors.at(a).loss > tensors.at(b).loss;
  });
  worst.resize(std::min(worst.size(), most));
  std::printf("%-22s %10s %10s %10s %6s %10s\n", "tensors that lose most", "minimum", "maximum", "step",
              "zero", "loss");
  for (const std::string& name : worst) {
    const CalibratedTensor& t = tensors.at(name);
    std::printf("%-22s %10.4g %10.4g %10.4g %6d %10.2g\n", name.c_str(), t.minimum, t.maximum,
                static_cast<double>(t.scale), t.zero_point, t.loss);
  }
}

}  // namespace

void print_json(const std::string& file, const CalibrationOutcome& outcome) {
  const Calibration& calibration = outcome.calibration;
  auto tensors = nlohmann::ordered_json::array(), blocks = nlohmann::ordered_json::array();
  for (const std::string& name : outcome.tensors) {
    const CalibratedTensor& t = calibration.tensors.at(name);
    tensors.push_back({{"tensor", name},
                       {"minimum", t.minimum},
                       {"maximum", t.maximum},
                       {"scale", t.scale},
                       {"zero_point", t.zero_point},
                       {"loss", t.loss},
                       {"stored", outcome.stored.contains(name)}});
  }
  for (const BlockLoss& b : outcome.measured.blocks) blocks.push_back({{"block", b.block}, {"loss", b.loss}});
  const nlohmann::ordered_json json = {{"file", file},
                                       {"network", calibration.network},
                                       {"pictures", calibration.pictures},
                                       {"method", calibration.method},
                                       {"tensors", tensors},
                                       {"blocks", blocks},
                                       {"kept", calibration.kept},
                                       {"loss", outcome.measured.loss}};
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_text(const std::string& file, const CalibrationOutcome& outcome) {
  const Calibration& calibration = outcome.calibration;
  const LossBudget& measured = outcome.measured;
  std::printf("%s: %zu tensors of %s, from %lld pictures by %s\n\n", file.c_str(), outcome.tensors.size(),
              calibration.network.c_str(), static_cast<long long>(calibration.pictures),
              calibration.method.c_str());
  print_worst_tensors(outcome);
  if (!measured.kept.empty())
    std::printf("\nkept in floats, and what rounding each alone costs the scores:\n");
  for (std::size_t i = 0; i < measured.kept.size(); ++i)
    std::printf("%-22s %.2g\n", measured.kept[i].c_str(), measured.blocks[i].loss);
  std::printf("\nloss of the scores with all%s tensors rounded: %.2g\n",
              measured.kept.empty() ? "" : " other", measured.loss);
  if (!measured.kept.empty())
    std::printf(
        "effnetc compile needs --calibration %s, too: a library keeps the blocks that its weights keep\n",
        file.c_str());
}

}  // namespace effnet
