#include "tasks/train_head.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tasks/evaluation.h"
#include "tasks/lbfgs.h"
#include "tasks/softmax_regression.h"

namespace effnet {
namespace {

constexpr double least_gain = 1e-4;  // of the validation loss, relative
constexpr int most_worse_strengths = 2;

const std::vector<double>& usual_strengths() {
  static const std::vector<double> strengths = {1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4};
  return strengths;
}

// x -> (x - mean) * scale for each feature.
struct Standardiser {
  std::vector<double> mean, scale;
};

// A feature that is constant gets the scale 0: it says nothing.
Standardiser standardiser(const Features& features) {
  const auto rows = static_cast<double>(features.rows());
  Standardiser out{std::vector<double>(features.width), std::vector<double>(features.width)};
  for (std::size_t row = 0; row < features.rows(); ++row)
    for (std::size_t i = 0; i < features.width; ++i)
      out.mean[i] += static_cast<double>(features.row(row)[i]) / rows;
  std::vector<double> variance(features.width);
  for (std::size_t row = 0; row < features.rows(); ++row)
    for (std::size_t i = 0; i < features.width; ++i) {
      const double off = static_cast<double>(features.row(row)[i]) - out.mean[i];
      variance[i] += off * off / rows;
    }
  for (std::size_t i = 0; i < features.width; ++i) {
    const double deviation = std::sqrt(variance[i]), nothing = 1e-6 * std::abs(out.mean[i]);
    out.scale[i] = deviation > nothing && std::isfinite(1 / deviation) ? 1 / deviation : 0;
  }
  return out;
}

std::vector<int> select_labels(std::span<const int> labels, const std::vector<std::size_t>& rows) {
  std::vector<int> out;
  out.reserve(rows.size());
  for (const std::size_t row : rows) out.push_back(labels[row]);
  return out;
}

void apply(const Standardiser& standard, Features& features) {
  for (std::size_t i = 0; i < features.values.size(); ++i) {
    const std::size_t column = i % features.width;
    features.values[i] = static_cast<float>(
        (static_cast<double>(features.values[i]) - standard.mean[column]) * standard.scale[column]);
  }
}

// A head for standardised features -> the same for features as they are.
LinearHead fold(LinearHead head, const Standardiser& standard) {
  for (std::size_t c = 0; c < head.bias.size(); ++c) {
    auto bias = static_cast<double>(head.bias[c]);
    for (std::size_t i = 0; i < head.features; ++i) {
      float& weight = head.weight[c * head.features + i];
      weight = static_cast<float>(static_cast<double>(weight) * standard.scale[i]);
      bias -= static_cast<double>(weight) * standard.mean[i];
    }
    head.bias[c] = static_cast<float>(bias);
  }
  return head;
}

// One a sample: 1, or in inverse proportion to the size of its class.
std::vector<double> sample_weights(std::span<const int> labels, int classes, bool balance) {
  std::vector<double> size(static_cast<std::size_t>(classes)), weights(labels.size(), 1.0);
  for (const int label : labels) ++size[static_cast<std::size_t>(label)];
  const double even = static_cast<double>(labels.size()) / classes;
  for (std::size_t i = 0; balance && i < labels.size(); ++i)
    weights[i] = even / size[static_cast<std::size_t>(labels[i])];
  return weights;
}

// Standardised samples with what minimising their loss needs.
struct Problem {
  Features features;
  std::vector<int> labels;
  std::vector<double> weights;
  SoftmaxRegression loss;

  Problem(Features standardised, std::vector<int> its_labels, int classes, const TrainingOptions& options)
      : features(std::move(standardised)),
        labels(std::move(its_labels)),
        weights(sample_weights(labels, classes, options.balance)),
        loss(features, labels, weights, classes, options.threads) {}
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;

  Lbfgs minimiser(double l2) {
    return Lbfgs(
        [this, l2](std::span<const double> x, std::span<double> gradient) { return loss(x, l2, gradient); },
        std::vector<double>(loss.parameters()));
  }
};

Problem make_problem(const Features& features, std::span<const int> labels,
                     const std::vector<std::size_t>& rows, const Standardiser& standard, int classes,
                     const TrainingOptions& options) {
  Features chosen = select_rows(features, rows);
  apply(standard, chosen);
  return {std::move(chosen), select_labels(labels, rows), classes, options};
}

// The search over strengths: keeps the best parameters that were seen.
class Path {
 public:
  Path(Problem& training, Problem& validation, int classes, const TrainingOptions& options)
      : training_(training), validation_(validation), classes_(classes), options_(options) {
    best_.validation_loss = std::numeric_limits<double>::infinity();
  }

  TrainedHead run(const std::vector<double>& strengths) {
    double before = std::numeric_limits<double>::infinity();
    int worse = 0;
    for (const double l2 : strengths) {
      ++best_.strengths_tried;
      const double reached = minimise(l2, static_cast<double>(strengths.size()));
      worse = reached < before ? 0 : worse + 1;
      before = std::min(before, reached);
      if (worse == most_worse_strengths) break;
    }
    return best_;
  }

 private:
  // Returns the lowest validation loss on the way.
  double minimise(double l2, double strengths) {
    Lbfgs minimiser = training_.minimiser(l2);
    double lowest = std::numeric_limits<double>::infinity();
    int last_gain = 0;
    // The start counts, too: features that say nothing leave nothing to improve.
    for (int i = 0; i == 0 || (i <= options_.most_iterations && minimiser.step()); ++i) {
      const LinearHead head = training_.loss.head(minimiser.x());
      const Evaluation seen = evaluate(scores(head, validation_.features, options_.threads),
                                       validation_.labels, classes_, validation_.weights);
      if (seen.loss < lowest * (1 - least_gain)) last_gain = i;
      lowest = std::min(lowest, seen.loss);
      if (seen.loss < best_.validation_loss) {
        best_.head = head;
        best_.l2 = l2;
        best_.iterations = i;
        best_.loss = minimiser.value();
        best_.validation_loss = seen.loss;
      }
      if (options_.progress && i > 0)
        options_.progress({(best_.strengths_tried - 1 + double(i) / options_.most_iterations) / strengths, l2,
                           i, minimiser.value(), seen.loss, accuracy(seen.confusion)});
      if (i - last_gain >= options_.patience) break;
    }
    return lowest;
  }

  Problem &training_, &validation_;
  int classes_;
  const TrainingOptions& options_;
  TrainedHead best_;
};

}  // namespace

TrainedHead train_head(const Features& features, std::span<const int> labels, int classes, const Split& split,
                       const TrainingOptions& options) {
  const Standardiser standard = standardiser(select_rows(features, split.training));
  Problem training = make_problem(features, labels, split.training, standard, classes, options);
  Problem validation = make_problem(features, labels, split.validation, standard, classes, options);
  TrainedHead trained =
      Path(training, validation, classes, options).run(options.l2.empty() ? usual_strengths() : options.l2);
  trained.head = fold(std::move(trained.head), standard);
  return trained;
}

LinearHead train_on_all(const Features& features, std::span<const int> labels, int classes, double l2,
                        int iterations, const TrainingOptions& options) {
  const Standardiser standard = standardiser(features);
  Features all = features;
  apply(standard, all);
  Problem problem(std::move(all), {labels.begin(), labels.end()}, classes, options);
  Lbfgs minimiser = problem.minimiser(l2);
  for (int i = 0; i < iterations && minimiser.step(); ++i) {
  }
  return fold(problem.loss.head(minimiser.x()), standard);
}

}  // namespace effnet
