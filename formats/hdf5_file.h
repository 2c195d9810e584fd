// HDF5 files as Keras writes them, through libhdf5 where the build found it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "formats/tensor_file.h"

namespace effnet {

bool is_hdf5(std::span<const std::byte> file);  // by its signature

// All float datasets of a file of `file_bytes` bytes, by their paths without the first slash:
// "stem_conv/stem_conv/kernel:0". Keras 3 keeps a layer's name as the attribute "name" of the group that its
// variables lie in; such a group is called by it: "layers/conv2d/stem_conv/0" for "layers/conv2d/vars/0".
//
// libhdf5 reads in a child process: what a damaged file does to it ends there. Links, compression, files
// beside this one, and datasets that claim more bytes than the file has are refused.
Result<TensorFile> read_hdf5(const std::string& path, std::size_t file_bytes);

}  // namespace effnet
