#include "generators/loop_nest.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/text.h"

namespace effnet {

namespace {

constexpr std::size_t most_loops = 1000;
const std::string name_begin = "effnet_loop_";

// "loop PARENT ENTERED ITERATIONS BUFFER=LINES/BODY_LINES/PAIRS/BODY_PAIRS ...", in bytes.
Status parse_loop(const std::string& line, LoopNest& nest) {
  std::istringstream words(line);
  std::string word;
  LoopNest::Loop loop;
  const auto malformed = [&] { return Status::error(in_quotes(line) + " describes no loop"); };
  if (!(words >> word >> loop.parent >> loop.entered >> loop.iterations) || word != "loop")
    return malformed();
  const int index = static_cast<int>(nest.loops.size());
  if (nest.loops.size() >= most_loops || loop.parent < -1 || loop.parent >= index ||
      (loop.parent == -1) != (index == 0))
    return malformed();
  while (words >> word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return malformed();
    LoopNest::Touched lines, pairs;
    if (std::sscanf(word.c_str() + equals, "=%lf/%lf/%lf/%lf", &lines.all, &lines.body, &pairs.all,
                    &pairs.body) != 4)
      return malformed();
    loop.lines[word.substr(0, equals)] = lines;
    loop.pairs[word.substr(0, equals)] = pairs;
  }
  nest.loops.push_back(std::move(loop));
  return {};
}

}  // namespace

std::string loop_name(int loop) { return name_begin + std::to_string(loop); }

int loop_of_comment(const LoopNest& nest, const std::string& comment) {
  const std::string begin = "for_" + name_begin, end = "end_" + begin;
  const std::size_t at = comment.find(begin);
  if (at == std::string::npos || comment.find(end) != std::string::npos) return -1;
  const int loop = std::atoi(comment.c_str() + at + begin.size());
  return loop > 0 && loop < static_cast<int>(nest.loops.size()) ? loop : -1;
}

std::string format_loop_nest(const LoopNest& nest) {
  std::string text;
  char part[200];
  for (const LoopNest::Loop& loop : nest.loops) {
    std::snprintf(part, sizeof part, "loop %d %.17g %.17g", loop.parent, loop.entered, loop.iterations);
    text += part;
    for (const auto& [buffer, lines] : loop.lines) {
      const LoopNest::Touched& pairs = loop.pairs.at(buffer);
      std::snprintf(part, sizeof part, "=%.17g/%.17g/%.17g/%.17g", lines.all, lines.body, pairs.all,
                    pairs.body);
      text += " " + buffer + part;
    }
    text += "\n";
  }
  return text;
}

Result<MarkedAssembly> parse_marked_assembly(const std::string& text) {
  MarkedAssembly parts;
  std::size_t at = 0;
  while (text.compare(at, 5, "loop ") == 0) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    if (Status status = parse_loop(text.substr(at, end - at), parts.nest); !status) return status;
    at = end + 1;
  }
  if (parts.nest.loops.empty()) return Status::error("the assembly describes no loops");
  parts.text = text.substr(at);
  return parts;
}

}  // namespace effnet
