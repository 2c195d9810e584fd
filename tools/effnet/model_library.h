// A compiled network, lib<name>.so, loaded while the program runs. Every
// function that is called comes from that file, the runtime's too: program and
// library may be of different builds, and several libraries can be open at once.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "effnet_program.h"

namespace effnet {

struct ModelLibrary {
  std::string path, name;                   // "/models/libefficientnet_b0.so", "efficientnet_b0"
  std::shared_ptr<void> handle;             // keeps the functions below alive
  const effnet_program* program = nullptr;  // what the library says of itself

  decltype(&effnet_run_batch) run_batch = nullptr;
  decltype(&effnet_run_observed) run_observed = nullptr;  // also null in libraries of earlier versions
  decltype(&effnet_close) close = nullptr;
  decltype(&effnet_prepare) prepare = nullptr;
  decltype(&effnet_set_head) set_head = nullptr;
  decltype(&effnet_get_region) get_region = nullptr;
  decltype(&effnet_get_class) get_class = nullptr;
  decltype(&effnet_get_info) get_info = nullptr;
  decltype(&effnet_error) error = nullptr;
  decltype(&effnet_status_text) status_text = nullptr;
  decltype(&effnet_softmax) softmax = nullptr;
  decltype(&effnet_profile_start) profile_start = nullptr;
  decltype(&effnet_profile_stop) profile_stop = nullptr;
  decltype(&effnet_get_profile) get_profile = nullptr;
  effnet_status (*open)(const char* weights_path, const effnet_options*, effnet_model**) = nullptr;
  effnet_status (*open_memory)(const void* weights, size_t bytes, const effnet_options*,
                               effnet_model**) = nullptr;
};

// `model`: a path to a lib<name>.so, or a name whose library lies in `library_folder` (unless that is empty),
// beside this program or in a folder of $EFFNET_LIB_PATH (separated by colons), in this order.
Result<std::string> find_library(const std::string& model, const std::string& library_folder);

Result<ModelLibrary> load_library(const std::string& path);

}  // namespace effnet
