// effnetc as a user runs it: a small network, a cache of kernels that all tests share.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/refused.h"
#include "tests/support/temporary.h"

namespace effnet::test {

// `effnetc compile tf_efficientnet_lite0 --resolution 64 -o folder more...`
std::vector<std::string> small_command(const std::string& folder, const std::vector<std::string>& more = {});
ProcessResult compile_small(const std::string& folder, const std::vector<std::string>& more = {});

// The same, which must work.
void must_compile(const std::string& folder, const std::vector<std::string>& more = {});

// The names in that folder, sorted; none when there is no such folder.
std::vector<std::string> names_in(const std::string& folder);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace effnet::test
