// A command's lines on stderr: "effnet train: what is wrong".
#pragma once

#include <string>

namespace effnet {

void print_error(const std::string& command, const std::string& text);
void print_warning(const std::string& command, const std::string& text);

// Whether what is written there may be coloured: a terminal that knows colours, whose user has not set NO_COLOR
// (no-color.org).
bool takes_colours(int descriptor);

}  // namespace effnet
