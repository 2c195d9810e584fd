// effnetc scale as a user runs it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/refused.h"
#include "tests/support/temporary.h"

namespace effnet::test {

// `effnetc scale arguments...`
ProcessResult scale(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

// Status 0 and nothing but `error_lines` lines on stderr; what it printed.
std::string must_scale(const std::vector<std::string>& arguments, int error_lines = 0);

// The text of tests/data/scale/<file>. With $EFFNET_UPDATE_GOLDEN set, `actual` is written there first.
std::string golden_text(const std::string& file, const std::string& actual);

}  // namespace effnet::test
