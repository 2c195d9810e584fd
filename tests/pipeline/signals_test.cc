// What effnetc compile leaves when a signal ends it.
#include <filesystem>

#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

// Starts a compilation whose C compiler waits, sends it `signal` and waits for its end. The C compiler's id
// is in the file "cc-id". `before`: what the shell does first.
ProcessResult compile_and_send(const TemporaryFolder& folder, const std::string& signal,
                               const std::string& before = ":") {
  write_file(folder.path() / "slow-cc",
             "#!/bin/sh\necho $$ > \"${0%slow-cc}cc-id\"\nsleep 3\nexec cc \"$@\"\n");
  std::filesystem::permissions(folder.path() / "slow-cc", std::filesystem::perms::owner_all);
  const std::string compile = EFFNETC
      " compile tf_efficientnet_lite0 --resolution 64 --default-schedules --cache-dir " EFFNET_BINARY_DIR
      "/tests/kernels --cc ./slow-cc -o a/b/c";
  return run_program({"sh", "-c",
                      before + "; " + compile + " & while ! [ -s cc-id ]; do sleep 0.05; done; kill -" +
                          signal + " $!; wait $!"},
                     {.folder = folder.path()});
}

bool runs(const std::string& process) { return std::filesystem::exists("/proc/" + process); }

TEST_CASE("a signal ends the C compiler, too, and nothing stays") {
  for (const auto& [signal, status] : {std::pair{"TERM", 143}, {"HUP", 129}}) {
    const TemporaryFolder folder;
    const ProcessResult result = compile_and_send(folder, signal);
    CHECK(result.status == status);
    CHECK(result.error.empty());
    CHECK(names_in(folder.path().string()) == std::vector<std::string>{"cc-id", "slow-cc"});
    CHECK_FALSE(runs(lines_of(read_file(folder.path() / "cc-id")).at(0)));
  }
}

TEST_CASE("a signal that is ignored, as nohup does, ends nothing") {
  const TemporaryFolder folder;
  const ProcessResult result = compile_and_send(folder, "HUP", "trap '' HUP");
  INFO(result.error);
  CHECK(result.status == 0);
  CHECK(std::filesystem::exists(folder.path() / "a/b/c/libtf_efficientnet_lite0.a"));
}

}  // namespace

}  // namespace effnet::test
