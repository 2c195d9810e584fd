#include "base/message.h"

#include <unistd.h>

#include <cstdio>

#include "base/process.h"
#include "base/text.h"

namespace effnet {
namespace {

constexpr int red = 31, yellow = 33;  // SGR, ECMA-48

std::string coloured(const std::string& text, int colour) {
  return takes_colours(STDERR_FILENO) ? formatted("\x1b[%dm", colour) + text + "\x1b[m" : text;
}

void print(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

}  // namespace

bool takes_colours(int descriptor) {
  const std::string terminal = environment_variable("TERM");
  return ::isatty(descriptor) == 1 && environment_variable("NO_COLOR").empty() && !terminal.empty() &&
         terminal != "dumb";
}

void print_error(const std::string& command, const std::string& text) {
  print(coloured(command + ":", red) + " " + in_one_line(text));
}

void print_warning(const std::string& command, const std::string& text) {
  print(command + ": " + coloured("warning:", yellow) + " " + in_one_line(text));
}

}  // namespace effnet
