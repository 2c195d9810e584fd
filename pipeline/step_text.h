// How a step's operation reads in tables and in the emitted C.
#pragma once

#include <string>

#include "models/network.h"

namespace effnet {

std::string describe(const Shape& in, const Layer& layer);  // "28x28x40 -> 28x28x240 swish"
std::string kernel_text(const Layer& layer);                // " k5 s1"

}  // namespace effnet
