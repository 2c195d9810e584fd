// effnet_add_library rebuilds when, and only when, an input changes.
#include <map>
#include <thread>

#include "tests/catch.h"
#include "tests/install/downstream.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;

std::string network_file(int resolution) {
  return R"({"name": "mine", "family": "lite", "width": 1, "depth": 1, "resolution": )" +
         std::to_string(resolution) + R"(, "classes": 1000, "padding": "same", "batch_norm_epsilon": 0.001})";
}

// A project with a network file, weights to import and a folder of rows, and an EffNet that only it uses.
class Project {
 public:
  Project() : downstream_(folder_.file("source"), folder_.file("build")) {
    must_run("cp -al '" INSTALL_PREFIX "' " + folder_.file("prefix"));
    // A program of its own, which may change.
    must_run("cp --remove-destination " INSTALL_PREFIX "/bin/effnetc " + effnetc());
    fs::create_directories(file("rows"));
    fs::copy_file(published_weights("lite0"), file("weights.pth"));
    write_file(file("mine.json"), network_file(64));
    write_file(file("main.c"),
               "#include <stdio.h>\n#include \"mine.h\"\nint main(void) {\n  effnet_model *model;\n"
               "  if (mine_open(WEIGHTS, NULL, &model)) return 1;\n"
               "  printf(\"%d\\n\", effnet_get_info(model)->resolution);\n  effnet_close(model);\n}\n");
    write_file(file("CMakeLists.txt"),
               "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\nfind_package(EffNet REQUIRED)\n"
               "effnet_add_library(mine NETWORK mine.json SCHEDULES rows WEIGHTS weights.pth)\n"
               "add_executable(main main.c)\ntarget_link_libraries(main PRIVATE mine)\n"
               "target_compile_definitions(main PRIVATE "
               "\"WEIGHTS=\\\"$<TARGET_PROPERTY:mine,EFFNET_WEIGHTS>\\\"\")\n");
  }

  void configure(const std::vector<std::string>& arguments = {}) const {
    downstream_.must_configure(arguments, folder_.file("prefix"));
  }
  std::string file(const std::string& name) const { return folder_.file("source") + "/" + name; }

  // Builds; the names of what was made anew.
  std::string changes() {
    const auto before = times();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a new time for new files
    downstream_.must_build();
    std::string names;
    for (const auto& [name, time] : times())
      if (const auto old = before.find(name); old == before.end() || old->second != time) names += name + " ";
    return names;
  }

  std::string effnetc() const { return folder_.file("prefix/bin/effnetc"); }
  std::string build_folder() const { return folder_.file("build"); }
  std::string run() const { return must_run(downstream_.file("main")).out; }

 private:
  std::map<std::string, fs::file_time_type> times() const {
    std::map<std::string, fs::file_time_type> result;
    for (const char* name : {"main", "mine/libmine.a", "mine/mine.weights"})
      if (fs::exists(downstream_.file(name))) result[name] = fs::last_write_time(downstream_.file(name));
    return result;
  }

  const TemporaryFolder folder_;
  const Downstream downstream_;
};

void touch(const std::string& file) { fs::last_write_time(file, fs::file_time_type::clock::now()); }

void check_rebuilds(Project& project) {
  const std::string all = "main mine/libmine.a mine/mine.weights ", library = "main mine/libmine.a ";
  CHECK(project.changes() == all);
  CHECK(project.run() == "64\n");
  CHECK(project.changes().empty());

  touch(project.file("weights.pth"));
  CHECK(project.changes() == "mine/mine.weights ");
  CHECK(project.changes().empty());

  write_file(project.file("mine.json"), network_file(72));
  CHECK(project.changes() == all);
  CHECK(project.run() == "72\n");
  CHECK(project.changes().empty());

  // Rows of this CPU, where there were none.
  const std::string target = must_run(INSTALL_PREFIX "/bin/effnetc targets | sed -n 's/ .*<- host//p'").out;
  const std::string rows = project.file("rows/" + target.substr(0, target.find('\n')));
  fs::create_directories(rows);
  write_file(rows + "/project.rows", "# none\n");
  CHECK(project.changes() == library);
  CHECK(project.changes().empty());
  write_file(rows + "/stem.rows", "# none\n");
  CHECK(project.changes() == library);
  write_file(rows + "/stem.rows", "# none yet\n");
  CHECK(project.changes() == library);
  CHECK(project.changes().empty());

  touch(project.effnetc());
  CHECK(project.changes() == all);
  CHECK(project.changes().empty());

  touch(project.file("main.c"));
  CHECK(project.changes() == "main ");
  touch(project.file("CMakeLists.txt"));
  CHECK(project.changes().empty());
}

TEST_CASE("with Ninja, exactly what follows from a changed input is made again") {
  Project project;
  project.configure();
  check_rebuilds(project);
}

TEST_CASE("with make, too") {
  Project project;
  project.configure({"-GUnix Makefiles", "-DCMAKE_MAKE_PROGRAM=make"});
  check_rebuilds(project);
}

TEST_CASE("PRECISION is the library's element type and that of its imported weights") {
  Project project;
  std::string text = read_file(project.file("CMakeLists.txt"));
  text.replace(text.find("SCHEDULES rows"), 14, "PRECISION int8-weights");
  write_file(project.file("CMakeLists.txt"), text);
  project.configure();
  project.changes();
  CHECK(project.run() == "64\n");  // another type would not open
  CHECK(read_file(project.build_folder() + "/mine/mine.weights").find(R"("precision":"int8-weights")") !=
        std::string::npos);
}

TEST_CASE("CALIBRATION goes to the library and to its imported weights, which follow when it changes") {
  Project project;
  const std::string observed = project.file("observed"), calibration = project.file("cal.json");
  must_run(INSTALL_PREFIX "/bin/effnetc compile " + project.file("mine.json") + " -o " + observed +
           " --observe --shared --cache-dir '" + kernel_cache() + "'");
  must_run(INSTALL_PREFIX "/bin/effnetc import " + project.file("mine.json") + " " +
           project.file("weights.pth") + " -o " + observed + "/mine.weights");
  must_run(INSTALL_PREFIX "/bin/effnet calibrate " + observed +
           "/libmine.so '" EFFNET_SOURCE_DIR "'/samples/chelsea.png -o " + calibration);
  std::string text = read_file(project.file("CMakeLists.txt"));
  text.replace(text.find("SCHEDULES rows"), 14, "PRECISION int8 CALIBRATION cal.json");
  write_file(project.file("CMakeLists.txt"), text);
  project.configure();
  CHECK(project.changes() == "main mine/libmine.a mine/mine.weights ");
  CHECK(project.run() == "64\n");
  CHECK(read_file(project.build_folder() + "/mine/mine.weights").find(R"("precision":"int8")") !=
        std::string::npos);
  touch(calibration);
  CHECK(project.changes() == "main mine/libmine.a mine/mine.weights ");
}

TEST_CASE("a compilation that fails is one line, and the next build tries again") {
  Project project;
  project.configure();
  write_file(project.file("mine.json"), "{}");
  const Downstream again(project.file(""), project.build_folder());
  const ProcessResult failed = again.build();
  CHECK(failed.status != 0);
  CHECK((failed.out + failed.error).find("effnetc ") != std::string::npos);
  CHECK((failed.out + failed.error).find("mine.json") != std::string::npos);
  write_file(project.file("mine.json"), network_file(64));
  CHECK(project.changes() == "main mine/libmine.a mine/mine.weights ");
}

}  // namespace
}  // namespace effnet::test
