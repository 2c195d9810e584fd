#include "pipeline/jobs.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>

#include "base/files.h"
#include "base/owned_folder.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/unfinished.h"

namespace effnet {

namespace fs = std::filesystem;

const std::string placeholder_symbol =
    "effnet_placeholder_for_the_symbol_of_a_kernel_0123456789_0123456789_0123456789_0123456789_0123456789_"
    "0123456789";

namespace {

constexpr std::size_t most_object_bytes = 64u << 20;
constexpr std::string_view temporary_ending = ".tmp.o", assembly_ending = ".s";

// What does not reach the generator: the caller's loops.
bool is_for_caller(const std::string& number) { return number == "strip_rows" || number == "out_height"; }

Result<std::string> cache_key(const KernelRequest& request) {
  std::string text = "kernel 1\n" + request.generator + "\n" + request.target + "\n" +
                     find_operator(request.generator).algorithm_hash + "\n" + halide_version() + "\n";
  for (const auto& [name, value] : request.parameters) text += name + "=" + value + "\n";
  return sha256(std::as_bytes(std::span(text)));
}

// Without Halide's warnings.
std::string first_line(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line) && line.starts_with("Warning:")) {
  }
  return line;
}

// What went wrong in a child process; empty when nothing.
std::string failure_of(const ProcessResult& run, const JobOptions& options) {
  if (!run.in_time) return "did not end within " + std::to_string(options.seconds) + " s";
  if (run.exit_status == 0) return "";
  return "failed with status " + std::to_string(run.exit_status) + ": " + first_line(run.errors);
}

Status compilation_failed(const Kernel& kernel, const std::string& how) {
  return Status::error("compiling " + kernel.operation + " (" + to_text(kernel.problem) + ") " + how);
}

bool is_whole(const Result<std::string>& object) {
  return object && object->find(placeholder_symbol) != std::string::npos;
}

// Runs the compiler for one kernel and returns what it wrote into `temporary`.
Result<std::string> compile_file(const Kernel& kernel, const KernelRequest& request,
                                 const JobOptions& options, const std::string& temporary) {
  const std::string compiler = options.compiler.empty() ? running_program : options.compiler;
  const Operator& op = find_operator(kernel.operation);
  std::vector<std::string> arguments = {
      compiler,          "compile-kernel", temporary,
      request.generator, request.target,   std::to_string(op.scratch_bytes(kernel.problem, kernel.schedule))};
  for (const auto& [name, value] : request.parameters) arguments.push_back(name + "=" + value);
  for (const auto& [name, value] : request.scalars) arguments.push_back(name + ":" + std::to_string(value));
  ProcessOptions limits;
  limits.seconds = options.seconds;
  limits.memory_bytes = options.memory_bytes;
  const Result<ProcessResult> run = run_process(arguments, limits);
  const std::string failure = run ? failure_of(*run, options) : "failed: " + run.message();
  if (failure.empty()) return read_file(temporary, most_object_bytes);
  return compilation_failed(kernel, failure);
}

// A name of its own for every compilation: schedules that differ in the caller's loops share a kernel.
std::string temporary_name(const std::string& path) {
  static std::atomic<int> count{0};
  return path + "." + std::to_string(getpid()) + "-" + std::to_string(count++) +
         std::string(temporary_ending);
}

std::string cache_dir_of(const JobOptions& options) {
  return options.cache_dir.empty() ? default_cache_dir() : options.cache_dir;
}

// What compilations that were killed left in the cache.
void sweep(const std::string& cache_dir) {
  constexpr std::chrono::hours oldest{1};  // they are written at the end, at once
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool temporary = name.ends_with(temporary_ending) || name.find(".o.part-") != std::string::npos;
    if (!temporary) continue;
    const fs::file_time_type written = entry.last_write_time(ignored);
    if (!ignored && fs::file_time_type::clock::now() - written > oldest) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

KernelRequest kernel_request(const Kernel& kernel, const CpuTarget& target) {
  KernelRequest request{kernel.operation, {}, target.halide, placeholder_symbol, {}};
  for (const Numbers* numbers : {&kernel.problem, &kernel.schedule})
    for (const auto& [name, value] : *numbers)
      if (!is_for_caller(name)) request.parameters[name] = std::to_string(value);
  return request;
}

std::string default_cache_dir() {
  if (const std::string cache = environment_variable("XDG_CACHE_HOME"); !cache.empty())
    return cache + "/effnet";
  if (const std::string home = environment_variable("HOME"); !home.empty()) return home + "/.cache/effnet";
  return (fs::temp_directory_path() / "effnet-cache").string();
}

std::string lengthened_symbol(std::string symbol) {
  symbol.resize(placeholder_symbol.size(), '_');
  return symbol;
}

bool stamp_symbol(std::string& object, const std::string& symbol) {
  std::string padded_symbol = symbol;
  padded_symbol.resize(placeholder_symbol.size(), '\0');
  bool found = false;
  for (std::size_t at = 0; (at = object.find(placeholder_symbol, at)) != std::string::npos; found = true)
    object.replace(at, padded_symbol.size(), padded_symbol);
  return found;
}

Result<std::string> compile_kernel_apart(const Kernel& kernel, const CpuTarget& target,
                                         const JobOptions& options) {
  const std::string cache_dir = cache_dir_of(options);
  std::error_code failed;
  fs::create_directories(cache_dir, failed);
  if (failed) return Status::error("cannot make the cache folder " + cache_dir + ": " + failed.message());
  const KernelRequest request = kernel_request(kernel, target);
  Result<std::string> key = cache_key(request);
  if (!key) return key.status();
  const std::string path = cache_dir + "/" + *key + ".o";
  if (fs::exists(path, failed))
    if (Result<std::string> object = read_file(path, most_object_bytes); is_whole(object)) return object;
  const std::string temporary = temporary_name(path);
  add_unfinished(temporary);
  Result<std::string> object = compile_file(kernel, request, options, temporary);
  fs::remove(temporary, failed);
  remove_unfinished(temporary);
  if (!object) return object;
  if (!is_whole(object)) return compilation_failed(kernel, "made an object without its symbol");
  if (Status status = write_file(path, *object); !status) return status;
  return object;
}

Result<std::string> compile_marked_assembly(const Kernel& kernel, const Numbers& scalars,
                                            const CpuTarget& target, const JobOptions& options) {
  KernelRequest request = kernel_request(kernel, target);
  request.scalars = scalars;
  const Result<OwnedFolder> folder = OwnedFolder::create("effnet-assembly-");
  if (!folder) return folder.status();
  return compile_file(kernel, request, options, folder->path() + "/kernel" + std::string(assembly_ending));
}

Result<std::vector<std::string>> compile_kernels(const std::vector<Kernel>& kernels, const CpuTarget& target,
                                                 const JobOptions& options) {
  sweep(cache_dir_of(options));
  const int total = static_cast<int>(kernels.size());
  std::vector<std::string> objects(kernels.size());
  std::mutex mutex;  // guards `done`, `failure` and the caller's progress
  int done = 0;
  Status failure;
  parallel_for(options.jobs, total, [&](int i) {
    if (const std::lock_guard lock(mutex); !failure.ok()) return;
    Result<std::string> object = compile_kernel_apart(kernels[i], target, options);
    const std::lock_guard lock(mutex);
    if (!object) {
      if (failure.ok()) failure = object.status();
      return;
    }
    objects[i] = *std::move(object);
    ++done;
    if (options.progress) options.progress(done, total);
  });
  if (!failure.ok()) return failure;
  return objects;
}

Status compile_kernel_command(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4)
    return Status::error("OBJECT GENERATOR TARGET SCRATCH_BYTES name=value... are needed");
  KernelRequest request{arguments[1], {}, arguments[2], placeholder_symbol, {}};
  for (std::size_t i = 4; i < arguments.size(); ++i) {
    const std::size_t sign = arguments[i].find_first_of("=:");
    if (sign == std::string::npos) return Status::error(in_quotes(arguments[i]) + " is not name=value");
    const std::string name = arguments[i].substr(0, sign), value = arguments[i].substr(sign + 1);
    if (arguments[i][sign] == '=')
      request.parameters[name] = value;
    else
      request.scalars[name] = std::atoi(value.c_str());
  }
  const bool assembly = arguments[0].ends_with(assembly_ending);
  Result<std::int64_t> scratch = compile_kernel(
      request, assembly ? KernelFiles{"", "", arguments[0]} : KernelFiles{arguments[0], "", ""});
  if (!scratch) return scratch.status();
  const long long planned = std::strtoll(arguments[3].c_str(), nullptr, 10);
  if (*scratch > planned)
    return Status::error("the kernel needs " + std::to_string(*scratch) +
                         " bytes of scratch, more than the planned " + arguments[3]);
  return {};
}

}  // namespace effnet
