/* first_logits WEIGHTS: opens the mapped weights, runs once on one thread and prints the best class: what an application
 * does from its start to its first logits. bench/start.py measures it from outside. */
#include <stdio.h>

#include "network.h"

static float input[NETWORK_RESOLUTION * NETWORK_RESOLUTION * 3], logits[NETWORK_CLASSES];

int main(int count, char** arguments) {
  effnet_model* model;
  int i, best = 0;
  if (count != 2 || network_open(arguments[1], NULL, &model) != EFFNET_OK) return 1;
  if (effnet_run(model, input, logits) != EFFNET_OK) return 2;
  for (i = 1; i < NETWORK_CLASSES; ++i)
    if (logits[i] > logits[best]) best = i;
  printf("%d\n", best);
  effnet_close(model);
  return 0;
}
