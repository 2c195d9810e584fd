#include "tools/effnet/model_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/text.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;

bool is_path(const std::string& model) {
  return model.find('/') != std::string::npos || model.ends_with(".so");
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::vector<fs::path> library_folders(const std::string& first) {
  std::vector<fs::path> folders;
  if (!first.empty()) folders.emplace_back(first);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path());
  if (const char* variable = std::getenv("EFFNET_LIB_PATH")) {
    std::istringstream list(variable);
    for (std::string folder; std::getline(list, folder, ':');)
      if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

// "/models/libcats.so" -> "cats"; empty when the file is named otherwise.
std::string library_name(const std::string& path) {
  const std::string file = fs::path(path).filename().string();
  if (!file.starts_with("lib") || !file.ends_with(".so") || file.size() <= 6) return "";
  return file.substr(3, file.size() - 6);
}

// Looks symbols up and remembers the first that is missing.
class Symbols {
 public:
  explicit Symbols(void* handle) : handle_(handle) {}

  template <typename Function>
  void find(Function*& function, const std::string& symbol) {
    find_if_there(function, symbol);
    if (function == nullptr && missing_.empty()) missing_ = symbol;
  }
  template <typename Function>
  void find_if_there(Function*& function, const std::string& symbol) const {
    function = reinterpret_cast<Function*>(::dlsym(handle_, symbol.c_str()));
  }
  const std::string& missing() const { return missing_; }

 private:
  void* handle_;
  std::string missing_;
};

std::string find_functions(ModelLibrary& library) {
  Symbols symbols(library.handle.get());
  const effnet_program* (*program)() = nullptr;
  symbols.find(program, library.name + "_program");
  symbols.find(library.open, library.name + "_open");
  symbols.find(library.open_memory, library.name + "_open_memory");
  symbols.find(library.run_batch, "effnet_run_batch");
  symbols.find_if_there(library.run_observed, "effnet_run_observed");
  symbols.find(library.close, "effnet_close");
  symbols.find(library.prepare, "effnet_prepare");
  symbols.find(library.set_head, "effnet_set_head");
  symbols.find(library.get_region, "effnet_get_region");
  symbols.find(library.get_class, "effnet_get_class");
  symbols.find(library.get_info, "effnet_get_info");
  symbols.find(library.error, "effnet_error");
  symbols.find(library.status_text, "effnet_status_text");
  symbols.find(library.softmax, "effnet_softmax");
  symbols.find(library.profile_start, "effnet_profile_start");
  symbols.find(library.profile_stop, "effnet_profile_stop");
  symbols.find(library.get_profile, "effnet_get_profile");
  if (symbols.missing().empty()) library.program = program();
  return symbols.missing();
}

}  // namespace

Result<std::string> find_library(const std::string& model, const std::string& library_folder) {
  if (is_path(model)) {
    if (!is_file(model)) return Status::error("there is no library " + in_quotes(model));
    return model;
  }
  const std::string file = "lib" + model + ".so";
  std::vector<std::string> searched;
  for (const fs::path& folder : library_folders(library_folder)) {
    if (is_file(folder / file)) return (folder / file).string();
    searched.push_back(folder.string());
  }
  return Status::error("there is no " + file + " in " + join(searched, ", ") +
                       "; make it with: effnetc compile " + model +
                       " -o DIR --shared (then name DIR with --lib-dir)");
}

Result<ModelLibrary> load_library(const std::string& path) {
  ModelLibrary library;
  library.path = path;
  library.name = library_name(path);
  if (library.name.empty())
    return Status::error(in_quotes(path) + " is not named like a compiled network, lib<name>.so");
  // A path without a slash would be looked for in the system's folders.
  void* handle = ::dlopen(fs::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return Status::error(std::string("cannot load the library: ") + ::dlerror());
  library.handle = std::shared_ptr<void>(handle, ::dlclose);

  if (const std::string missing = find_functions(library); !missing.empty())
    return Status::error(
        in_quotes(path) +
        " was not made by this version's effnetc compile --shared under this name: it has no " + missing);
  if (library.program == nullptr || library.program->abi != EFFNET_PROGRAM_ABI)
    return Status::error(in_quotes(path) + " was compiled by another version of effnetc; compile it again");
  return library;
}

}  // namespace effnet
