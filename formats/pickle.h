// Python pickles, as far as torch.save() needs them for tensors. Nothing is executed or imported: of all
// names that a pickle can ask for, only those that rebuild tensors mean something here, and any other one is
// an error that names it. Source of the opcodes: Python's Lib/pickletools.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"

namespace effnet::pickle {

// A storage that tensors lie in; its bytes stand outside the pickle.
struct Storage {
  Dtype dtype = Dtype::f32;
  std::int64_t elements = 0;
};

struct View {  // a tensor: part of a storage
  std::string_view storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
};

struct Value {
  enum class Kind { none, boolean, integer, real, text, tuple, list, dict, name, storage, tensor };
  Kind kind = Kind::none;
  std::int64_t integer = 0;   // boolean, integer
  std::string_view text;      // text, storage: its key; name: "torch FloatStorage"
  std::vector<Value*> items;  // tuple, list; dict: key, value, key, value, ...
  View view;                  // tensor
};

// What one pickle held. Texts point into its bytes, which must outlive it.
struct Document {
  Document() = default;
  Document(Document&&) = default;  // never copied: root points into values
  Document& operator=(Document&&) = default;
  std::deque<Value> values;  // owns all
  Value* root = nullptr;
  std::map<std::string_view, Storage> storages;  // by key
  std::size_t bytes = 0;                         // consumed
};

// Reads one pickle from the beginning of `bytes`. `where` names the file in messages.
Result<Document> read(std::span<const std::byte> bytes, const std::string& where);

}  // namespace effnet::pickle
