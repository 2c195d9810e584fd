// printf into a string: how C is generated.
#pragma once

#include <string>

namespace effnet {

// Behind what `text` holds.
__attribute__((format(printf, 2, 3))) void print(std::string& text, const char* format, ...);

}  // namespace effnet
