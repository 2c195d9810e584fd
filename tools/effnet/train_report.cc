#include "tools/effnet/train_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tasks/confusion_text.h"

namespace effnet {
namespace {

using nlohmann::ordered_json;

void print_evaluation(const char* title, const Evaluation& seen, const std::vector<std::string>& labels) {
  std::printf("%s: accuracy %.2f %% of %lld pictures, loss %.4f\n\n%s\n%s\n", title,
              100 * accuracy(seen.confusion), static_cast<long long>(seen.confusion.total()), seen.loss,
              class_table(seen.confusion, labels).c_str(), confusion_table(seen.confusion, labels).c_str());
}

ordered_json as_json(const Evaluation& seen, const std::vector<std::string>& labels) {
  const Confusion& confusion = seen.confusion;
  auto matrix = ordered_json::array(), classes = ordered_json::array();
  for (int label = 0; label < confusion.classes; ++label) {
    auto row = ordered_json::array();
    for (int predicted = 0; predicted < confusion.classes; ++predicted)
      row.push_back(confusion.at(label, predicted));
    matrix.push_back(row);
    const ClassQuality quality = class_quality(confusion, label);
    classes.push_back({{"label", labels[static_cast<std::size_t>(label)]},
                       {"pictures", confusion.of_class(label)},
                       {"precision", quality.precision},
                       {"recall", quality.recall},
                       {"f1", quality.f1}});
  }
  return {{"accuracy", accuracy(confusion)},
          {"loss", seen.loss},
          {"pictures", confusion.total()},
          {"classes", classes},
          {"confusion", matrix}};
}

std::string judged_title(const TrainReport& report) {
  if (report.left_out) return "each picture judged by the others";
  return report.refit ? "validation (by the head before it was trained again on all pictures)" : "validation";
}

}  // namespace

void print_text(const TrainReport& report) {
  std::printf("%s: %zu classes, %zu pictures for training, %zu for validation (seed %llu)\n",
              report.network.c_str(), report.labels.size(), report.training, report.validation, report.seed);
  std::printf("features: %zu computed, %zu from the cache (%.1f s)\n", report.features_computed,
              report.features_cached, report.feature_seconds);
  if (report.strengths_tried > 0)
    std::printf("%s: L2 %g (%d tried), %d iterations, loss %.4f (%.1f s)\n", report.method.c_str(), report.l2,
                report.strengths_tried, report.iterations, report.loss, report.training_seconds);
  else
    std::printf("%s (%.1f s)\n", report.method.c_str(), report.training_seconds);
  if (report.judged) print_evaluation(judged_title(report).c_str(), *report.judged, report.labels);
  if (report.tested)
    print_evaluation(("test on " + report.test_folder).c_str(), *report.tested, report.labels);
  std::printf("%s: a head of %zu classes\n%s: the confusion matrix\n", report.head.c_str(),
              report.labels.size(), report.confusion_picture.c_str());
}

void print_json(const TrainReport& report) {
  ordered_json json = {{"network", report.network},
                       {"method", report.method},
                       {"labels", report.labels},
                       {"seed", report.seed},
                       {"training_pictures", report.training},
                       {"validation_pictures", report.validation},
                       {"skipped_pictures", report.skipped},
                       {"views", report.views},
                       {"features_computed", report.features_computed},
                       {"features_cached", report.features_cached},
                       {"feature_seconds", report.feature_seconds},
                       {"training_seconds", report.training_seconds}};
  if (report.strengths_tried > 0) {
    json["l2"] = report.l2;
    json["iterations"] = report.iterations;
    json["loss"] = report.loss;
    json["trained_again_on_all"] = report.refit;
  }
  if (report.judged)
    json[report.left_out ? "leave_one_out" : "validation"] = as_json(*report.judged, report.labels);
  if (report.tested) json["test"] = as_json(*report.tested, report.labels);
  json["head"] = report.head;
  json["confusion_picture"] = report.confusion_picture;
  std::printf("%s\n", json.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
}

}  // namespace effnet
