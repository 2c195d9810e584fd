#include "runtime/weights.h"

#include <cstdint>

namespace effnet::runtime {
namespace {

constexpr int named_tensors = 3;  // of each kind of fault; the rest are counted

// Without TensorFlow's prefix, which tells the padding family.
std::string_view without_family(std::string_view network) {
  if (begins_with(network, "tf_")) network.remove_prefix(3);
  return network;
}

effnet_status wrong_network(const effnet_program& program, const Safetensors& file, const char* where,
                            ErrorText error) {
  std::string_view theirs = shortened(file.metadata_value("network")), ours = program.network;
  bool may_keep = std::string_view(program.precision) == "int8";
  const char* reason =
      theirs == ours && may_keep
          ? ": the same network, but of another number of classes, other factors or a calibration "
            "that keeps other blocks: compile and import with the same --calibration"
      : theirs == ours ? ": the same network, but of another number of classes, other factors "
                         "or another version of effnetc"
      : without_family(theirs) == without_family(ours)
          ? ": the two differ in padding and must not be mixed; import the weights for the "
            "library's network, or "
            "compile the weights' network"
          : "";
  return fail(error, EFFNET_WRONG_NETWORK, where, ": weights of ", theirs, " (fingerprint ",
              shortened(file.metadata_value("fingerprint")), "), but the library is of ", ours,
              " (fingerprint ", program.fingerprint, ")", reason);
}

effnet_status check_identity(const effnet_program& program, const Safetensors& file, const char* where,
                             ErrorText error) {
  if (file.metadata_value("format") != "effnet-weights") {
    return fail(error, EFFNET_INVALID_WEIGHTS, where,
                ": a safetensors file, but not one that `effnetc import` made (metadata \"format\" is not "
                "\"effnet-weights\")");
  }
  char expected[16];
  TextWriter version(expected);
  version.append(program.weights_format_version);
  if (file.metadata_value("format_version") != version.text()) {
    return fail(error, EFFNET_WRONG_NETWORK, where, ": format version ",
                shortened(file.metadata_value("format_version")), ", but the library reads version ",
                version.text(), ": import the weights again");
  }
  if (file.metadata_value("precision") != program.precision) {
    return fail(error, EFFNET_WRONG_NETWORK, where, ": weights of precision ",
                shortened(file.metadata_value("precision")), ", but the library was compiled for ",
                program.precision, ": import or compile with the other's --precision");
  }
  if (file.metadata_value("fingerprint") == program.fingerprint) return EFFNET_OK;
  return wrong_network(program, file, where, error);
}

// A .pth file: a zip archive or a pickle. A safetensors file has its header's '{' behind the length.
bool looks_like_torch(std::span<const std::byte> file) {
  if (file.size() < 9 || std::to_integer<char>(file[8]) == '{') return false;
  unsigned first = std::to_integer<unsigned>(file[0]), second = std::to_integer<unsigned>(file[1]);
  return (first == 'P' && second == 'K') || (first == 0x80 && second <= 5);
}

bool same_shape(const Tensor& tensor, const effnet_tensor& expected) {
  constexpr Dtype dtypes[] = {Dtype::f32, Dtype::bf16, Dtype::i8};  // in the order of effnet_element
  if (tensor.dtype != dtypes[expected.element] || tensor.rank != expected.rank) return false;
  for (int i = 0; i < expected.rank; ++i) {
    if (tensor.shape[i] != expected.shape[i]) return false;
  }
  return true;
}

// Collects one kind of fault: " 7 missing tensors (a, b, c, ...)".
class FaultList {
 public:
  FaultList(TextWriter& text, const char* kind) : text_(text), kind_(kind) {}

  bool add(int total, std::string_view name) {
    if (named_ == 0) {
      text_.append(": ");
      text_.append(total);
      text_.append(kind_);
      text_.append(total == 1 ? " tensor (" : " tensors (");
    } else {
      text_.append(", ");
    }
    text_.append(named_ < named_tensors ? shortened(name) : std::string_view("..."));
    return ++named_ <= named_tensors;
  }
  void close() {
    if (named_ > 0) text_.append(")");
  }

 private:
  TextWriter& text_;
  const char* kind_;
  int named_ = 0;
};

struct Faults {
  int missing = 0, wrong = 0, unexpected = 0;
};

Faults count_faults(const effnet_program& program, const Safetensors& file) {
  Faults faults;
  int found = 0;
  for (int i = 0; i < program.tensor_count; ++i) {
    const Tensor* tensor = file.find(program.tensors[i].name);
    found += tensor != nullptr;
    faults.missing += tensor == nullptr;
    faults.wrong += tensor != nullptr && !same_shape(*tensor, program.tensors[i]);
  }
  faults.unexpected = static_cast<int>(file.tensors().size()) - found;
  return faults;
}

bool is_expected(const effnet_program& program, std::string_view name) {
  for (int i = 0; i < program.tensor_count; ++i) {
    if (name == program.tensors[i].name) return true;
  }
  return false;
}

void append_faults(const effnet_program& program, const Safetensors& file, const Faults& faults,
                   TextWriter& text) {
  FaultList missing(text, " missing");
  for (int i = 0; i < program.tensor_count && faults.missing > 0; ++i) {
    const char* name = program.tensors[i].name;
    if (file.find(name) == nullptr && !missing.add(faults.missing, name)) break;
  }
  missing.close();
  FaultList unexpected(text, " unexpected");
  for (const Tensor& tensor : file.tensors()) {
    if (faults.unexpected == 0) break;
    if (!is_expected(program, tensor.name) && !unexpected.add(faults.unexpected, tensor.name)) break;
  }
  unexpected.close();
  FaultList wrong(text, " wrongly shaped or typed");
  for (int i = 0; i < program.tensor_count && faults.wrong > 0; ++i) {
    const Tensor* tensor = file.find(program.tensors[i].name);
    if (tensor == nullptr || same_shape(*tensor, program.tensors[i])) continue;
    if (!wrong.add(faults.wrong, tensor->name)) break;
  }
  wrong.close();
}

effnet_status find_tensors(const effnet_program& program, const Safetensors& file, const Allocator& allocator,
                           const char* where, ErrorText error, Block<const void*>& out) {
  Faults faults = count_faults(program, file);
  if (faults.missing + faults.wrong + faults.unexpected > 0) {
    TextWriter text(error);
    text.append(where);
    append_faults(program, file, faults, text);
    text.append(": not the tensors of ");
    text.append(program.network);
    return EFFNET_INVALID_WEIGHTS;
  }
  if (!out.allocate(allocator, static_cast<std::size_t>(program.tensor_count))) {
    return fail(error, EFFNET_OUT_OF_MEMORY, where, ": out of memory for ", program.tensor_count,
                " pointers");
  }
  for (int i = 0; i < program.tensor_count; ++i) {
    const Tensor* tensor = file.find(program.tensors[i].name);
    if (reinterpret_cast<std::uintptr_t>(tensor->data) % alignment != 0) {
      return fail(error, EFFNET_INVALID_WEIGHTS, where, ": tensor \"", tensor->name, "\" does not begin on ",
                  alignment, " bytes: import the weights again");
    }
    out[static_cast<std::size_t>(i)] = tensor->data;
  }
  return EFFNET_OK;
}

}  // namespace

effnet_status read_weights(const effnet_program& program, std::span<const std::byte> file,
                           const Allocator& allocator, const char* where, ErrorText error, Weights& out) {
  if (looks_like_torch(file)) {
    return fail(error, EFFNET_INVALID_WEIGHTS, where,
                ": a torch file: `effnetc import` makes a .weights file of it");
  }
  Safetensors parsed;
  effnet_status status = parse_file(file, allocator, where, error, parsed);
  if (status == EFFNET_OK) status = check_identity(program, parsed, where, error);
  if (status == EFFNET_OK) status = find_tensors(program, parsed, allocator, where, error, out.tensors);
  if (status == EFFNET_OK) status = read_preprocessing(parsed, where, error, out.preprocessing);
  if (status != EFFNET_OK) return status;
  auto own = static_cast<std::size_t>(classifier_tensors(program));
  auto first = static_cast<std::size_t>(program.tensor_count) - own;
  for (std::size_t i = 0; i < own; ++i) out.own_classifier[i] = out.tensors[first + i];
  return out.labels.read(parsed.metadata_value("labels"), program.classes, allocator, where, error);
}

}  // namespace effnet::runtime
