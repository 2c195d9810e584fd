#include "formats/header_json.h"

namespace effnet {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The value of four hexadecimal digits at `text[i]`, or -1.
int hex4(std::string_view text, std::size_t i) {
  if (text.size() < 4 || i > text.size() - 4) return -1;
  int value = 0;
  for (std::size_t end = i + 4; i < end; ++i) {
    int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

std::size_t encode_utf8(int code, char* out) {
  auto byte = [](int value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    out[0] = byte(code);
    return 1;
  }
  std::size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (std::size_t i = length; i-- > 1; code >>= 6) out[i] = byte(0x80 | (code & 0x3F));
  out[0] = byte((0xF00 >> length & 0xFF) | code);
  return length;
}

}  // namespace

bool HeaderString::is(std::string_view text) const {
  if (!escaped) return raw == text;
  char unescaped[128];
  return raw.size() <= sizeof unescaped && std::string_view(unescaped, unescape_json(raw, unescaped)) == text;
}

std::size_t unescape_json(std::string_view raw, char* out) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      out[length++] = raw[i++];
      continue;
    }
    char kind = raw[i + 1];
    i += 2;
    if (kind == 'u') {
      int code = hex4(raw, i);
      i += 4;
      if (is_high_surrogate(code)) {
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(raw, i + 2) - 0xDC00);
        i += 6;
      }
      length += encode_utf8(code, out + length);
    } else {
      out[length++] = kind == 'b'   ? '\b'
                      : kind == 'f' ? '\f'
                      : kind == 'n' ? '\n'
                      : kind == 'r' ? '\r'
                      : kind == 't' ? '\t'
                                    : kind;
    }
  }
  return length;
}

std::size_t find_invalid_utf8(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    unsigned first = byte(i);
    std::size_t length = first < 0x80   ? 1
                         : first < 0xC2 ? 0
                         : first < 0xE0 ? 2
                         : first < 0xF0 ? 3
                         : first < 0xF5 ? 4
                                        : 0;
    if (length == 0 || length > text.size() - i) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return i;
    }
    // The second byte excludes overlong forms, surrogates and codes above 10FFFF.
    if (length >= 3) {
      unsigned second = byte(i + 1);
      if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
          (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90)) {
        return i;
      }
    }
    i += length;
  }
  return text.size();
}

bool HeaderJson::enter(char bracket) {
  if (position_ != 0) skip_space();
  if (!at(bracket)) return false;
  ++position_;
  first_ = true;
  return true;
}

bool HeaderJson::next_item(char closing) {
  if (failed_) return false;
  skip_space();
  if (at(closing)) {
    ++position_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (!at(',')) return fail();
    ++position_;
    skip_space();
  }
  first_ = false;
  return position_ < text_.size() || fail();
}

bool HeaderJson::expect(char wanted) {
  skip_space();
  if (!at(wanted)) return fail();
  ++position_;
  return true;
}

bool HeaderJson::string(HeaderString& out) {
  skip_space();
  if (!at('"')) return false;
  std::size_t begin = ++position_;
  out.escaped = false;
  while (position_ < text_.size() && text_[position_] != '"') {
    if (static_cast<unsigned char>(text_[position_]) < 0x20) return fail();
    if (text_[position_] == '\\') {
      out.escaped = true;
      if (!skip_escape()) return fail();
    } else {
      ++position_;
    }
  }
  if (position_ == text_.size()) return fail();
  out.raw = {text_.data() + begin, position_ - begin};
  ++position_;
  return true;
}

// At a backslash. Surrogates must come in pairs, because the text must be UTF-8 once unescaped.
bool HeaderJson::skip_escape() {
  if (text_.size() - position_ < 2) return false;
  char kind = text_[position_ + 1];
  position_ += 2;
  if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
  int unit = hex4(text_, position_);
  if (unit < 0 || is_low_surrogate(unit)) return false;
  position_ += 4;
  if (!is_high_surrogate(unit)) return true;
  if (!at('\\') || position_ + 1 >= text_.size() || text_[position_ + 1] != 'u') return false;
  if (!is_low_surrogate(hex4(text_, position_ + 2))) return false;
  position_ += 6;
  return true;
}

bool HeaderJson::integer(std::uint64_t& out) {
  skip_space();
  std::size_t begin = position_;
  out = 0;
  while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
    auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
    if (out > (INT64_MAX - digit) / 10) return false;
    out = out * 10 + digit;
    ++position_;
  }
  std::size_t digits = position_ - begin;
  if (digits == 0 || (digits > 1 && text_[begin] == '0')) return false;
  return !at('.') && !at('e') && !at('E');
}

bool HeaderJson::at_end() {
  skip_space();
  return position_ == text_.size();
}

void HeaderJson::skip_space() {
  while (at(' ') || at('\n') || at('\r') || at('\t')) ++position_;
}

}  // namespace effnet
