#include "tests/support/temporary.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace effnet::test {

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent) {
  const std::filesystem::path place = parent.empty() ? std::filesystem::temp_directory_path() : parent;
  std::string name = (place / "effnet-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw std::runtime_error("cannot read " + path.string());
  return text;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace effnet::test
