#include <cmath>

#include "runtime/include/effnet.h"

// The largest logit is subtracted first, so that nothing overflows.
extern "C" void effnet_softmax(const float* logits, int classes, float* probabilities) {
  if (logits == nullptr || probabilities == nullptr || classes < 1) return;
  float largest = logits[0];
  for (int i = 1; i < classes; ++i) largest = logits[i] > largest ? logits[i] : largest;
  double sum = 0;
  for (int i = 0; i < classes; ++i) {
    probabilities[i] = std::exp(logits[i] - largest);
    sum += static_cast<double>(probabilities[i]);
  }
  for (int i = 0; i < classes; ++i) probabilities[i] = static_cast<float>(probabilities[i] / sum);
}
