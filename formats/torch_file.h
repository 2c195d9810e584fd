// What torch.save() writes: the zip form (since torch 1.6) and the form before it, a row of pickles.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "formats/tensor_file.h"

namespace effnet {

bool is_torch_pickle(std::span<const std::byte> file);  // by its magic number
bool is_zip(std::span<const std::byte> file);

// Tensors of the state dict: of the file's dict itself, or of the one under "state_dict", "model" and the
// like. `file` must outlive the tensors; what the zip form needs beside it is kept in TensorFile::memory.
Result<TensorFile> read_torch_pickle(std::span<const std::byte> file, const std::string& where);
Result<TensorFile> read_torch_zip(std::span<const std::byte> file, const std::string& where);

}  // namespace effnet
