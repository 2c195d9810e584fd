#include "tests/arm/arm_program.h"

#include <cstring>
#include <stdexcept>

#include "tests/support/process.h"
#include "tests/support/temporary.h"

namespace effnet::test {

namespace {

void must_run(const std::vector<std::string>& command) {
  const ProcessResult result = run_program(command);
  if (result.status != 0)
    throw std::runtime_error(command[0] + " ended with status " + std::to_string(result.status) + ": " +
                             result.error);
}

// Takes `count` floats from the front of `bytes`.
std::vector<float> take(std::string_view& bytes, std::size_t count) {
  if (bytes.size() < count * sizeof(float)) throw std::runtime_error("run_network wrote too little");
  std::vector<float> values(count);
  std::memcpy(values.data(), bytes.data(), count * sizeof(float));
  bytes.remove_prefix(count * sizeof(float));
  return values;
}

}  // namespace

ArmProgram::ArmProgram(std::string folder, std::string name, std::string target)
    : folder_(std::move(folder)), name_(std::move(name)), target_(std::move(target)) {
  must_run({EFFNET_ARM_CC,
            "-std=c11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-static",
            "-I",
            folder_,
            "-I",
            EFFNET_BINARY_DIR "/include",
            "-DHEADER=\"" + name_ + ".h\"",
            "-DOPEN=" + name_ + "_open_memory",
            EFFNET_SOURCE_DIR "/tests/arm/run_network.c",
            folder_ + "/lib" + name_ + ".a",
            EFFNET_ARM_RUNTIME,
            "-pthread",
            "-lm",
            "-o",
            folder_ + "/" + name_ + ".arm"});
}

ArmOutputs ArmProgram::run(const std::string& weights, std::span<const float> input, const ArmShape& shape,
                           int threads) const {
  return run_bytes(weights, {reinterpret_cast<const char*>(input.data()), input.size_bytes()}, shape, threads,
                   {});
}

ArmOutputs ArmProgram::run(const std::string& weights, const Picture& picture, const ArmShape& shape) const {
  return run_bytes(weights, {reinterpret_cast<const char*>(picture.rgb.data()), picture.rgb.size()}, shape, 1,
                   {std::to_string(picture.width), std::to_string(picture.height)});
}

ArmOutputs ArmProgram::run_bytes(const std::string& weights, std::string_view input, const ArmShape& shape,
                                 int threads, const std::vector<std::string>& size) const {
  const TemporaryFolder files;
  write_file(files.file("input"), input);
  std::vector<std::string> command = {EFFNET_QEMU,
                                      "-cpu",
                                      "max",
                                      folder_ + "/" + name_ + ".arm",
                                      weights,
                                      files.file("input"),
                                      files.file("output"),
                                      std::to_string(threads),
                                      target_,
                                      std::to_string(shape.arena_bytes)};
  command.insert(command.end(), size.begin(), size.end());
  must_run(command);
  const std::string written = read_file(files.file("output"));
  std::string_view rest = written;
  ArmOutputs outputs;
  outputs.logits = take(rest, shape.classes);
  outputs.features = take(rest, shape.features);
  outputs.last_map = take(rest, shape.features * shape.map_pixels);
  outputs.arena = take(rest, shape.arena_bytes / sizeof(float));
  return outputs;
}

}  // namespace effnet::test
