#include "autotune/loop_code.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace effnet {

namespace {

struct Function {
  std::vector<std::string> instructions;
  std::map<std::string, std::size_t> labels;    // -> the instruction behind
  std::map<std::size_t, std::string> comments;  // of labels
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

// x86 comments begin with #, ARM's with //; # is a number there.
std::size_t comment_begin(const std::string& line) {
  const std::size_t slashes = line.find("//");
  if (slashes != std::string::npos) return slashes;
  const std::size_t hash = line.find('#');
  const bool is_number = hash != std::string::npos && hash + 1 < line.size() &&
                         (std::isdigit(static_cast<unsigned char>(line[hash + 1])) || line[hash + 1] == '-');
  return is_number ? std::string::npos : hash;
}

Function parse_function(const std::string& text) {
  Function f;
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment_at = comment_begin(line);
    const std::string code = trimmed(line.substr(0, comment_at));
    if (code.starts_with(".Lfunc_end") || code.starts_with(".cfi_endproc")) break;
    if (code.ends_with(":")) {
      inside = inside || !code.starts_with(".");
      const std::size_t at = f.instructions.size();
      f.labels[code.substr(0, code.size() - 1)] = at;
      if (comment_at != std::string::npos) f.comments[at] += line.substr(comment_at);
    } else if (inside && !code.empty() && code[0] != '.') {
      f.instructions.push_back(code);
    }
  }
  return f;
}

// The last operand of a branch; empty: it is none.
std::string branch_target(const std::string& instruction) {
  const std::size_t label = instruction.rfind(".L");
  if (label == std::string::npos || label == 0) return "";
  const bool is_branch = instruction[0] == 'j' || instruction[0] == 'b' || instruction.starts_with("cb") ||
                         instruction.starts_with("tb");
  return is_branch ? instruction.substr(label) : "";
}

// What costs no time of its own in a loop, or is not to be simulated.
bool is_left_out(const std::string& instruction) {
  return instruction.starts_with("ret") || instruction.starts_with("call") ||
         instruction.starts_with("bl\t") || instruction.starts_with("vzeroupper");
}

struct Range {
  std::size_t begin, end;  // instructions, both inside
};

std::vector<Range> natural_loops(const Function& f) {
  std::map<std::size_t, std::size_t> ends;
  for (std::size_t i = 0; i < f.instructions.size(); ++i) {
    const auto label = f.labels.find(branch_target(f.instructions[i]));
    if (label != f.labels.end() && label->second <= i) ends[label->second] = std::max(ends[label->second], i);
  }
  std::vector<Range> loops;
  loops.reserve(ends.size());
  for (const auto& [begin, end] : ends) loops.push_back({begin, end});
  return loops;
}

// The smallest loop around an instruction; -1: none.
int innermost(const std::vector<Range>& loops, std::size_t instruction) {
  int best = -1;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    if (instruction < loops[i].begin || instruction > loops[i].end) continue;
    if (best < 0 || loops[i].end - loops[i].begin < loops[best].end - loops[best].begin)
      best = static_cast<int>(i);
  }
  return best;
}

// The name of a loop's first block; where the loop was turned round, that of the first named block inside.
int number_of(const MarkedAssembly& assembly, const Function& f, const std::vector<Range>& loops, int loop) {
  const Range& range = loops[loop];
  for (auto at = f.comments.lower_bound(range.begin); at != f.comments.end() && at->first <= range.end;
       ++at) {
    const int number = loop_of_comment(assembly.nest, at->second);
    if (number >= 0 && innermost(loops, at->first) == loop) return number;
  }
  return -1;
}

}  // namespace

std::vector<LoopCode> loop_code(const MarkedAssembly& assembly) {
  const Function f = parse_function(assembly.text);
  const std::vector<Range> loops = natural_loops(f);
  std::vector<LoopCode> code(loops.size() + 1);
  code.back().loop = 0;
  for (std::size_t i = 0; i < loops.size(); ++i)
    code[i].loop = number_of(assembly, f, loops, static_cast<int>(i));
  for (std::size_t i = 0; i < f.instructions.size(); ++i) {
    const int loop = innermost(loops, i);
    if (!is_left_out(f.instructions[i]))
      code[loop < 0 ? loops.size() : loop].instructions.push_back(f.instructions[i]);
  }
  std::erase_if(code, [](const LoopCode& c) { return c.loop < 0 || c.instructions.empty(); });
  return code;
}

}  // namespace effnet
