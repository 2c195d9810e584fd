// The loops of a kernel and the memory that they touch: what a static model of its time needs besides the
// instructions. Plain numbers; they stand in the head of a kernel's marked assembly.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct LoopNest {
  // Bytes that one execution of a loop (all its iterations) and one iteration touch.
  struct Touched {
    double all = 0, body = 0;
  };
  struct Loop {
    int parent = -1;        // into `loops`
    double entered = 0;     // how often it begins in one call of the kernel
    double iterations = 0;  // of all of them together
    // By buffer: whole cache lines of 64 bytes, and whole pairs of them, as some CPUs fetch them from memory.
    std::map<std::string, Touched> lines, pairs;
  };
  std::vector<Loop> loops;  // parents first; [0] is the whole kernel, which "iterates" once
};

// In marked assembly the comment of the block in which loop i begins holds "for_" + loop_name(i).
std::string loop_name(int loop);
// The loop that begins in the block of such a comment; -1: none.
int loop_of_comment(const LoopNest& nest, const std::string& comment);

// One line a loop.
std::string format_loop_nest(const LoopNest& nest);

struct MarkedAssembly {
  LoopNest nest;
  std::string text;
};
// The two parts of what compile_kernel() wrote.
Result<MarkedAssembly> parse_marked_assembly(const std::string& text);

}  // namespace effnet
