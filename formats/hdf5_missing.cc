// In place of hdf5_file.cc where libhdf5 is missing.
#include "formats/hdf5_file.h"

namespace effnet {

Result<TensorFile> read_hdf5(const std::string& path, std::size_t /*file_bytes*/) {
  return Status::error(
      path +
      ": is an HDF5 file, and this effnetc was built without libhdf5; install libhdf5-dev and "
      "build again, or convert the weights to safetensors");
}

}  // namespace effnet
