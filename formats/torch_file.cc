#include "formats/torch_file.h"

#include <zip.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "formats/pickle.h"

namespace effnet {
namespace {

using pickle::Value;
using Kind = pickle::Value::Kind;
using Bytes = std::span<const std::byte>;
using StorageBytes = std::map<std::string_view, Bytes>;

// The last value of a key, as Python's dict would keep it.
const Value* find(const Value& dict, std::string_view key) {
  for (std::size_t i = dict.items.size(); i >= 2; i -= 2)
    if (dict.items[i - 2]->kind == Kind::text && dict.items[i - 2]->text == key) return dict.items[i - 1];
  return nullptr;
}

bool holds_tensors(const Value& value) {
  if (value.kind != Kind::dict) return false;
  for (std::size_t i = 1; i < value.items.size(); i += 2)
    if (value.items[i]->kind == Kind::tensor) return true;
  return false;
}

// The dict of tensors: the root, or below it under one of the names that training scripts use.
const Value* find_state_dict(const Value& root) {
  if (root.kind != Kind::dict) return nullptr;
  if (holds_tensors(root)) return &root;
  for (const char* key : {"state_dict", "model", "model_state", "model_state_dict", "net", "module"})
    if (const Value* inner = find(root, key); inner && inner->kind == Kind::dict) {
      if (holds_tensors(*inner)) return inner;
      for (const char* deeper : {"state_dict", "model"})
        if (const Value* inmost = find(*inner, deeper); inmost && holds_tensors(*inmost)) return inmost;
    }
  return nullptr;
}

// The machine has checked that shape and strides stay inside the storage; `storages` have all of their bytes.
Result<SourceTensors> collect_tensors(const pickle::Document& document, const StorageBytes& storages,
                                      const std::string& where) {
  const Value* dict = find_state_dict(*document.root);
  if (!dict)
    return Status::error(where +
                         ": holds no state dict of tensors (save torch's state_dict(), or a dict with "
                         "it under \"state_dict\" or \"model\")");
  SourceTensors tensors;
  for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    const Value& key = *dict->items[i];
    const Value& value = *dict->items[i + 1];
    if (key.kind != Kind::text) return Status::error(where + ": a key of the state dict is no text");
    if (value.kind != Kind::tensor) continue;
    const pickle::View& view = value.view;
    SourceTensor tensor;
    tensor.dtype = document.storages.at(view.storage).dtype;
    tensor.shape = view.shape;
    tensor.strides = view.strides;
    tensor.data =
        storages.at(view.storage).subspan(static_cast<std::size_t>(view.offset) * dtype_bytes(tensor.dtype));
    tensors.insert_or_assign(std::string(key.text), std::move(tensor));
  }
  return tensors;
}

// False when a claimed size does not fit.
bool storage_bytes(const pickle::Storage& storage, std::size_t& bytes) {
  return !__builtin_mul_overflow(static_cast<std::size_t>(storage.elements), dtype_bytes(storage.dtype),
                                 &bytes);
}

constexpr unsigned char magic[] = {0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
constexpr std::size_t magic_at = 2;  // behind the opcode of the pickle's protocol

std::uint64_t read_length(Bytes bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

// Behind the pickles: every storage of the key list, its number of elements (8 bytes) before its bytes.
Result<StorageBytes> slice_storages(const pickle::Document& document, const Value& keys, Bytes rest,
                                    const std::string& where) {
  StorageBytes storages;
  for (const Value* key : keys.items) {
    if (key->kind != Kind::text) return Status::error(where + ": a storage's key is no text");
    const auto found = document.storages.find(key->text);
    if (found == document.storages.end())
      return Status::error(where + ": storage " + in_quotes(key->text) + " belongs to no tensor");
    std::size_t bytes = 0;
    if (rest.size() < 8 || !storage_bytes(found->second, bytes) || bytes > rest.size() - 8)
      return Status::error(where + ": truncated in storage " + in_quotes(key->text));
    if (read_length(rest) != static_cast<std::uint64_t>(found->second.elements))
      return Status::error(where + ": storage " + in_quotes(key->text) +
                           " has another length than its tensors say");
    storages[found->first] = rest.subspan(8, bytes);
    rest = rest.subspan(8 + bytes);
  }
  for (const auto& [key, storage] : document.storages)
    if (!storages.contains(key)) return Status::error(where + ": storage " + in_quotes(key) + " is missing");
  if (!rest.empty())
    return Status::error(where + ": " + std::to_string(rest.size()) +
                         " bytes too many behind the last storage");
  return storages;
}

// Owners of libzip's handles.
struct Archive {
  zip_t* zip = nullptr;
  ~Archive() {
    if (zip) zip_discard(zip);
  }
};

// A whole entry. `exact`: the size that it must have, if any. Torch
// stores without compression, which bounds every size by the file's own.
Result<std::vector<std::byte>> read_entry(zip_t* zip, zip_uint64_t index, const std::string& name,
                                          std::size_t most, const std::size_t* exact,
                                          const std::string& where) {
  zip_stat_t status;
  zip_stat_init(&status);
  constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  const std::string entry = where + ": entry " + in_quotes(name);
  if (zip_stat_index(zip, index, 0, &status) != 0 || (status.valid & needed) != needed)
    return Status::error(entry + " cannot be read");
  if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE)
    return Status::error(entry + " is compressed or encrypted; torch.save() stores plain bytes");
  if (exact && status.size != *exact)
    return Status::error(entry + " has " + std::to_string(status.size) + " bytes, its tensors need " +
                         std::to_string(*exact));
  if (status.size > most) return Status::error(entry + " claims " + std::to_string(status.size) + " bytes");
  std::vector<std::byte> bytes(status.size);
  zip_file_t* file = zip_fopen_index(zip, index, 0);
  if (!file) return Status::error(entry + " cannot be read: " + zip_strerror(zip));
  std::size_t done = 0;
  zip_int64_t count = 1;
  while (count > 0 && done < bytes.size()) {
    count = zip_fread(file, bytes.data() + done, bytes.size() - done);
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  // Reading on to the end makes libzip compare the checksum.
  std::byte beyond{};
  const bool whole = count >= 0 && done == bytes.size() && zip_fread(file, &beyond, 1) == 0;
  zip_fclose(file);
  if (!whole) return Status::error(entry + " is damaged (wrong checksum or truncated)");
  return bytes;
}

Result<zip_uint64_t> locate(zip_t* zip, const std::string& name, const std::string& where) {
  const zip_int64_t index = zip_name_locate(zip, name.c_str(), 0);
  if (index < 0) return Status::error(where + ": entry " + in_quotes(name) + " is missing");
  return static_cast<zip_uint64_t>(index);
}

// "archive/" of the entry "archive/data.pkl": the folder's name is free.
Result<std::string> find_folder(zip_t* zip, const std::string& where) {
  constexpr std::string_view pickle_name = "/data.pkl";
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(zip, static_cast<zip_uint64_t>(i), 0);
    const std::string_view text = name ? name : "";
    if (text.ends_with(pickle_name) && text.find('/') == text.size() - pickle_name.size())
      return std::string(text.substr(0, text.size() - pickle_name.size() + 1));
  }
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(zip, static_cast<zip_uint64_t>(i), 0);
    if (name && std::string_view(name).ends_with(".h5"))
      return Status::error(
          where + ": is a Keras archive; Keras weights are not read, take timm's of the same network");
  }
  return Status::error(where + ": is a zip file without data.pkl, so not from torch.save()");
}

// What the zip form's tensors point into.
struct ZipMemory {
  std::vector<std::byte> pickle;
  std::vector<std::vector<std::byte>> storages;
};

}  // namespace

bool is_torch_pickle(Bytes file) {
  return file.size() >= magic_at + sizeof magic && std::to_integer<unsigned>(file[0]) == 0x80 &&
         std::memcmp(file.data() + magic_at, magic, sizeof magic) == 0;
}

bool is_zip(Bytes file) { return file.size() >= 4 && std::memcmp(file.data(), "PK\3\4", 4) == 0; }

Result<TensorFile> read_torch_pickle(Bytes file, const std::string& where) {
  Bytes rest = file.subspan(magic_at + sizeof magic);
  // Protocol version, system's properties, the state dict, the storages' keys.
  std::vector<pickle::Document> parts;
  for (int i = 0; i < 4; ++i) {
    Result<pickle::Document> part = pickle::read(rest, where);
    if (!part) return part.status();
    rest = rest.subspan(part->bytes);
    parts.push_back(*std::move(part));
  }
  const Value& version = *parts[0].root;
  const Value& system = *parts[1].root;
  const Value& keys = *parts[3].root;
  if (version.kind != Kind::integer || version.integer != 1001 || system.kind != Kind::dict ||
      keys.kind != Kind::list)
    return Status::error(where + ": is no torch file of protocol 1001");
  if (const Value* little = find(system, "little_endian"); little && little->integer == 0)
    return Status::error(where + ": was written on a big-endian machine; save it on a little-endian one");
  const Result<StorageBytes> storages = slice_storages(parts[2], keys, rest, where);
  if (!storages) return storages.status();
  Result<SourceTensors> tensors = collect_tensors(parts[2], *storages, where);
  if (!tensors) return tensors.status();
  return TensorFile{"torch pickle", "", *std::move(tensors), nullptr};
}

Result<TensorFile> read_torch_zip(Bytes file, const std::string& where) {
  zip_error_t error;
  zip_error_init(&error);
  Archive archive;
  if (zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error)) {
    archive.zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (!archive.zip) zip_source_free(source);
  }
  const std::string problem = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive.zip) return Status::error(where + ": damaged or truncated zip file: " + problem);
  const Result<std::string> folder = find_folder(archive.zip, where);
  if (!folder) return folder.status();

  const auto memory = std::make_shared<ZipMemory>();
  const auto load = [&](const std::string& name, std::size_t most,
                        const std::size_t* exact) -> Result<std::vector<std::byte>> {
    const Result<zip_uint64_t> index = locate(archive.zip, *folder + name, where);
    if (!index) return index.status();
    return read_entry(archive.zip, *index, *folder + name, std::min(most, file.size()), exact, where);
  };
  if (zip_name_locate(archive.zip, (*folder + "byteorder").c_str(), 0) >= 0) {
    const Result<std::vector<std::byte>> order = load("byteorder", 64, nullptr);
    if (!order) return order.status();
    if (std::string_view(reinterpret_cast<const char*>(order->data()), order->size()) != "little")
      return Status::error(where + ": was written on a big-endian machine; save it on a little-endian one");
  }
  constexpr std::size_t most_pickle_bytes = 64 << 20;
  Result<std::vector<std::byte>> bytes = load("data.pkl", most_pickle_bytes, nullptr);
  if (!bytes) return bytes.status();
  memory->pickle = *std::move(bytes);
  const Result<pickle::Document> document = pickle::read(memory->pickle, where);
  if (!document) return document.status();

  StorageBytes storages;
  std::size_t total = 0;
  for (const auto& [key, storage] : document->storages) {
    std::size_t size = 0;
    if (!storage_bytes(storage, size) || __builtin_add_overflow(total, size, &total) || total > file.size())
      return Status::error(where + ": storages claim more bytes than the file has");
    Result<std::vector<std::byte>> data = load("data/" + std::string(key), file.size(), &size);
    if (!data) return data.status();
    memory->storages.push_back(*std::move(data));
    storages[key] = memory->storages.back();
  }
  Result<SourceTensors> tensors = collect_tensors(*document, storages, where);
  if (!tensors) return tensors.status();
  return TensorFile{"torch zip", "", *std::move(tensors), memory};
}

}  // namespace effnet
