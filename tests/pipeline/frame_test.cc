// Frames of prologues as compilers write them, byte by byte.
#include "pipeline/frame.h"

#include <cstdint>
#include <initializer_list>
#include <string>

#include "tests/catch.h"

namespace effnet {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string words(std::initializer_list<std::uint32_t> values) {
  std::string text;
  for (const std::uint32_t value : values)
    for (int i = 0; i < 4; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// What any x86-64 function may have: return address, saved registers, padding, and the red zone.
constexpr std::int64_t x86_least = 8 * 8 + 128;

const std::string push_rbp = bytes({0x55}), move_rsp_to_rbp = bytes({0x48, 0x89, 0xe5}),
                  and_rsp_64 = bytes({0x48, 0x83, 0xe4, 0xc0}),
                  sub_rsp_0x1388 = bytes({0x48, 0x81, 0xec, 0x88, 0x13, 0, 0}),
                  sub_rsp_0x48 = bytes({0x48, 0x83, 0xec, 0x48}),
                  epilogue =
                      bytes({0x48, 0x8d, 0x65, 0xd8, 0x5d, 0xc3});  // lea rsp, [rbp - 40]; pop rbp; ret
const std::string no_operations(1000, '\x90');

TEST_CASE("x86-64: what is taken from rsp, wherever in the function") {
  CHECK(x86_frame("") == x86_least);
  CHECK(x86_frame(push_rbp + epilogue) == x86_least);
  CHECK(x86_frame(sub_rsp_0x48) == x86_least + 0x48);
  CHECK(x86_frame(push_rbp + move_rsp_to_rbp + sub_rsp_0x1388 + epilogue) == x86_least + 0x1388);
  CHECK(x86_frame(no_operations + push_rbp + sub_rsp_0x1388 + no_operations) == x86_least + 0x1388);
  CHECK(x86_frame(sub_rsp_0x1388 + sub_rsp_0x48) == x86_least + 0x1388 + 0x48);
}

TEST_CASE("x86-64: additions of negative numbers and lea are subtractions too") {
  CHECK(x86_frame(bytes({0x48, 0x83, 0xc4, 0x80})) == x86_least + 128);                  // add rsp, -128
  CHECK(x86_frame(bytes({0x48, 0x81, 0xc4, 0, 0xf0, 0xff, 0xff})) == x86_least + 4096);  // add rsp, -4096
  CHECK(x86_frame(bytes({0x48, 0x8d, 0x64, 0x24, 0xc0})) == x86_least + 64);  // lea rsp, [rsp - 64]
  CHECK(x86_frame(bytes({0x48, 0x8d, 0xa4, 0x24, 0, 0xec, 0xff, 0xff})) == x86_least + 5120);
}

TEST_CASE("x86-64: what gives stack back is not counted") {
  CHECK(x86_frame(sub_rsp_0x48 + bytes({0x48, 0x83, 0xc4, 0x48, 0xc3})) == x86_least + 0x48);
  CHECK(x86_frame(bytes({0x48, 0x8d, 0x64, 0x24, 0x40})) == x86_least);
  CHECK(x86_frame(bytes({0x48, 0x89, 0xec, 0x5d, 0xc3})) == x86_least);  // mov rsp, rbp
}

TEST_CASE("x86-64: an alignment costs what it may skip") {
  CHECK(x86_frame(push_rbp + move_rsp_to_rbp + and_rsp_64 + sub_rsp_0x1388) == x86_least + 64 + 0x1388);
  CHECK(x86_frame(bytes({0x48, 0x81, 0xe4, 0, 0xff, 0xff, 0xff}) + sub_rsp_0x48) == x86_least + 256 + 0x48);
}

TEST_CASE("x86-64: a frame that is not found, varies or is no kernel's is not guessed") {
  CHECK_FALSE(x86_frame(push_rbp + move_rsp_to_rbp + and_rsp_64 + no_operations));
  CHECK_FALSE(x86_frame(sub_rsp_0x48 + bytes({0x48, 0x29, 0xc4})));  // sub rsp, rax
  CHECK_FALSE(x86_frame(sub_rsp_0x48 + bytes({0x4c, 0x89, 0xd4})));  // mov rsp, r10
  CHECK_FALSE(x86_frame(bytes({0x48, 0x81, 0xec, 0, 0, 0, 0x10})));
}

TEST_CASE("x86-64: instructions that the code ends in are not read further") {
  for (std::size_t length = 0; length < sub_rsp_0x1388.size(); ++length)
    CHECK(x86_frame(sub_rsp_0x1388.substr(0, length)) == x86_least);
}

constexpr std::uint32_t stp_160 = 0xa9b67bfd;      // stp x29, x30, [sp, #-160]!
constexpr std::uint32_t stp_doubles = 0x6dba27e8;  // stp d8, d9, [sp, #-96]!
constexpr std::uint32_t sub_sp_64 = 0xd10103ff;
constexpr std::uint32_t sub_sp_8192 = 0xd1400bff;
constexpr std::uint32_t sub_x9_208 = 0xd10343e9;  // sub x9, sp, #208
constexpr std::uint32_t and_sp_x9 = 0x927be93f;   // and sp, x9, #0xffffffffffffffe0
constexpr std::uint32_t ret = 0xd65f03c0;

TEST_CASE("AArch64: what is taken from sp, wherever in the function") {
  CHECK(arm_frame(words({ret})) == 0);
  CHECK(arm_frame(words({stp_160, ret})) == 160);
  CHECK(arm_frame(words({stp_doubles, sub_sp_64, ret})) == 96 + 64);
  CHECK(arm_frame(words({0xf81f0ffe, ret})) == 16);  // str x30, [sp, #-16]!
  CHECK(arm_frame(words({sub_sp_8192, sub_sp_64})) == 8192 + 64);
  std::string late;
  for (int i = 0; i < 300; ++i) late += words({0xd503201f});  // nop
  CHECK(arm_frame(late + words({sub_sp_64})) == 64);
  CHECK(arm_frame(words({0xa8ca7bfd, 0x910103ff, 0x910003bf, ret})) == 0);  // an epilogue
}

TEST_CASE("AArch64: aligned, variable and unknown frames") {
  CHECK(arm_frame(words({stp_160, sub_x9_208, and_sp_x9})) == 160 + 208 + 128);
  CHECK_FALSE(arm_frame(words({and_sp_x9})));
  CHECK_FALSE(arm_frame(words({sub_sp_64, 0xcb2963ff})));  // sub sp, sp, x9
  CHECK_FALSE(arm_frame(words({sub_sp_64, 0x9100013f})));  // mov sp, x9
}

}  // namespace
}  // namespace effnet
