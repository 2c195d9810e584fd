#include "pipeline/arena.h"

#include <algorithm>

namespace effnet {

namespace {

// Buffers that begin at the same offset, because each is written in the place of the one before it.
using Group = std::vector<std::size_t>;

std::vector<Group> groups_of(const std::vector<Buffer>& buffers) {
  std::vector<Group> groups;
  std::vector<std::size_t> group_of(buffers.size());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const bool alone = buffers[i].in_place_of < 0;
    group_of[i] = alone ? groups.size() : group_of[static_cast<std::size_t>(buffers[i].in_place_of)];
    if (alone) groups.emplace_back();
    groups[group_of[i]].push_back(i);
  }
  return groups;
}

bool live_together(const Buffer& a, const Buffer& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

// The lowest offset at which no buffer of the group meets one of those that have their place.
std::int64_t lowest_offset(const std::vector<Buffer>& buffers, const Group& group,
                           const std::vector<std::size_t>& placed) {
  std::int64_t offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (const std::size_t p : placed) {
      const Buffer& other = buffers[p];
      const bool meets = std::any_of(group.begin(), group.end(), [&](std::size_t i) {
        return live_together(buffers[i], other) && offset < other.offset + other.bytes &&
               other.offset < offset + buffers[i].bytes;
      });
      if (meets) offset = other.offset + other.bytes, moved = true;
    }
  }
  return offset;
}

std::int64_t place_in_order(std::vector<Buffer>& buffers, const std::vector<Group>& groups) {
  std::int64_t total = 0;
  std::vector<std::size_t> placed;
  for (const Group& group : groups) {
    const std::int64_t offset = lowest_offset(buffers, group, placed);
    for (const std::size_t i : group) {
      buffers[i].offset = offset;
      total = std::max(total, offset + buffers[i].bytes);
      placed.push_back(i);
    }
  }
  return total;
}

std::int64_t largest(const std::vector<Buffer>& buffers, const Group& group) {
  std::int64_t bytes = 0;
  for (const std::size_t i : group) bytes = std::max(bytes, buffers[i].bytes);
  return bytes;
}

}  // namespace

std::int64_t place_buffers(std::vector<Buffer>& buffers) {
  const std::vector<Group> by_time = groups_of(buffers);
  std::vector<Group> by_size = by_time;
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](const Group& a, const Group& b) { return largest(buffers, a) > largest(buffers, b); });
  // Neither order is always the better one: B0 fits in 3.2 MB by time and in 4.0 MB by size.
  std::vector<Buffer> other = buffers;
  const std::int64_t time_bytes = place_in_order(buffers, by_time),
                     size_bytes = place_in_order(other, by_size);
  if (size_bytes < time_bytes) buffers = std::move(other);
  return std::min(time_bytes, size_bytes);
}

}  // namespace effnet
