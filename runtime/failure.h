// A status code together with its text.
#pragma once

#include "formats/error_text.h"
#include "formats/safetensors.h"
#include "runtime/memory.h"

namespace effnet::runtime {

// Writes the text and hands the status on: `return fail(error, EFFNET_CANNOT_READ, path, ": no such file");`
template <typename... Parts>
[[nodiscard]] effnet_status fail(ErrorText error, effnet_status status, const Parts&... parts) {
  write_text(error, parts...);
  return status;
}

// Parses `bytes`, the file that `where` names.
[[nodiscard]] inline effnet_status parse_file(std::span<const std::byte> bytes, const Allocator& allocator,
                                              const char* where, ErrorText error, Safetensors& out) {
  char reason[256] = "";
  if (out.parse(bytes, allocator.memory(), reason)) return EFFNET_OK;
  bool no_memory = begins_with(reason, "out of memory");
  return fail(error, no_memory ? EFFNET_OUT_OF_MEMORY : EFFNET_INVALID_WEIGHTS, where, ": ", reason);
}

}  // namespace effnet::runtime
