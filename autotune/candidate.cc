#include "autotune/candidate.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "autotune/candidate/data.h"
#include "base/files.h"
#include "base/text.h"
#include "pipeline/cc.h"
#include "reference/step.h"

namespace effnet {

namespace {

using Kind = ArgumentMemory::Kind;

constexpr const char* symbol = "candidate_kernel";

std::string offset_text(const Argument& a) {
  std::string text;
  if (a.block_bytes) text += " + (size_t)block * " + std::to_string(a.block_bytes);
  if (a.strip_bytes) text += " + (size_t)strip * " + std::to_string(a.strip_bytes);
  return text;
}

// candidate_task(): the kernel called with the arguments of one task.
std::string emit_task(const StepLayout& layout) {
  const Step& step = layout.step;
  std::string declaration, buffers, call;
  int memory = 0;
  for (const ArgumentMemory& a : layout.arguments) {
    const std::string comma = call.empty() ? "" : ", ";
    const std::string& name = a.argument.name;
    declaration += comma + (a.kind == Kind::scalar ? "int" : "struct halide_buffer_t*");
    if (a.kind == Kind::scalar) {
      call += comma + (a.argument.place == Place::constant ? std::to_string(a.argument.index) : name);
      continue;
    }
    const std::string host = a.kind == Kind::scratch
                                 ? "scratch"
                                 : "at[" + std::to_string(memory++) + "]" + offset_text(a.argument);
    buffers += "  struct halide_buffer_t " + name + "_buffer = {.host = " + host + "};\n";
    call += comma + "&" + name + "_buffer";
  }
  const std::string height = std::to_string(step.strip_rows), total = std::to_string(step.total_rows);
  return "int " + std::string(symbol) + "(" + declaration + ");\n\n" +
         "void candidate_task(char* const* at, int task, char* scratch) {\n  const int block = task % " +
         std::to_string(step.blocks) + ", strip = task / " + std::to_string(step.blocks) +
         ";\n  const int first_row = strip * " + height + ", rows = first_row + " + height + " <= " + total +
         " ? " + height + " : " + total + " - first_row;\n  (void)block, (void)rows;\n" + buffers + "  " +
         symbol + "(" + call + ");\n}\n";
}

// The arguments that have memory of their own.
std::vector<const ArgumentMemory*> memories(const StepLayout& layout) {
  std::vector<const ArgumentMemory*> result;
  for (const ArgumentMemory& a : layout.arguments)
    if (a.kind != Kind::scratch && a.kind != Kind::scalar) result.push_back(&a);
  return result;
}

// What the lanes past the last channel hold: the number that stands for 0.
float padding_of(const std::vector<const ArgumentMemory*>& all, const ArgumentMemory& a) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (traits_of(a.element).affine && all[i]->argument.name == a.argument.name + "_affine")
      return candidate_affine(static_cast<int>(i), 1);
  return 0;
}

const char* kind_text(Kind kind) {
  return kind == Kind::weight   ? "CANDIDATE_WEIGHT"
         : kind == Kind::affine ? "CANDIDATE_AFFINE"
         : kind == Kind::output ? "CANDIDATE_OUTPUT"
                                : "CANDIDATE_MAP";
}

const char* element_text(Element element) {
  constexpr const char* table[] = {"CANDIDATE_F32", "CANDIDATE_BF16", "CANDIDATE_I8", "CANDIDATE_U8"};
  return table[static_cast<int>(element)];
}

Status malformed(const std::string& line) {
  return Status::error("the candidate printed " + in_quotes(line) + ", which is no result");
}

}  // namespace

std::string emit_candidate(const StepLayout& layout, int threads, int seconds) {
  std::string text =
      "/* " + layout.step.operation + " | " + to_text(layout.kernel.schedule) +
      " */\n#include \"candidate.h\"\n\nconst struct candidate_argument candidate_arguments[] = {\n";
  const std::vector<const ArgumentMemory*> all = memories(layout);
  for (const ArgumentMemory* a : all) {
    char line[200];
    std::snprintf(
        line, sizeof line, "    {%s, %s, %lld, %lld, %lld, %lld, %d, %d, %d, %.9g, %.9g}, /* %s */\n",
        kind_text(a->kind), element_text(a->element), static_cast<long long>(a->elements),
        static_cast<long long>(a->used), static_cast<long long>(a->row), static_cast<long long>(a->panel),
        a->together, a->channels, a->samples, a->scale, padding_of(all, *a), a->argument.name.c_str());
    text += line;
  }
  std::int64_t scratch = 0;
  for (const ArgumentMemory& a : layout.arguments)
    if (a.kind == Kind::scratch) scratch = a.elements;
  text += "};\nconst int candidate_argument_count = " + std::to_string(all.size()) +
          ";\nconst int candidate_tasks = " + std::to_string(layout.step.blocks * layout.step.strips) +
          ", candidate_threads = " + std::to_string(threads) +
          ", candidate_seconds = " + std::to_string(seconds) +
          ";\nconst size_t candidate_scratch_floats = " + std::to_string(scratch) + ";\n\n";
  return text + emit_task(layout);
}

Status CandidateBuilder::prepare() const {
  return run_cc(cc, target, folder,
                {"-std=c11", "-O2", "-pthread", "-I", source, "-c", source + "/main.c", "-o", "main.o"});
}

Result<std::string> CandidateBuilder::build(const StepLayout& layout, const std::string& name,
                                            bool is_default) const {
  JobOptions options = jobs;
  if (!is_default) options.cache_dir = kernels;
  Result<std::string> object = compile_kernel_apart(layout.kernel, target, options);
  if (!object) return object.status();
  if (!stamp_symbol(*object, symbol)) return Status::error("a compiled kernel has not its symbol");
  const std::string path = folder + "/" + name;
  if (Status status = write_file(path + ".o", *object); !status) return status;
  if (Status status = write_file(path + ".c", emit_candidate(layout, threads, seconds)); !status)
    return status;
  const Status linked = run_cc(cc, target, folder,
                               {"-std=c11", "-O1", "-static", "-pthread", "-I", source, name + ".c", "main.o",
                                name + ".o", "-o", name});
  std::error_code ignored;
  std::filesystem::remove(path + ".o", ignored);
  std::filesystem::remove(path + ".c", ignored);
  if (!linked) return linked;
  return path;
}

Result<CandidateResult> parse_candidate_output(const std::string& text) {
  CandidateResult result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "cpu") {
      result.cpu = line.size() > 4 ? line.substr(4) : "";
      for (char& c : result.cpu)
        if (c == '"' || c == '|' || static_cast<unsigned char>(c) < 0x20) c = ' ';
    } else if (what == "cores") {
      if (!(words >> result.cores) || result.cores < 1) return malformed(line);
    } else if (what == "nanoseconds") {
      if (!(words >> result.nanoseconds >> result.median) || !(result.nanoseconds > 0) ||
          !std::isfinite(result.median))
        return malformed(line);
    } else if (what == "hash") {
      words >> result.hash;
    } else if (what == "values") {
      int argument = 0;
      if (!(words >> argument)) return malformed(line);
      for (std::string word; words >> word;) {
        std::uint32_t bits = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), bits, 16);
        if (error != std::errc() || end != word.data() + word.size()) return malformed(line);
        result.samples[argument].push_back(std::bit_cast<float>(bits));
      }
    } else {
      return malformed(line);
    }
  }
  if (result.cpu.empty() || result.hash.size() != 16 || result.nanoseconds <= 0 || result.samples.empty())
    return Status::error("the candidate printed no result");
  return result;
}

Status check_samples(const StepLayout& layout, const CandidateResult& result) {
  const std::vector<const ArgumentMemory*> all = memories(layout);
  StepReference reference{layout.kernel.operation, layout.kernel.problem, 1, 1};
  for (const ArgumentMemory& a : layout.arguments) {
    if (a.argument.place != Place::constant) continue;
    (a.argument.name == "rows" ? reference.rows : reference.pixels) = a.argument.index;
  }
  const auto input = [&](const std::string& name, std::int64_t index) -> double {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const ArgumentMemory& a = *all[i];
      if (a.argument.name != name) continue;
      if (a.kind == Kind::affine)
        return candidate_affine(static_cast<int>(i), static_cast<std::uint64_t>(index));
      const std::int64_t lane = index % (panel_lanes * a.together) / a.together;
      const bool is_channel = a.panel == 1 || index % a.row / a.panel * panel_lanes + lane < a.channels;
      if (!is_channel) return padding_of(all, a);
      return candidate_value(static_cast<candidate_element>(a.element), a.scale, static_cast<int>(i),
                             static_cast<std::uint64_t>(index));
    }
    return 0;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const ArgumentMemory& a = *all[i];
    if (a.kind != Kind::output) continue;
    const auto samples = result.samples.find(static_cast<int>(i));
    if (samples == result.samples.end() || samples->second.size() != static_cast<std::size_t>(a.samples))
      return Status::error("the candidate printed too few values of " + a.argument.name);
    for (int s = 0; s < a.samples; ++s) {
      const auto index = static_cast<std::int64_t>(candidate_sample(
          static_cast<int>(i), static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(a.used)));
      const Expected wanted = reference.output(a.argument.name, index, input);
      const double got = samples->second[s];
      if (std::abs(got - wanted.value) <= wanted.tolerance) continue;
      return Status::error(a.argument.name + "[" + std::to_string(index) + "] is " + std::to_string(got) +
                           ", the reference says " + std::to_string(wanted.value));
    }
  }
  return {};
}

}  // namespace effnet
