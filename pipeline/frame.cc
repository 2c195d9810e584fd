#include "pipeline/frame.h"

#include <algorithm>
#include <cstring>

namespace effnet {

namespace {

constexpr std::int64_t most_bytes = 1 << 20;  // what is larger is no kernel's frame

template <typename T>
T number_at(std::string_view code, std::size_t at) {
  T value{};
  if (at < code.size() && code.size() - at >= sizeof value)
    std::memcpy(&value, code.data() + at, sizeof value);
  return value;
}

std::int64_t sign_extended(std::uint32_t bits, int count) {
  return static_cast<std::int32_t>(bits << (32 - count)) >> (32 - count);
}

// --- x86-64: instructions are looked for at every byte. What only looks like one makes the result larger. ---

// The operand of 8 or 32 bits behind an instruction that begins with these bytes.
struct Form {
  std::string_view begin;
  bool has_byte;
  int sign;  // -1: what the operand adds to rsp is taken from the stack
};

constexpr Form decrements[] = {
    {"\x48\x83\xec", true, 1},      {"\x48\x81\xec", false, 1},       // sub rsp, imm
    {"\x48\x83\xc4", true, -1},     {"\x48\x81\xc4", false, -1},      // add rsp, -imm
    {"\x48\x8d\x64\x24", true, -1}, {"\x48\x8d\xa4\x24", false, -1},  // lea rsp, [rsp - imm]
};
constexpr Form alignments[] = {
    {"\x48\x83\xe4", true, -1}, {"\x48\x81\xe4", false, -1},  // and rsp, -imm
};

// 0: none of these forms stands there, or not with an operand that keeps the stack's alignment.
template <std::size_t n>
std::int64_t operand(const Form (&forms)[n], std::string_view code, std::size_t at) {
  for (const Form& form : forms) {
    if (!code.substr(at).starts_with(form.begin)) continue;
    const std::size_t behind = at + form.begin.size();
    const std::int64_t value =
        form.sign * (form.has_byte ? number_at<std::int8_t>(code, behind)
                                   : std::int64_t{number_at<std::int32_t>(code, behind)});
    return value > 0 && value % 8 == 0 ? value : 0;
  }
  return 0;
}

// sub rsp, register; mov rsp, register other than the rbp of an epilogue.
bool has_variable_size(std::string_view code, std::size_t at) {
  const auto begin = number_at<std::uint16_t>(code, at);
  const auto operands = number_at<std::uint8_t>(code, at + 2);
  const bool of_rsp = (operands & 0xc7) == 0xc4;
  if (begin == 0x2948 || begin == 0x294c) return of_rsp;
  return (begin == 0x8948 || begin == 0x894c) && of_rsp && !(begin == 0x8948 && operands == 0xec);
}

// --- AArch64 ---

// sub register, sp, #imm12 {, lsl #12}: of sp, or of what becomes sp when it is aligned.
std::int64_t subtracted(std::uint32_t w) {
  if ((w & 0xff8003e0) != 0xd10003e0) return 0;
  return static_cast<std::int64_t>((w >> 10) & 0xfff) << ((w >> 22 & 1) * 12);
}

// stp and str of registers at [sp, #-imm]!
std::int64_t pushed(std::uint32_t w) {
  if ((w >> 5 & 31) != 31) return 0;
  const std::uint32_t pair = w & 0xffc00000;
  const std::int64_t scale = pair == 0xa9800000 || pair == 0x6d800000 ? 8 : pair == 0xad800000 ? 16 : 0;
  if (scale > 0) return std::max<std::int64_t>(0, -scale * sign_extended(w >> 15 & 0x7f, 7));
  const std::uint32_t single = w & 0xffe00c00;
  if (single != 0xf8000c00 && single != 0xfc000c00 && single != 0x3c800c00) return 0;
  return std::max<std::int64_t>(0, -sign_extended(w >> 12 & 0x1ff, 9));
}

bool aligns(std::uint32_t w) { return (w & 0xff80001f) == 0x9200001f; }  // and sp, register, #mask

// sub sp, sp, register; mov sp, register other than the x29 of an epilogue.
bool has_variable_size(std::uint32_t w) {
  if ((w & 0xffe003ff) == 0xcb2003ff) return true;
  return (w & 0xfffffc1f) == 0x9100001f && (w >> 5 & 31) != 29 && (w >> 5 & 31) != 31;
}

}  // namespace

std::optional<std::int64_t> x86_frame(std::string_view code) {
  constexpr std::int64_t pushes = 8 * 8;  // the return address, six registers that are kept, padding
  constexpr std::int64_t red_zone = 128;  // below rsp, of a function that calls none
  std::int64_t bytes = 0, alignment = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    bytes += operand(decrements, code, at);
    alignment = std::max(alignment, operand(alignments, code, at));
    if (has_variable_size(code, at)) return std::nullopt;
  }
  if ((alignment > 0 && bytes == 0) || bytes + alignment > most_bytes) return std::nullopt;
  return pushes + red_zone + alignment + bytes;
}

std::optional<std::int64_t> arm_frame(std::string_view code) {
  constexpr std::int64_t most_alignment = 128;
  std::int64_t bytes = 0, alignment = 0;
  for (std::size_t at = 0; at + 4 <= code.size(); at += 4) {
    const auto w = number_at<std::uint32_t>(code, at);
    if (has_variable_size(w)) return std::nullopt;
    bytes += subtracted(w) + pushed(w);
    if (aligns(w)) alignment = most_alignment;
  }
  if ((alignment > 0 && bytes == 0) || bytes > most_bytes) return std::nullopt;
  return alignment + bytes;
}

}  // namespace effnet
