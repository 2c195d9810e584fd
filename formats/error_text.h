// Writes one line of text into a caller's buffer without stdio, allocation or libstdc++.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace effnet {

// Appends to a buffer, truncates to fit between UTF-8 characters and always terminates. Control characters,
// which names from files may hold, become '?': the text stays one line.
class TextWriter {
 public:
  explicit TextWriter(std::span<char> buffer);

  void append(std::string_view text);
  void append(const char* text) { append(std::string_view(text == nullptr ? "(null)" : text)); }
  void append(std::integral auto number) {
    bool negative = number < 0;
    auto magnitude = static_cast<std::uint64_t>(number);
    append_number(negative, negative ? 0 - magnitude : magnitude);
  }

  std::string_view text() const { return {buffer_.data(), used_}; }

 private:
  void append_number(bool negative, std::uint64_t magnitude);
  std::size_t append_character(std::string_view text, std::size_t i);
  void terminate();

  std::span<char> buffer_;
  std::size_t used_ = 0;
  bool full_ = false;
};

// A name from a file for use in a message: at most 80 bytes of it.
constexpr std::string_view shortened(std::string_view name) {
  return {name.data(), name.size() < 80 ? name.size() : 80};
}

// std::string_view::starts_with refers to libstdc++ in builds without optimisation.
constexpr bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::string_view(text.data(), prefix.size()) == prefix;
}

// Replaces the buffer's text by the parts, one after the other.
template <typename... Parts>
void write_text(std::span<char> buffer, const Parts&... parts) {
  TextWriter writer(buffer);
  (writer.append(parts), ...);
}

}  // namespace effnet
