// One self-contained page about a tuning run: search curves, roofline, gains. No scripts, nothing from
// elsewhere.
#pragma once

#include "autotune/tuner.h"

namespace effnet {

// What the machine can do at best, of all threads that are used; 0: unknown.
struct Peaks {
  double flops = 0, bytes = 0;  // a second
};

std::string tune_report(const TuneState& state, const Peaks& peaks);

}  // namespace effnet
