// Writes the two forms of torch.save() from their description,
// byte by byte, sound or damaged as a test wants.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace effnet::test {

struct TorchTensor {
  std::string name;
  std::string type = "FloatStorage";
  std::string key;            // of its storage
  std::int64_t elements = 0;  // of its storage
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
};

// Opcodes of protocol 2 for what torch writes.
std::string pickle_text(const std::string& text);
std::string pickle_number(std::int64_t number);
std::string pickle_global(const std::string& module, const std::string& name);
std::string pickle_tensor(const TorchTensor& tensor, bool old_form);

// "\x80\x02" + an OrderedDict of the tensors + ".", below the keys of `nesting`.
std::string state_pickle(const std::vector<TorchTensor>& tensors, bool old_form,
                         const std::vector<std::string>& nesting = {});

using StorageBytes = std::map<std::string, std::string>;  // by key

// The old form. `state` is the third pickle; lengths come from the tensors.
std::string old_file(const std::string& state, const std::vector<TorchTensor>& tensors,
                     const StorageBytes& bytes);

// The zip form; entries by name, below "archive/".
void write_zip(const std::string& path, const std::map<std::string, std::string>& entries,
               bool compressed = false);
std::map<std::string, std::string> zip_entries(const std::string& state, const StorageBytes& bytes);

// The bytes of numbers as they lie in memory.
template <typename Number>
std::string raw(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

}  // namespace effnet::test
