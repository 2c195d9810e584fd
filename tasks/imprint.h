// A classifier from a few pictures a class, without training: each class's weights are the mean direction of its
// features (Qi, Brown and Lowe, "Low-Shot Learning with Imprinted Weights", 2018).
#pragma once

#include <span>
#include <vector>

#include "tasks/features.h"

namespace effnet {

// Every class must have a row. Scores rank like the cosine between features and class; they are scaled so that the
// probabilities are sensible for features as long as these.
LinearHead imprint(const Features& features, std::span<const int> labels, int classes);

// For every row, the scores of the head that the other rows make: [rows][classes]. A class whose only row this is gets
// the lowest score: the row counts as wrong.
std::vector<double> imprint_scores_without_each(const Features& features, std::span<const int> labels,
                                                int classes);

}  // namespace effnet
