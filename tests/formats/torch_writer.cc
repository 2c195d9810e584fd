#include "tests/formats/torch_writer.h"

#include <zip.h>

#include <algorithm>
#include <stdexcept>

namespace effnet::test {
namespace {

std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
  return text;
}

std::string pickle_numbers(const std::vector<std::int64_t>& numbers) {
  std::string text = "(";
  for (const std::int64_t number : numbers) text += pickle_number(number);
  return text + "t";
}

}  // namespace

std::string pickle_text(const std::string& text) { return "X" + little_endian(text.size(), 4) + text; }

std::string pickle_number(std::int64_t number) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(number), 8);
}

std::string pickle_global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

std::string pickle_tensor(const TorchTensor& tensor, bool old_form) {
  const std::string storage = "(" + pickle_text("storage") + pickle_global("torch", tensor.type) +
                              pickle_text(tensor.key) + pickle_text("cpu") + pickle_number(tensor.elements) +
                              (old_form ? "N" : "") + "tQ";
  const std::string hooks = pickle_global("collections", "OrderedDict") + ")R";
  return pickle_global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + pickle_number(tensor.offset) +
         pickle_numbers(tensor.shape) + pickle_numbers(tensor.strides) + "\x89" + hooks + "tR";
}

std::string state_pickle(const std::vector<TorchTensor>& tensors, bool old_form,
                         const std::vector<std::string>& nesting) {
  std::string text = "\x80\x02";
  for (const std::string& key : nesting) text += "}" + pickle_text("epoch") + "K\x07s" + pickle_text(key);
  text += pickle_global("collections", "OrderedDict") + ")R(";
  for (const TorchTensor& tensor : tensors)
    text += pickle_text(tensor.name) + pickle_tensor(tensor, old_form);
  text += "u";
  for (std::size_t i = 0; i < nesting.size(); ++i) text += "s";
  return text + ".";
}

std::string old_file(const std::string& state, const std::vector<TorchTensor>& tensors,
                     const StorageBytes& bytes) {
  std::string file("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  file += "\x80\x02M\xe9\x03.";
  file += "\x80\x02}" + pickle_text("little_endian") + "\x88s.";
  file += state;
  file += "\x80\x02](";
  for (const auto& [key, data] : bytes) file += pickle_text(key);
  file += "e.";
  for (const auto& [key, data] : bytes) {
    const auto owner =
        std::find_if(tensors.begin(), tensors.end(),
                     [&wanted = key](const TorchTensor& tensor) { return tensor.key == wanted; });
    file += little_endian(owner == tensors.end() ? 0 : static_cast<std::uint64_t>(owner->elements), 8) + data;
  }
  return file;
}

std::map<std::string, std::string> zip_entries(const std::string& state, const StorageBytes& bytes) {
  std::map<std::string, std::string> entries = {
      {"data.pkl", state}, {"byteorder", "little"}, {"version", "3\n"}};
  for (const auto& [key, data] : bytes) entries["data/" + key] = data;
  return entries;
}

void write_zip(const std::string& path, const std::map<std::string, std::string>& entries, bool compressed) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  if (!zip) throw std::runtime_error("cannot write " + path);
  for (const auto& [name, data] : entries) {
    zip_source_t* source = zip_source_buffer(zip, data.data(), data.size(), 0);
    const zip_int64_t index = zip_file_add(zip, ("archive/" + name).c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) throw std::runtime_error("cannot add " + name);
    zip_set_file_compression(zip, static_cast<zip_uint64_t>(index),
                             compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (zip_close(zip) != 0) throw std::runtime_error("cannot finish " + path);
}

}  // namespace effnet::test
