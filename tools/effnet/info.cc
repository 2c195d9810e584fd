// effnet info: what a library, weights or head file is.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/element.h"
#include "tools/effnet/model_library.h"

namespace effnet {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file, library_folder;
  bool json = false;
};

Json describe_variant(const effnet_variant& variant) {
  return {{"target", variant.target},
          {"steps", variant.step_count},
          {"arena_bytes", variant.activation_bytes + variant.scratch_bytes},
          {"arena_bytes_per_further_thread", variant.scratch_bytes}};
}

std::size_t weights_bytes(const effnet_program& program) {
  std::size_t bytes = 0;
  for (int i = 0; i < program.tensor_count; ++i) {
    std::size_t size = dtype_bytes(dtype_of(program.tensors[i]));
    for (int axis = 0; axis < program.tensors[i].rank; ++axis)
      size *= static_cast<std::size_t>(program.tensors[i].shape[axis]);
    bytes += size;
  }
  return bytes;
}

Result<Json> describe_library(const std::string& path) {
  const Result<ModelLibrary> library = load_library(path);
  if (!library) return library.status();
  const effnet_program& program = *library->program;
  Json variants = Json::array();
  for (int i = 0; i < program.variant_count; ++i) variants.push_back(describe_variant(program.variants[i]));
  std::error_code ignored;
  return Json{{"file", path},
              {"kind", "library"},
              {"network", program.network},
              {"name", program.name},
              {"fingerprint", program.fingerprint},
              {"precision", program.precision},
              {"abi", program.abi},
              {"weights_format_version", program.weights_format_version},
              {"resolution", program.resolution},
              {"classes", program.classes},
              {"features", program.features},
              {"last_map", {program.map_height, program.map_width}},
              {"tensors", program.tensor_count},
              {"weights_bytes", weights_bytes(program)},
              {"file_bytes", std::filesystem::file_size(path, ignored)},
              {"targets", variants}};
}

// A text by its lines.
Json lines(std::string_view text) {
  Json list = Json::array();
  for (std::size_t end = 0; text.data() != nullptr && end != std::string_view::npos;) {
    end = text.find('\n');
    list.push_back(std::string(text.substr(0, end)));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return list;
}

// Weights carry everything as text; what is missing is left out.
void add_metadata(Json& json, const Safetensors& file, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const std::string_view value = file.metadata_value(key); value.data() != nullptr)
      json[key] = std::string(value);
}

Json describe_weights(const Safetensors& file) {
  Json json = {{"kind", "weights"}};
  add_metadata(json, file,
               {"network", "fingerprint", "format_version", "precision", "resolution", "mean", "std", "crop",
                "interpolation", "source_format", "source_sha256"});
  return json;
}

Json describe_head(const Safetensors& file, const Tensor& weight) {
  Json json = {{"kind", "head"}, {"classes", weight.shape[0]}, {"features", weight.shape[1]}};
  add_metadata(json, file, {"network", "fingerprint", "weights_sha256", "method", "pictures", "seed"});
  return json;
}

Result<Json> describe_tensors(const std::string& path) {
  const Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped) return mapped.status();
  Safetensors file;
  char error[512] = "";
  if (!file.parse(mapped->bytes(), {}, error))
    return Status::error(path + ": no compiled library, and no weights or head: " + error);
  const Tensor *weight = file.find("weight"), *bias = file.find("bias");
  Json json;
  if (file.metadata_value("format") == "effnet-weights")
    json = describe_weights(file);
  else if (weight && bias && weight->rank == 2 && file.metadata_value("fingerprint").data() != nullptr)
    json = describe_head(file, *weight);
  else
    return Status::error(path +
                         ": a safetensors file, but neither weights of effnetc import nor a head; effnetc " +
                         "import makes weights of trained tensors");
  json["tensors"] = file.tensors().size();
  json["file_bytes"] = mapped->bytes().size();
  if (const Json labels = lines(file.metadata_value("labels")); !labels.empty()) {
    json["classes"] = labels.size();
    json["labels"] = labels;
  }
  Json result = {{"file", path}};
  result.update(json);
  return result;
}

bool is_elf(const std::string& path) {
  const Result<MappedFile> file = MappedFile::open(path);
  return file && file->bytes().size() >= 4 &&
         std::memcmp(file->bytes().data(),
                     "\x7f"
                     "ELF",
                     4) == 0;
}

// A file, or a network's name whose library is looked for.
Result<Json> describe(const Options& options) {
  std::error_code ignored;
  if (std::filesystem::exists(options.file, ignored))
    return is_elf(options.file) ? describe_library(options.file) : describe_tensors(options.file);
  // Networks' names are C identifiers.
  if (options.file.find_first_of("./") != std::string::npos)
    return Status::error(in_one_line(options.file) + ": no such file");
  const Result<std::string> library = find_library(options.file, options.library_folder);
  if (!library) return library.status();
  return describe_library(*library);
}

std::string as_text(const Json& value) {
  if (!value.is_string()) return value.dump();
  return in_one_line(value.get<std::string>());
}

// Labels: the first and the last.
std::string shortened(const Json& labels) {
  if (labels.size() <= 4) {
    std::vector<std::string> all;
    for (const Json& label : labels) all.push_back(as_text(label));
    return join(all, ", ");
  }
  return as_text(labels[0]) + ", " + as_text(labels[1]) + " ... " + as_text(labels.back()) +
         " (all with --json)";
}

std::string megabytes(const Json& bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f MB", bytes.get<double>() / 1e6);
  return text;
}

void print(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    std::string text = key == "labels"           ? shortened(value)
                       : key.ends_with("_bytes") ? megabytes(value)
                                                 : as_text(value);
    std::string title = key.ends_with("_bytes") ? key.substr(0, key.size() - 6) : key;
    std::replace(title.begin(), title.end(), '_', ' ');
    if (key != "targets") {
      std::printf("%-22s %s\n", title.c_str(), text.c_str());
      continue;
    }
    for (const Json& target : value)
      std::printf("%-22s %s: %s steps, arena %s and %s a further thread\n", "target",
                  as_text(target["target"]).c_str(), as_text(target["steps"]).c_str(),
                  megabytes(target["arena_bytes"]).c_str(),
                  megabytes(target["arena_bytes_per_further_thread"]).c_str());
  }
}

Status run(const Options& options) {
  const Result<Json> json = describe(options);
  if (!json) return json.status();
  if (options.json)
    std::printf("%s\n", json->dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    print(*json);
  return {};
}

}  // namespace

Command add_info(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("info", "Say what a compiled library, a weights or a head file is.");
  command->add_option("FILE", options->file, "lib<name>.so, .weights or head file, or a network's name")
      ->required()
      ->type_name("");
  command->add_option("--lib-dir", options->library_folder, "where a name's lib<name>.so is looked for first")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer("Example:\n  effnet info efficientnet_b0.weights");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
