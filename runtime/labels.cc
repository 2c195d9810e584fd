#include "runtime/labels.h"

#include <algorithm>

#include "runtime/failure.h"

namespace effnet::runtime {

effnet_status Labels::read(std::string_view joined, int count, const Allocator& allocator, const char* where,
                           ErrorText error) {
  if (joined.data() == nullptr) return EFFNET_OK;
  auto found = std::count(joined.begin(), joined.end(), '\n') + 1;
  if (found != count) {
    return fail(error, EFFNET_INVALID_WEIGHTS, where, ": metadata \"labels\" has ", found, " lines for ",
                count, " classes");
  }
  if (!names_.allocate(allocator, static_cast<std::size_t>(count)) ||
      !text_.allocate(allocator, joined.size() + 1)) {
    return fail(error, EFFNET_OUT_OF_MEMORY, where, ": out of memory for the labels");
  }
  char* end = std::copy(joined.begin(), joined.end(), text_.data());
  *end = '\0';
  std::size_t label = 0;
  names_[label++] = text_.data();
  for (char* c = text_.data(); c != end; ++c) {
    if (*c != '\n') continue;
    *c = '\0';
    names_[label++] = c + 1;
  }
  return EFFNET_OK;
}

}  // namespace effnet::runtime
