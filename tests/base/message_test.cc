// Colours only where somebody sees them and has not refused them. The terminal of these tests is a pseudoterminal.
#include "base/message.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "tests/catch.h"

namespace effnet {
namespace {

// Takes the place of stderr; what is written there can be read.
class Terminal {
 public:
  Terminal() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)), old_(::dup(STDERR_FILENO)) {
    REQUIRE(ours_ >= 0);
    REQUIRE(::grantpt(ours_) == 0);
    REQUIRE(::unlockpt(ours_) == 0);
    const int theirs = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
    REQUIRE(theirs >= 0);
    REQUIRE(::dup2(theirs, STDERR_FILENO) >= 0);
    ::close(theirs);
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  ~Terminal() {
    ::dup2(old_, STDERR_FILENO);
    ::close(old_);
    ::close(ours_);
  }
  std::string read() const {
    std::array<char, 200> text{};
    const auto bytes = ::read(ours_, text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, bytes))};
  }

 private:
  int ours_, old_;
};

TEST_CASE("on a terminal errors are red, warnings yellow, and both stay one line") {
  const Terminal terminal;
  print_error("effnet eval", "no\nfolder");
  CHECK(terminal.read() == "\x1b[31meffnet eval:\x1b[m no?folder\r\n");
  print_warning("effnetc scale", "large");
  CHECK(terminal.read() == "effnetc scale: \x1b[33mwarning:\x1b[m large\r\n");
}

TEST_CASE("NO_COLOR and terminals without colours get plain lines") {
  const Terminal terminal;
  const auto plain = [&] {
    print_error("effnet eval", "no folder");
    CHECK(terminal.read() == "effnet eval: no folder\r\n");
  };
  ::setenv("NO_COLOR", "1", 1);
  plain();
  ::setenv("NO_COLOR", "", 1);  // as if it were not set
  CHECK(takes_colours(STDERR_FILENO));
  ::setenv("TERM", "dumb", 1);
  plain();
}

TEST_CASE("what is no terminal takes no colours") {
  const int file = ::open("/dev/null", O_WRONLY);
  CHECK_FALSE(takes_colours(file));
  ::close(file);
}

}  // namespace
}  // namespace effnet
