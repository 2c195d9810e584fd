// For build systems: what a library was made from, as gcc's -MF says it of an object.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct LibraryRequest;

// Every file that decides the bytes of the library: this program, its headers, the rows of schedules, embedded
// weights. Of a target without rows yet, the folder in which they would appear.
std::vector<std::string> library_inputs(const LibraryRequest& request);

// "output: input input ...", a rule of a Makefile; an error where make has no way to write a path.
Result<std::string> depfile_text(const std::string& output, const std::vector<std::string>& inputs);

}  // namespace effnet
