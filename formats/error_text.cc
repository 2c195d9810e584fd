#include "formats/error_text.h"

namespace effnet {

TextWriter::TextWriter(std::span<char> buffer) : buffer_(buffer) { terminate(); }

void TextWriter::append(std::string_view text) {
  for (std::size_t i = 0; i < text.size() && !full_;) i = append_character(text, i);
  terminate();
}

void TextWriter::append_number(bool negative, std::uint64_t magnitude) {
  char digits[24];
  std::size_t begin = sizeof digits;
  do digits[--begin] = static_cast<char>('0' + magnitude % 10);
  while ((magnitude /= 10) != 0);
  if (negative) digits[--begin] = '-';
  append(std::string_view(digits + begin, sizeof digits - begin));
}

// Appends the UTF-8 character that begins at text[i], whole or not at all; returns where the next one begins.
std::size_t TextWriter::append_character(std::string_view text, std::size_t i) {
  std::size_t end = i + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  if (buffer_.size() < used_ + (end - i) + 1) {
    full_ = true;
    return end;
  }
  for (; i < end; ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    buffer_[used_++] = byte < 0x20 || byte == 0x7F ? '?' : text[i];
  }
  return end;
}

void TextWriter::terminate() {
  if (!buffer_.empty()) buffer_[used_] = '\0';
}

}  // namespace effnet
