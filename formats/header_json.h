// The part of JSON that a safetensors header may use, read in place: objects, arrays, strings, whole numbers.
// Without recursion (the caller's code is the nesting), allocation or libstdc++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace effnet {

// A string between its quotes, as it stands in the file.
struct HeaderString {
  std::string_view raw;
  bool escaped = false;  // holds backslashes

  // The reader's keys hold no character that anyone escapes; an escaped spelling is resolved all the same.
  bool is(std::string_view text) const;
};

// Writes the text that `raw` (checked by HeaderJson::string)
// stands for, at most raw.size() bytes; returns its length.
std::size_t unescape_json(std::string_view raw, char* out);

// The position of the first byte that is not UTF-8 (overlong forms and surrogates are not), or text.size().
std::size_t find_invalid_utf8(std::string_view text);

class HeaderJson {
 public:
  explicit HeaderJson(std::string_view text) : text_(text) {}

  void rewind() { *this = HeaderJson(text_); }
  std::size_t position() const { return position_; }
  bool failed() const { return failed_; }
  // After a call returned false: the text is no JSON (or
  // ends early), rather than of another type than asked for.
  bool syntax_error() const { return failed_ || position_ >= text_.size(); }

  // Steps over '{' or '['. At the very beginning no space may stand before it.
  bool enter(char bracket);
  // In a loop over the items of an object or array: steps over a comma. False at the closing bracket, which
  // is stepped over, and at an error.
  bool next_item(char closing);
  bool expect(char wanted);  // steps over one character
  bool string(HeaderString& out);
  bool integer(std::uint64_t& out);  // 0 to 2^63 - 1, no sign, fraction, exponent or leading zero
  bool at_end();                     // nothing but white space follows

 private:
  bool fail() {
    failed_ = true;
    return false;
  }
  void skip_space();
  bool skip_escape();
  bool at(char wanted) const { return position_ < text_.size() && text_[position_] == wanted; }

  std::string_view text_;
  std::size_t position_ = 0;
  bool first_ = false;  // just inside a bracket
  bool failed_ = false;
};

}  // namespace effnet
