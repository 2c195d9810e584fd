// How far a network's scores are from another's of the same pictures: what a shorter element type costs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace effnet {

// Of one picture; b is judged by a.
struct ScoreDifference {
  double cosine = 0;        // of the logits
  double largest = 0;       // difference of one logit
  double divergence = 0;    // Kullback and Leibler's of the probabilities: sum pa log(pa / pb), in nats
  double lead = 0;          // a's first probability less its second
  bool same_first = false;  // class
  bool among_five = false;  // a's first class is among b's first five
};

// Logits of as many classes, all finite.
ScoreDifference compare_scores(std::span<const float> a, std::span<const float> b);

// A picture whose first two classes are nearly equal flips easily, and either is as right as the other: those in which
// the first leads by so much are counted apart.
inline constexpr double clear_lead = 0.10;

struct Agreement {
  struct Counts {
    std::int64_t pictures = 0, same_first = 0, among_five = 0;
    double first_share() const { return share(same_first); }  // 1 of nothing
    double five_share() const { return share(among_five); }

   private:
    double share(std::int64_t part) const {
      return pictures == 0 ? 1 : static_cast<double>(part) / static_cast<double>(pictures);
    }
  };
  Counts all, leading;  // leading: by clear_lead or more
  double mean_cosine = 0, least_cosine = 1, largest_difference = 0, mean_divergence = 0,
         largest_divergence = 0;
  std::string farthest;  // the picture with the least cosine

  void add(const std::string& picture, const ScoreDifference& difference);
};

// What an element type has to keep.
struct AgreementLimits {
  double least_first_share = 1;  // of the pictures in which a leads clearly
  double least_cosine = 0.9999;  // mean
};
// By the name of --precision; those of fp32 for an unknown one.
AgreementLimits agreement_limits(const std::string& precision);

// What is worse than the limits, a line each; empty: nothing is.
std::vector<std::string> shortfalls(const Agreement& agreement, const AgreementLimits& limits);

}  // namespace effnet
