// What every command promises of a mistake.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"

namespace effnet::test {

// One text or several.
class Texts {
 public:
  Texts(const char* text) : texts_{text} {}
  Texts(const std::string& text) : texts_{text} {}
  Texts(std::initializer_list<std::string> texts) : texts_(texts) {}
  Texts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  auto begin() const { return texts_.begin(); }
  auto end() const { return texts_.end(); }

 private:
  std::vector<std::string> texts_;
};

// Checks that a program failed by itself with exactly one line on stderr, in which all of these texts stand, and nothing
// on stdout.
void check_refused(const ProcessResult& result, const Texts& texts);

}  // namespace effnet::test
