#include "pipeline/object.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "base/files.h"
#include "pipeline/frame.h"

namespace effnet {

namespace {

// A struct at a place of the file; nothing past its end.
template <typename T>
std::optional<T> read(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::optional<std::string_view> part(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || file.size() - offset < size) return std::nullopt;
  return file.substr(offset, size);
}

class Object {
 public:
  explicit Object(std::string_view file) : file_(file) {}

  std::optional<ObjectFacts> facts() {
    if (!read_sections()) return std::nullopt;
    ObjectFacts facts;
    for (const Elf64_Shdr& s : sections_) {
      if ((s.sh_flags & SHF_ALLOC) == 0) continue;
      ((s.sh_flags & SHF_EXECINSTR) != 0 ? facts.text_bytes : facts.data_bytes) +=
          static_cast<std::int64_t>(s.sh_size);
    }
    for (const Elf64_Shdr& s : sections_)
      if (s.sh_type == SHT_SYMTAB && !read_frames(s, facts)) return std::nullopt;
    return facts;
  }

 private:
  bool read_sections() {
    const std::optional<Elf64_Ehdr> header = read<Elf64_Ehdr>(file_, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
      return false;
    machine_ = header->e_machine;
    if (machine_ != EM_X86_64 && machine_ != EM_AARCH64) return false;
    for (int i = 0; i < header->e_shnum; ++i) {
      const auto section = read<Elf64_Shdr>(file_, header->e_shoff + sizeof(Elf64_Shdr) * std::uint64_t(i));
      if (!section) return false;
      sections_.push_back(*section);
    }
    return !sections_.empty();
  }

  bool read_frames(const Elf64_Shdr& table, ObjectFacts& facts) const {
    const std::optional<std::string_view> symbols = part(file_, table.sh_offset, table.sh_size);
    if (!symbols) return false;
    for (std::size_t i = 0; i + sizeof(Elf64_Sym) <= symbols->size(); i += sizeof(Elf64_Sym)) {
      const Elf64_Sym symbol = *read<Elf64_Sym>(*symbols, i);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx >= sections_.size()) continue;
      const Elf64_Shdr& section = sections_[symbol.st_shndx];
      const std::optional<std::string_view> code = part(file_, section.sh_offset, section.sh_size);
      if (!code || symbol.st_value > code->size()) return false;
      const std::string_view body = code->substr(symbol.st_value, symbol.st_size);
      const std::optional<std::int64_t> frame = machine_ == EM_X86_64 ? x86_frame(body) : arm_frame(body);
      facts.unbounded_stack = facts.unbounded_stack || !frame;
      facts.stack_bytes = std::max(facts.stack_bytes, frame.value_or(0));
    }
    return true;
  }

  std::string_view file_;
  int machine_ = 0;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace

std::optional<ObjectFacts> inspect_object(std::string_view object) { return Object(object).facts(); }

std::int64_t stack_bytes(const std::optional<ObjectFacts>& facts) {
  constexpr std::int64_t callers =
      4096;  // run(), a task and the runtime: tests/network/stack_test.cc measures
  constexpr std::int64_t assumed = 32768;  // where frames cannot be read; the largest known one is 7 KB
  if (!facts) return assumed;
  const std::int64_t known = facts->stack_bytes + callers;
  return facts->unbounded_stack ? std::max(known, assumed) : known;
}

Result<std::optional<ObjectFacts>> inspect_archive(const std::string& path) {
  constexpr std::size_t header_bytes = 60;
  const Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped) return mapped.status();
  const std::string_view file(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
  if (!file.starts_with("!<arch>\n")) return Status::error(path + " is no static library");
  ObjectFacts sum;
  for (std::size_t at = 8; at + header_bytes <= file.size();) {
    const std::string_view header = file.substr(at, header_bytes);
    std::size_t size = 0;
    const std::string_view digits = header.substr(48, 10);
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    const std::optional<std::string_view> member = part(file, at + header_bytes, size);
    if (!member) return Status::error(path + " is damaged: a member ends behind it");
    at += header_bytes + size + size % 2;
    if (header[0] == '/' && (header[1] == ' ' || header[1] == '/'))
      continue;  // table of symbols, of long names
    const std::optional<ObjectFacts> facts = inspect_object(*member);
    if (!facts) return std::optional<ObjectFacts>();
    sum.text_bytes += facts->text_bytes;
    sum.data_bytes += facts->data_bytes;
    sum.stack_bytes = std::max(sum.stack_bytes, facts->stack_bytes);
    sum.unbounded_stack = sum.unbounded_stack || facts->unbounded_stack;
  }
  return std::optional<ObjectFacts>(sum);
}

}  // namespace effnet
