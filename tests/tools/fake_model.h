// A folder with everything that the program effnet needs: the
// fake network's library (fake_network.c), weights, pictures.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/refused.h"
#include "tests/support/temporary.h"

namespace effnet::test {

struct Colour {
  unsigned char red, green, blue;
};

class FakeModel {
 public:
  // Writes fake.weights (labels red, green, blue; the classifier
  // multiplies its features by 4, no bias) beside libfake.so.
  FakeModel();

  // A path in the folder.
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string library() const { return file("libfake.so"); }
  std::string weights() const { return file("fake.weights"); }

  // Weights that multiply the features by other factors; their path.
  std::string other_weights(const std::string& name, const std::array<float, 3>& factors) const;

  // A picture of one colour, 8 x 8; its path.
  std::string picture(const std::string& name, Colour colour) const;
  std::string text(const std::string& name, const std::string& content) const;

  // effnet with these arguments.
  ProcessResult effnet(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) const;
  // The same where no file may grow beyond 1 KiB, as on a disk that becomes full.
  ProcessResult effnet_with_small_files(const std::vector<std::string>& arguments) const;
  // The names of all files, sorted, without those of the constructor.
  std::vector<std::string> new_files() const;

 private:
  TemporaryFolder folder_;
};

}  // namespace effnet::test
