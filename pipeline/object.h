// What an object file takes: for the report of sizes, and for the bound on stack that a generated header states.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace effnet {

struct ObjectFacts {
  std::int64_t text_bytes = 0;   // instructions
  std::int64_t data_bytes = 0;   // constants and tables
  std::int64_t stack_bytes = 0;  // the largest frame of a function; a function of ours calls none of its kind
  bool unbounded_stack = false;  // there are functions whose frame cannot be read
};

// Of a 64 bit ELF object of x86-64 or AArch64; nothing for other formats and CPUs, and for what is damaged.
std::optional<ObjectFacts> inspect_object(std::string_view object);

// What a thread's stack holds at most while it runs: the largest frame, and what calls a kernel.
std::int64_t stack_bytes(const std::optional<ObjectFacts>& facts);

// The sums and the largest frame of all objects of a static library; nothing when one of them is of another kind.
Result<std::optional<ObjectFacts>> inspect_archive(const std::string& path);

}  // namespace effnet
