#include "runtime/preprocessing.h"

namespace effnet::runtime {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "0.485" -> 0.485, the same in every locale. Digits after the 19th significant one are dropped.
bool parse_decimal(std::string_view text, double& out) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  std::uint64_t digits = 0;
  double divisor = 1;
  bool fraction = false, any = false;
  for (char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(c)) return false;
    any = true;
    bool fits = digits < 1'000'000'000'000'000'000;
    if (!fits && !fraction) return false;
    if (!fits || divisor > 1e21) continue;
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
    if (fraction) divisor *= 10;  // exact up to 1e22
  }
  out = static_cast<double>(digits) / divisor;
  if (negative) out = -out;
  return any;
}

// Three numbers with commas between them.
bool parse_triple(std::string_view text, float (&out)[3]) {
  for (int i = 0; i < 3; ++i) {
    std::size_t comma = text.find(',');
    if ((comma == std::string_view::npos) != (i == 2)) return false;
    double value = 0;
    if (!parse_decimal({text.data(), i == 2 ? text.size() : comma}, value)) return false;
    out[i] = static_cast<float>(value);
    if (i < 2) text.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace

effnet_status read_preprocessing(const Safetensors& file, const char* where, ErrorText error,
                                 Preprocessing& out) {
  auto bad = [&](const char* key, const char* expected) {
    return fail(error, EFFNET_INVALID_WEIGHTS, where, ": metadata \"", key, "\" is \"",
                shortened(file.metadata_value(key)), "\", but must be ", expected);
  };
  if (!parse_triple(file.metadata_value("mean"), out.mean))
    return bad("mean", "three numbers like 0.485,0.456,0.406");
  if (!parse_triple(file.metadata_value("std"), out.std) ||
      !(out.std[0] > 0 && out.std[1] > 0 && out.std[2] > 0)) {
    return bad("std", "three positive numbers like 0.229,0.224,0.225");
  }
  if (!parse_decimal(file.metadata_value("crop"), out.crop) || !(out.crop >= 0.01 && out.crop <= 1)) {
    return bad("crop", "a number from 0.01 to 1");
  }
  std::string_view filter = file.metadata_value("interpolation");
  if (filter != "bicubic" && filter != "bilinear") return bad("interpolation", "bicubic or bilinear");
  out.interpolation = filter == "bicubic" ? EFFNET_BICUBIC : EFFNET_BILINEAR;
  return EFFNET_OK;
}

}  // namespace effnet::runtime
