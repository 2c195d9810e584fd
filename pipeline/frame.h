// How much stack a compiled function takes, read from its instructions: kernels carry no unwind tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace effnet {

// At most, in bytes, without what it calls; nothing where the size is known only when it runs, or is not found. Every
// place of the code is looked at, because a prologue may stand behind what decides whether there is anything to do.
std::optional<std::int64_t> x86_frame(std::string_view code);
std::optional<std::int64_t> arm_frame(std::string_view code);  // AArch64

}  // namespace effnet
