#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/unfinished.h"

namespace effnet {
namespace {

std::string reason(int error) { return std::strerror(error); }

// An open file descriptor of a regular file, closed at the end of its scope.
struct Input {
  int descriptor = -1;
  std::size_t bytes = 0;
  Input() = default;
  Input(Input&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)), bytes(other.bytes) {}
  ~Input() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

Result<Input> open_input(const std::string& path) {
  Input input;
  // O_NONBLOCK: a named pipe without a writer must not hang the program.
  input.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (input.descriptor < 0) return Status::error("cannot read " + in_quotes(path) + ": " + reason(errno));
  struct stat status = {};
  if (::fstat(input.descriptor, &status) != 0)
    return Status::error("cannot read " + in_quotes(path) + ": " + reason(errno));
  if (!S_ISREG(status.st_mode))
    return Status::error("cannot read " + in_quotes(path) + ": it is " +
                         (S_ISDIR(status.st_mode) ? "a folder" : "not a regular file") +
                         ", a file is needed");
  input.bytes = static_cast<std::size_t>(status.st_size);
  return input;
}

// Where a file's bytes really go: through symbolic links, and to regular files only.
Result<std::string> resolve_output(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return path;
  if (!S_ISREG(status.st_mode))
    return Status::error("cannot write " + in_quotes(path) + ": it is " +
                         (S_ISDIR(status.st_mode) ? "a folder" : "not a regular file") + ", name a file");
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) ? std::string(resolved) : path;
}

// Makes a rename last; a failure here loses nothing that was there before.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

bool is_hidden(const std::filesystem::path& path) { return path.filename().string().starts_with('.'); }

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  const Result<Input> input = open_input(path);
  if (!input) return input.status();
  if (input->bytes > most_bytes)
    return Status::error("cannot read " + in_quotes(path) + ": it has " + std::to_string(input->bytes) +
                         " bytes, at most " + std::to_string(most_bytes) + " make sense here");
  std::string text(input->bytes, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::read(input->descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Status::error("cannot read " + in_quotes(path) + ": " + reason(errno));
    if (count == 0) return Status::error("cannot read " + in_quotes(path) + ": it became shorter meanwhile");
    done += static_cast<std::size_t>(count);
  }
  return text;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  const Result<Input> input = open_input(path);
  if (!input) return input.status();
  if (input->bytes == 0) return Status::error("cannot read " + in_quotes(path) + ": it is empty");
  void* start = ::mmap(nullptr, input->bytes, PROT_READ, MAP_PRIVATE, input->descriptor, 0);
  if (start == MAP_FAILED) return Status::error("cannot map " + in_quotes(path) + ": " + reason(errno));
  return MappedFile(std::span(static_cast<const std::byte*>(start), input->bytes));
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (bytes_.data()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  static std::atomic<unsigned> count = 0;
  if (path.empty() || path.back() == '/')
    return Status::error("cannot write " + in_quotes(path) + ": this names no file");
  const Result<std::string> target = resolve_output(path);
  if (!target) return target.status();
  const std::string temporary =
      *target + ".part-" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return Status::error("cannot write " + in_quotes(path) + ": " + reason(errno));
  add_unfinished(temporary);
  return AtomicFile(*target, temporary, descriptor);
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());
  remove_unfinished(temporary_);
}

Status AtomicFile::failure(int error) const {
  return Status::error("cannot write " + in_quotes(path_) + ": " + reason(error));
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status AtomicFile::close() {
  if (descriptor_ < 0) return {};
  if (::fsync(descriptor_) != 0) return failure(errno);
  const int closed = ::close(std::exchange(descriptor_, -1));
  return closed == 0 || errno == EINTR ? Status() : failure(errno);
}

Status AtomicFile::commit() {
  if (Status closed = close(); !closed) return closed;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failure(errno);
  remove_unfinished(temporary_);
  temporary_.clear();
  sync_folder_of(path_);
  return {};
}

Result<AtomicFile> prepare_file(const std::string& path, std::string_view text) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file;
  if (Status written = file->write(text); !written) return written;
  return file;
}

Status commit_together(std::vector<AtomicFile> files) {
  for (AtomicFile& file : files)
    if (Status closed = file.close(); !closed) return closed;
  for (AtomicFile& file : files)
    if (Status committed = file.commit(); !committed) return committed;
  return {};
}

Status write_file(const std::string& path, std::string_view text) {
  Result<AtomicFile> file = prepare_file(path, text);
  return file ? file->commit() : file.status();
}

Status check_writable(const std::string& path) {
  const Result<AtomicFile> probe = AtomicFile::create(path);
  return probe ? Status() : probe.status();
}

}  // namespace effnet
