// Offsets for buffers whose lifetimes are known.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/plan.h"

namespace effnet {

// Sets every buffer's offset so that no two that live at the same step overlap; returns the bytes needed. The largest are
// placed first, each at the lowest offset that is free while it lives.
std::int64_t place_buffers(std::vector<Buffer>& buffers);

}  // namespace effnet
