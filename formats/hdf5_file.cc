#include "formats/hdf5_file.h"

#include <hdf5.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <memory>
#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "formats/hdf5_tree.h"

namespace effnet {
namespace {

constexpr rlim_t most_seconds = 120;  // of the child's computing time
constexpr int refused = 1;            // its exit status when the file's end holds why

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

bool write_all(int descriptor, const void* data, std::size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor, next, bytes);
    if (written <= 0) return false;
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return true;
}

// Every dataset as a tensor of a safetensors file.
Status convert(const std::string& path, std::size_t file_bytes, int output) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // no messages of its own
  H5PLset_loading_state(0);                     // no plugins
  const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file) return Status::error("is a damaged or truncated HDF5 file");
  const Result<std::vector<hdf5::Dataset>> datasets = hdf5::find_datasets(file.get(), file_bytes);
  if (!datasets) return datasets.status();
  std::vector<TensorEntry> entries;
  for (const hdf5::Dataset& dataset : *datasets) entries.push_back(dataset.tensor);
  std::vector<std::size_t> sizes;
  const Result<std::string> header = safetensors_header(entries, {}, sizes);
  if (!header) return header.status();
  Status full = Status::error("out of memory");
  if (!write_all(output, header->data(), header->size())) return full;
  for (const hdf5::Dataset& dataset : *datasets) {
    std::vector<char> values(dataset.bytes);
    const hdf5::Handle open(H5Dopen2(file.get(), dataset.path.c_str(), H5P_DEFAULT), H5Dclose);
    const hid_t type = dataset.tensor.dtype == Dtype::f64 ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
    if (!open || H5Dread(open.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      return Status::error("is damaged or truncated in dataset " + in_quotes("/" + dataset.path));
    if (!write_all(output, values.data(), values.size())) return full;
  }
  return {};
}

[[noreturn]] void run_child(const std::string& path, std::size_t file_bytes, int output) {
  const rlimit limit{most_seconds, most_seconds}, no_core{0, 0};
  ::setrlimit(RLIMIT_CPU, &limit);
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(signal, SIG_DFL);
  Status status = Status::error("out of memory");
  try {
    status = convert(path, file_bytes, output);
  } catch (const std::exception&) {  // the status says it
  }
  if (status) ::_exit(0);
  if (::ftruncate(output, 0) == 0 && ::lseek(output, 0, SEEK_SET) == 0)
    write_all(output, status.message().data(), status.message().size());
  ::_exit(refused);
}

// What the child wrote, mapped.
Result<MappedFile> converted(const std::string& path, std::size_t file_bytes) {
  const Descriptor memory{::memfd_create("hdf5", MFD_CLOEXEC)};
  if (memory.number < 0) return Status::error(path + ": out of memory");
  const pid_t child = ::fork();
  if (child < 0) return Status::error(path + ": cannot start a process to read it in");
  if (child == 0) run_child(path, file_bytes, memory.number);
  int state = 0;
  while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  Result<MappedFile> written = MappedFile::open("/proc/self/fd/" + std::to_string(memory.number));
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0 && written) return written;
  if (!WIFEXITED(state) || WEXITSTATUS(state) != refused || !written)
    return Status::error(path + ": is a damaged HDF5 file: libhdf5 failed while it read it");
  const std::span<const std::byte> text = written->bytes();
  return Status::error(path + ": " + std::string(reinterpret_cast<const char*>(text.data()), text.size()));
}

}  // namespace

Result<TensorFile> read_hdf5(const std::string& path, std::size_t file_bytes) {
  Result<MappedFile> mapped = converted(path, file_bytes);
  if (!mapped) return mapped.status();
  const auto memory = std::make_shared<MappedFile>(*std::move(mapped));
  Result<TensorFile> file = read_safetensors(memory->bytes(), path);
  if (!file) return file;
  file->format = "HDF5";
  file->memory = memory;
  return file;
}

}  // namespace effnet
