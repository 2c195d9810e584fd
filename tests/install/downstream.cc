#include "tests/install/downstream.h"

#include <stdexcept>

#include "tests/catch.h"

namespace effnet::test {

std::string examples_folder() { return EFFNET_SOURCE_DIR "/examples"; }

std::string kernel_cache() { return EFFNET_BINARY_DIR "/tests/kernels"; }

ProcessResult Downstream::configure(const std::vector<std::string>& arguments,
                                    const std::string& prefix) const {
  std::vector<std::string> command = {CMAKE_PROGRAM,
                                      "-S",
                                      source_,
                                      "-B",
                                      build_,
                                      "-DCMAKE_BUILD_TYPE=Release",
                                      "-DCMAKE_PREFIX_PATH=" + prefix,
                                      "-DEFFNET_CACHE_DIR=" + kernel_cache()};
  if (std::string(NINJA_PROGRAM).find("ninja") != std::string::npos)
    command.insert(command.end(), {"-GNinja", "-DCMAKE_MAKE_PROGRAM=" NINJA_PROGRAM});
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

ProcessResult Downstream::build() const {
  ProcessOptions patient;
  patient.seconds = 1500;
  return run_program({CMAKE_PROGRAM, "--build", build_}, patient);
}

void Downstream::must_configure(const std::vector<std::string>& arguments, const std::string& prefix) const {
  const ProcessResult result = configure(arguments, prefix);
  INFO(result.out << result.error);
  REQUIRE(result.status == 0);
}

std::string Downstream::must_build() const {
  const ProcessResult result = build();
  INFO(result.out << result.error);
  REQUIRE(result.status == 0);
  return result.out;
}

std::string published_weights(const std::string& size) {
  for (const auto& entry : std::filesystem::directory_iterator(EFFNET_LITE_WEIGHTS_DIR))
    if (entry.path().filename().string().rfind("efficientnet-" + size + "-", 0) == 0) return entry.path();
  throw std::runtime_error("no weights of " + size +
                           " in " EFFNET_LITE_WEIGHTS_DIR "; ./dev setup brings them");
}

ProcessResult must_run(const std::string& command) {
  ProcessResult result = run_program({"sh", "-c", command});
  INFO(command << "\n" << result.error);
  REQUIRE(result.status == 0);
  return result;
}

}  // namespace effnet::test
