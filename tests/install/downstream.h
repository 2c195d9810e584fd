// Projects that use an installed EffNet: configured, built and run as their developers do it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary.h"

namespace effnet::test {

// A project's sources and the folder that it is built in. Kernels come from the cache that all tests share.
class Downstream {
 public:
  Downstream(std::string source, std::string build) : source_(std::move(source)), build_(std::move(build)) {}

  // Further arguments of cmake. With find_package(EffNet) it finds what is installed in `prefix`.
  ProcessResult configure(const std::vector<std::string>& arguments = {},
                          const std::string& prefix = INSTALL_PREFIX) const;
  ProcessResult build() const;
  void must_configure(const std::vector<std::string>& arguments = {},
                      const std::string& prefix = INSTALL_PREFIX) const;
  std::string must_build() const;  // what the build printed

  std::string file(const std::string& name) const { return build_ + "/" + name; }

 private:
  std::string source_, build_;
};

std::string examples_folder();
std::string kernel_cache();  // of all tests

// The published weights of "lite0" or "lite1"; throws when there are none.
std::string published_weights(const std::string& size);

// Runs a command of the shell, for `<` and `>`; the test fails there when its status is not 0.
ProcessResult must_run(const std::string& command);

}  // namespace effnet::test
