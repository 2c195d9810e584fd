#include "tests/support/refused.h"

#include <algorithm>

#include "tests/catch.h"

namespace effnet::test {

void check_refused(const ProcessResult& result, const Texts& texts) {
  INFO(result.error);
  CHECK(result.status != 0);
  CHECK(result.status < 126);  // neither a signal nor a program that could not be started
  CHECK(result.out.empty());
  CHECK(std::count(result.error.begin(), result.error.end(), '\n') == 1);
  CHECK(result.error.ends_with('\n'));
  for (const std::string& text : texts) CHECK_THAT(result.error, Catch::Contains(text));
}

}  // namespace effnet::test
