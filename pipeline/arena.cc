#include "pipeline/arena.h"

#include <algorithm>
#include <numeric>

namespace effnet {

namespace {

// Places the buffers in the given order, each at the lowest offset that is free while it lives.
std::int64_t place_in_order(std::vector<Buffer>& buffers, const std::vector<std::size_t>& order) {
  std::int64_t total = 0;
  std::vector<const Buffer*> placed;  // by offset
  for (const std::size_t i : order) {
    Buffer& buffer = buffers[i];
    std::int64_t offset = 0;
    for (const Buffer* other : placed) {
      const bool together = other->first_step <= buffer.last_step && buffer.first_step <= other->last_step;
      if (!together) continue;
      if (offset + buffer.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer.offset = offset;
    total = std::max(total, offset + buffer.bytes);
    const auto lower = [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &buffer, lower), &buffer);
  }
  return total;
}

}  // namespace

std::int64_t place_buffers(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> by_time(buffers.size());
  std::iota(by_time.begin(), by_time.end(), 0);
  std::vector<std::size_t> by_size = by_time;
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  // Neither order is always the better one: B0 fits in 3.2 MB by time and in 4.0 MB by size.
  std::vector<Buffer> other = buffers;
  const std::int64_t time_bytes = place_in_order(buffers, by_time),
                     size_bytes = place_in_order(other, by_size);
  if (size_bytes < time_bytes) buffers = std::move(other);
  return std::min(time_bytes, size_bytes);
}

}  // namespace effnet
