// Small helpers for messages.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace effnet {

// The candidate that takes the fewest edits (insert, delete, replace, swap of neighbours) to become `name`;
// empty when none is near: more than a third of the longer one's letters would have to change.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean X?", or nothing when no candidate is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

std::string in_lower_case(std::string text);  // ASCII letters; others stay

std::string join(const std::vector<std::string>& parts, std::string_view separator);

std::string shape_text(std::span<const std::int64_t> shape);  // "[32, 3, 3, 3]"

// With spaces before (behind) it, at least `width` bytes.
std::string padded_left(const std::string& text, std::size_t width);
std::string padded_right(const std::string& text, std::size_t width);

// 5288548 -> "5,288,548".
std::string with_commas(std::int64_t number);

// A name from a file, safe to print in one line: control
// characters and long tails are replaced, quotes added.
std::string in_quotes(std::string_view text);

// The last line that is not empty.
std::string last_line(std::string text);

// As printf does it, at most 599 letters.
template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char text[600];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

// A message that may hold names of files: control characters become question marks.
std::string in_one_line(std::string_view text);

}  // namespace effnet
