#include "pipeline/print.h"

#include <cstdarg>
#include <cstdio>

namespace effnet {

void print(std::string& text, const char* format, ...) {
  std::va_list values, again;
  va_start(values, format);
  va_copy(again, values);
  const auto length = static_cast<std::size_t>(std::vsnprintf(nullptr, 0, format, values));
  const std::size_t before = text.size();
  text.resize(before + length + 1);  // and the terminator
  std::vsnprintf(text.data() + before, length + 1, format, again);
  text.resize(before + length);
  va_end(again);
  va_end(values);
}

}  // namespace effnet
