#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace effnet {

// SHA-256 as 64 lower-case hexadecimal digits.
Result<std::string> sha256(std::span<const std::byte> bytes);

}  // namespace effnet
