// The runtime's own allocations.
#include "runtime/memory.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/catch.h"

namespace effnet::runtime {
namespace {

// How much of the memory from here on is to lie in huge pages (VmFlags "hg"). 0: it is no mapping's beginning.
std::size_t huge_bytes_from(const void* begin) {
  std::ifstream file("/proc/self/smaps");
  std::uintptr_t first = 0, end = 0;
  for (std::string line; std::getline(file, line);) {
    char dash = 0;
    std::istringstream words(line);
    if (line.find(':') == std::string::npos || line.find('-') < line.find(' '))
      words >> std::hex >> first >> dash >> end;
    else if (line.starts_with("VmFlags:") && first == reinterpret_cast<std::uintptr_t>(begin))
      return (line + " ").find(" hg ") == std::string::npos ? 0 : end - first;
  }
  return 0;
}

TEST_CASE("blocks of 2 MB and more ask for huge pages") {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) return;
  const Allocator allocator;
  const std::size_t megabyte = std::size_t{1} << 20;
  for (const auto& [bytes, advised] : {std::pair{megabyte, std::size_t{0}},
                                       {2 * megabyte, 2 * megabyte},
                                       {5 * megabyte / 2, 2 * megabyte},
                                       {7 * megabyte / 2, 4 * megabyte}}) {
    void* block = allocator.allocate(bytes);
    REQUIRE(block != nullptr);
    CHECK(huge_bytes_from(block) == advised);
    allocator.release(block);
  }
}

}  // namespace
}  // namespace effnet::runtime
