// How fast this machine reads memory.
#pragma once

namespace effnet {

// Bytes a second that `threads` threads together read from memory, far more of it than caches hold.
double measure_bandwidth(int threads, double seconds);

}  // namespace effnet
