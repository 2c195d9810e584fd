// The same bytes whoever builds, where and when; and the same C API, as far as a tool can tell.
#include "tests/catch.h"
#include "tests/install/downstream.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;

// What the runtime alone is built from, in another folder.
void copy_sources(const std::string& folder) {
  fs::create_directories(folder);
  for (const char* name : {"CMakeLists.txt", "THIRD_PARTY_NOTICES.md", "docs", "examples", "cmake", "formats",
                           "runtime", "bench"})
    fs::copy(fs::path(EFFNET_SOURCE_DIR) / name, fs::path(folder) / name, fs::copy_options::recursive);
}

const std::vector<std::string> runtime_only = {"-DEFFNET_BUILD_COMPILER=OFF", "-DEFFNET_BUILD_RUNNER=OFF",
                                               "-DEFFNET_BUILD_TESTS=OFF",
                                               "-DCMAKE_BUILD_TYPE=RelWithDebInfo"};

TEST_CASE("the runtime has the same bytes from any folder, user and time") {
  const TemporaryFolder folder;
  const std::string here = folder.file("a"), there = folder.file("another/and deeper/folder");
  copy_sources(here);
  copy_sources(there);
  const Downstream first(here, here + "/build"), second(there, folder.file("apart"));
  first.must_configure(runtime_only);
  first.must_build();
  setenv("USER", "somebody", 1);
  setenv("HOME", folder.path().c_str(), 1);
  setenv("TZ", "Asia/Tokyo", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  second.must_configure(runtime_only);
  second.must_build();
  CHECK(read_file(first.file("lib/libeffnet.a")) == read_file(second.file("lib/libeffnet.a")));
  CHECK(must_run("strings " + first.file("lib/libeffnet.a")).out.find(folder.path()) == std::string::npos);
}

TEST_CASE("a library has the same bytes from any folder, user and time, shared too") {
  const TemporaryFolder folder;
  const std::string weights = folder.file("weights.weights");
  must_run(INSTALL_PREFIX "/bin/effnetc import tf_efficientnet_lite0 " + published_weights("lite0") + " -o " +
           weights);
  const std::string compile = INSTALL_PREFIX
                              "/bin/effnetc compile tf_efficientnet_lite0 --resolution 64 --name small"
                              " --shared --target x86-64-v3,x86-64 --no-user-schedules --cache-dir " +
                              kernel_cache() + " --embed ";
  must_run(compile + weights + " -o " + folder.file("a"));
  // Another user, whose folder has rows for this network: they are not looked at.
  const std::string home = folder.file("home"), rows = home + "/.local/share/effnet/schedules/x86-64-v3";
  fs::create_directories(rows);
  write_file(rows + "/stem.rows", "no row at all\n");
  fs::copy_file(weights, folder.file("the same.weights"));
  must_run("cd / && umask 077 && HOME=" + home + " USER=somebody TZ=Asia/Tokyo " + compile + "'" +
           folder.file("the same.weights") + "' -o '" + folder.file("b/other place") + "'");
  for (const char* name : {"libsmall.a", "libsmall.so", "small.h", "small.c"}) {
    INFO(name);
    CHECK(read_file(folder.file("a") + "/" + name) == read_file(folder.file("b/other place") + "/" + name));
  }
  const std::string exported = must_run("nm -D --defined-only " + folder.file("a/libsmall.so")).out;
  CHECK(exported.find("small_open_embedded") != std::string::npos);
  CHECK(exported.find("small_weights") == std::string::npos);
}

// abidiff's verdict after a change of the sources; `edit` is a command of sed for effnet.h and the runtime.
ProcessResult compare_api(const std::string& edit) {
  const TemporaryFolder folder;
  const std::string changed = folder.file("changed");
  copy_sources(changed);
  must_run("sed -i -E '" + edit + "' " + changed + "/runtime/include/effnet.h " + changed + "/runtime/*.cc");
  return run_program(
      {EFFNET_SOURCE_DIR "/tests/install/abi.sh", EFFNET_SOURCE_DIR, changed, folder.file("work")},
      {.environment = {{"CMAKE", CMAKE_PROGRAM}}});
}

TEST_CASE("two builds of the same API do not differ, a changed function or structure is found") {
  const ProcessResult same = compare_api("s/worker that does not exist/other comment/");
  INFO(same.out << same.error);
  CHECK(same.status == 0);

  const ProcessResult function = compare_api(
      "s/effnet_softmax\\(const float\\* logits, int /effnet_softmax(const float* logits, long /");
  CHECK(function.status != 0);
  CHECK(function.out.find("effnet_softmax") != std::string::npos);

  const ProcessResult gone = compare_api("s/effnet_status_text/effnet_text_of_status/");
  CHECK(gone.status != 0);
  CHECK(gone.out.find("effnet_status_text") != std::string::npos);

  const ProcessResult structure = compare_api("s/^  int threads; .*/  long threads;/");
  CHECK(structure.status != 0);
  CHECK(structure.out.find("effnet_options") != std::string::npos);
}

}  // namespace
}  // namespace effnet::test
