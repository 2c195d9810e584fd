// Offsets for buffers whose lifetimes are known.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/plan.h"

namespace effnet {

// Sets every buffer's offset so that no two that live at the same step overlap; returns the bytes needed.
std::int64_t place_buffers(std::vector<Buffer>& buffers);

}  // namespace effnet
