// The names of the classes, as C strings.
#pragma once

#include <string_view>

#include "runtime/memory.h"

namespace effnet::runtime {

class Labels {
 public:
  // `joined`: names with a newline between them, each of `count`.  A null joined.data() means that there are
  // none. EFFNET_INVALID_WEIGHTS when their number differs from `count`; the text begins with `where`.
  effnet_status read(std::string_view joined, int count, const Allocator& allocator, const char* where,
                     ErrorText error);
  const char* const* names() const { return names_.data(); }  // null when there are none

 private:
  Block<const char*> names_;
  Block<char> text_;
};

}  // namespace effnet::runtime
