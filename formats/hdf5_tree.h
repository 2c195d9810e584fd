// What lies in an HDF5 file: every float dataset, found and checked before a byte of it is read.
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors_writer.h"

namespace effnet::hdf5 {

// Owns one of libhdf5's identifiers.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  explicit operator bool() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

struct Dataset {
  std::string path;  // in the file
  TensorEntry tensor;
  std::size_t bytes = 0;
};

// Refuses what Keras does not write (links, filters, external storage) and more than `most_bytes` in all.
Result<std::vector<Dataset>> find_datasets(hid_t file, std::size_t most_bytes);

}  // namespace effnet::hdf5
