#include "autotune/mca.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/owned_folder.h"
#include "base/process.h"
#include "base/text.h"

namespace effnet {

namespace fs = std::filesystem;

namespace {

constexpr int newest_version = 30, oldest_version = 16;
constexpr std::size_t long_piece = 150;  // instructions: it settles after few iterations
constexpr std::size_t most_result_bytes = 64u << 20;
constexpr int most_seconds = 120;
constexpr int short_iterations = 60, long_iterations = 8;

bool is_in_path(const std::string& program) {
  const std::string path = environment_variable("PATH");
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    std::error_code ignored;
    if (end > at && fs::exists(path.substr(at, end - at) + "/" + program, ignored)) return true;
    at = end + 1;
  }
  return false;
}

// "... LLVM version 19.1.7 ..." -> 19; 0 when it does not say.
int version_of(const std::string& program) {
  constexpr std::string_view before = "LLVM version ";
  const Result<ProcessResult> run =
      run_process({program, "--version"}, {.folder = "", .seconds = 20, .wants_output = true});
  if (!run || run->exit_status != 0) return 0;
  const std::size_t at = run->output.find(before);
  return at == std::string::npos ? 0 : std::atoi(run->output.c_str() + at + before.size());
}

// Stacks are aligned to 16 bytes, so that of four places of a 64 byte vector there three lie across two cache lines,
// and take the ports for loads and stores twice. What takes them the second time and changes nothing else; empty:
// the instruction is no such access.
std::string second_access(const std::string& instruction) {
  constexpr std::string_view stack = "(%rsp)";
  const std::size_t at = instruction.find(stack);
  const bool is_whole_line =
      instruction.find("%zmm") != std::string::npos && instruction.find("{1to") == std::string::npos;
  if (at == std::string::npos || !is_whole_line) return "";
  if (instruction.ends_with(stack)) return instruction;  // the last operand is written: a store
  const std::size_t begin = instruction.find_last_of("\t ,", at) + 1;
  return "prefetcht0 " + instruction.substr(begin, at + stack.size() - begin);
}

// Zen 4 multiplies as many vectors of pairs of bf16 a cycle as of single numbers (measured: 234 GFLOP/s a thread beside
// 117); quadruples of 8 bits are taken to be the same. LLVM's model (19) has a third and half of that, but all of it with
// an operand in memory. The multiply-add in their place takes 4 cycles, where LLVM has 6 for pairs.
std::string with_rates_of(const CpuModel& cpu, const std::string& instruction) {
  const std::size_t end = std::min(instruction.find_first_of(" \t"), instruction.size());
  const std::string_view mnemonic = std::string_view(instruction).substr(0, end);
  const bool is_corrected = cpu.schedule == "znver4" && (mnemonic == "vdpbf16ps" || mnemonic == "vpdpbusd");
  return is_corrected ? "vfmadd231ps" + instruction.substr(end) : instruction;
}

// The pieces of one kind: only the long ones, or only the short ones.
std::string input_of(const std::vector<std::vector<std::string>>& code, const CpuModel& cpu, bool long_ones) {
  std::string text;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i].empty() || (code[i].size() >= long_piece) != long_ones) continue;
    text += "# LLVM-MCA-BEGIN " + std::to_string(i) + "\n";
    for (const std::string& instruction : code[i])
      text += with_rates_of(cpu, instruction) + "\n" + second_access(instruction) + "\n";
    text += "# LLVM-MCA-END\n";
  }
  return text;
}

Status read_cycles(const std::string& output, std::vector<double>& cycles) {
  try {
    const auto json = nlohmann::json::parse(output);
    for (const auto& region : json.at("CodeRegions")) {
      const auto piece = static_cast<std::size_t>(std::atoi(region.value("Name", "-1").c_str()));
      const auto& summary = region.at("SummaryView");
      const double total = summary.at("TotalCycles"), iterations = summary.at("Iterations");
      if (piece >= cycles.size() || !(total > 0) || !(iterations > 0))
        return Status::error("llvm-mca printed no cycles of a piece of code");
      cycles[piece] = total / iterations;
    }
    return {};
  } catch (const nlohmann::json::exception& e) {
    return Status::error(std::string("llvm-mca printed other JSON than expected: ") + e.what());
  }
}

Status simulate(const std::string& mca, const CpuModel& cpu, const std::string& input, int iterations,
                std::vector<double>& cycles) {
  const Result<OwnedFolder> folder = OwnedFolder::create("effnet-mca-");
  if (!folder) return folder.status();
  const std::string code = folder->path() + "/code.s", result = folder->path() + "/result.json";
  if (Status status = write_file(code, input); !status) return status;
  const Result<ProcessResult> run =
      run_process({mca, "-mtriple=" + cpu.triple, "-mcpu=" + cpu.schedule, "-json", "-instruction-info=0",
                   "-resource-pressure=0", "-iterations=" + std::to_string(iterations), code, "-o", result},
                  folder->path(), most_seconds);
  if (!run) return run.status();
  if (run->exit_status != 0)
    return Status::error(mca + " failed: " + run->errors.substr(0, run->errors.find('\n')));
  const Result<std::string> json = read_file(result, most_result_bytes);
  return json ? read_cycles(*json, cycles) : json.status();
}

}  // namespace

Result<std::string> find_mca() {
  for (int version = newest_version; version >= oldest_version; --version)
    if (const std::string name = "llvm-mca-" + std::to_string(version); is_in_path(name)) return name;
  if (const std::string name = "llvm-mca"; is_in_path(name) && version_of(name) >= oldest_version)
    return name;
  return Status::error("llvm-mca of LLVM 16 or newer is not in PATH (Debian: the package llvm-19)");
}

Result<std::vector<double>> simulated_cycles(const std::string& mca, const CpuModel& cpu,
                                             const std::vector<std::vector<std::string>>& code) {
  std::vector<double> cycles(code.size(), 0);
  for (const bool long_ones : {false, true}) {
    const std::string input = input_of(code, cpu, long_ones);
    if (input.empty()) continue;
    const int iterations = long_ones ? long_iterations : short_iterations;
    if (Status status = simulate(mca, cpu, input, iterations, cycles); !status) return status;
  }
  return cycles;
}

}  // namespace effnet
