#include "formats/safetensors.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/catch.h"

namespace effnet {
namespace {

using Catch::Contains;

std::string file_of(const std::string& header, std::size_t data_bytes) {
  std::string out(8, '\0');
  std::uint64_t length = header.size();
  std::memcpy(out.data(), &length, sizeof length);
  out += header;
  for (std::size_t i = 0; i < data_bytes; ++i) out += static_cast<char>(i);
  return out;
}

// Counts what the reader allocates.
struct Counter {
  std::size_t calls = 0, bytes = 0, live = 0;
  bool fail = false;

  Memory memory() {
    return {this,
            [](void* context, std::size_t size) -> void* {
              auto& self = *static_cast<Counter*>(context);
              ++self.calls;
              self.bytes += size;
              if (self.fail) return nullptr;
              ++self.live;
              return std::malloc(size);
            },
            [](void* context, void* block) {
              --static_cast<Counter*>(context)->live;
              std::free(block);
            }};
  }
};

std::string parse_error(const std::string& file, Counter* counter = nullptr) {
  Counter own;
  Counter& used = counter != nullptr ? *counter : own;
  // An exact copy on the heap, so that the sanitizer sees a read past the end.
  std::vector<char> copy(file.begin(), file.end());
  Safetensors parsed;
  char text[400] = "";
  bool ok = parsed.parse(std::as_bytes(std::span(copy)), used.memory(), text);
  CHECK(ok == (text[0] == '\0'));
  if (!ok) {
    CHECK(parsed.tensors().empty());
    CHECK(parsed.metadata().empty());
    CHECK(used.live == 0);
    CHECK(std::string(text).find('\n') == std::string::npos);
  }
  return text;
}

void check_error(const std::string& header, std::size_t data_bytes, const std::string& text) {
  INFO(header);
  CHECK_THAT(parse_error(file_of(header, data_bytes)), Contains(text));
}

const std::string tensor_a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

TEST_CASE("a valid file gives its tensors by offset, by name, and its metadata") {
  std::string header =
      "{\"z\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]},\n"
      "\t\"__metadata__\" : { \"format\":\"pt\", \"labels\":\"one\\ntwo\", \"empty\":\"\" },\r\n"
      " \"b\":{\"data_offsets\":[0,4],\"shape\":[],\"dtype\":\"I32\"},"
      "\"none\":{\"dtype\":\"BF16\",\"shape\":[0,5],\"data_offsets\":[28,28]},"
      "\"first\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}   ";
  std::string file = file_of(header, 28);
  Counter counter;
  Safetensors parsed;
  char text[200] = "";
  auto bytes = std::as_bytes(std::span(file));
  REQUIRE(parsed.parse(bytes, counter.memory(), text));
  REQUIRE(parsed.tensors().size() == 4);
  CHECK(parsed.tensors()[0].name == "first");
  CHECK(parsed.tensors()[1].name == "b");
  CHECK(parsed.tensors()[2].name == "z");
  CHECK(parsed.tensors()[3].name == "none");
  const Tensor* z = parsed.find("z");
  REQUIRE(z != nullptr);
  CHECK(z->dtype == Dtype::f32);
  CHECK(z->rank == 2);
  CHECK(z->shape[0] == 2);
  CHECK(z->shape[1] == 3);
  CHECK(z->bytes == 24);
  CHECK(z->data == bytes.data() + 8 + header.size() + 4);
  CHECK(parsed.find("b")->rank == 0);
  CHECK(parsed.find("none")->bytes == 0);
  CHECK(parsed.find("y") == nullptr);
  CHECK(parsed.find("") == nullptr);
  REQUIRE(parsed.metadata().size() == 3);
  CHECK(parsed.metadata()[0].key == "format");
  CHECK(parsed.metadata_value("labels") == "one\ntwo");
  CHECK(parsed.metadata_value("empty").data() != nullptr);
  CHECK(parsed.metadata_value("missing").data() == nullptr);
  CHECK(counter.calls == 1);
  CHECK(counter.live == 1);
  parsed.clear();
  CHECK(counter.live == 0);
}

TEST_CASE("a file without tensors is valid") {
  CHECK(parse_error(file_of("{}", 0)).empty());
  CHECK(parse_error(file_of("{\"__metadata__\":{}}", 0)).empty());
}

TEST_CASE("escapes are resolved in names and metadata") {
  std::string header =
      R"({"t\u00e9\"\\\/\b\f\n\r\t\ud83d\ude00\u20AC":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("\u005f_metadata__":{"\u006bey":"\u0041"}})";
  std::string file = file_of(header, 1);
  Safetensors parsed;
  char text[200] = "";
  REQUIRE(parsed.parse(std::as_bytes(std::span(file)), {}, text));
  CHECK(parsed.tensors()[0].name == "t\xC3\xA9\"\\/\b\f\n\r\t\xF0\x9F\x98\x80\xE2\x82\xAC");
  CHECK(parsed.metadata_value("key") == "A");
}

TEST_CASE("every element type has its size") {
  const std::pair<const char*, int> types[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                                               {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                                               {"U64", 8},  {"I64", 8},  {"F64", 8}};
  for (auto [name, size] : types) {
    std::string header = "{\"a\":{\"dtype\":\"" + std::string(name) +
                         "\",\"shape\":[3],\"data_offsets\":[0," + std::to_string(3 * size) + "]}}";
    std::string file = file_of(header, static_cast<std::size_t>(3 * size));
    Safetensors parsed;
    char text[200] = "";
    REQUIRE(parsed.parse(std::as_bytes(std::span(file)), {}, text));
    CHECK(dtype_name(parsed.tensors()[0].dtype) == name);
    CHECK(dtype_bytes(parsed.tensors()[0].dtype) == static_cast<std::size_t>(size));
  }
}

TEST_CASE("files too short, or with a header that is not there, are refused without an allocation") {
  Counter counter;
  CHECK_THAT(parse_error("", &counter), Contains("0 bytes: too few"));
  CHECK_THAT(parse_error("1234567", &counter), Contains("7 bytes: too few"));
  std::string file = file_of("{}", 0);
  file[0] = 3;
  CHECK_THAT(parse_error(file, &counter), Contains("claims 3 bytes, but 2 follow"));
  file[3] = 1;
  CHECK_THAT(parse_error(file, &counter), Contains("claims 16777219 bytes"));
  file.replace(0, 8, 8, '\xFF');
  CHECK_THAT(parse_error(file, &counter),
             Contains("claims 18446744073709551615 bytes, but at most 100000000"));
  CHECK_THAT(parse_error(file_of("", 0), &counter), Contains("begins with '{'"));
  CHECK_THAT(parse_error(file_of(" {}", 0), &counter), Contains("begins with '{'"));
  CHECK_THAT(parse_error(file_of("[]", 0), &counter), Contains("begins with '{'"));
  CHECK(counter.calls == 0);
}

TEST_CASE("what is no JSON is refused") {
  for (const char* header : {"{",
                             "{\"",
                             "{\"a",
                             "{\"a\"",
                             "{\"a\":",
                             "{\"a\":{",
                             "{}x",
                             "{}{}",
                             "{,}",
                             "{\"a\":{},}",
                             "{a:1}",
                             "{'a':1}",
                             "{\"__metadata__\":{\"a\":\"b\",}}",
                             "{\"__metadata__\":{\"a\" \"b\"}}",
                             "{\"__metadata__\":{\"a\":\"b\"",
                             "{\"__metadata__\":{\"a\":\"\t\"}}",
                             "{\"__metadata__\":{\"a\":\"\\x\"}}",
                             "{\"__metadata__\":{\"a\":\"\\u12g4\"}}",
                             "{\"__metadata__\":{\"a\":\"\\ud800\"}}",
                             "{\"__metadata__\":{\"a\":\"\\ud800\\u0041\"}}",
                             "{\"__metadata__\":{\"a\":\"\\udc00\"}}",
                             "{\"__metadata__\":{\"a\":\"\\u00\"}}",
                             "{\"__metadata__\":{} \"a\":{}}"}) {
    INFO(header);
    CHECK(!parse_error(file_of(header, 0)).empty());
  }
  check_error("{\"__metadata__\":{}}\xE2\x80\x8B", 0, "not valid JSON");
}

TEST_CASE("what is not UTF-8 is refused") {
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xC1\x81", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xE2\x82", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    check_error("{\"__metadata__\":{\"a\":\"" + std::string(bytes) + "\"}}", 0, "not valid UTF-8 at byte 30");
  }
  for (const char* bytes :
       {"\xC3\xA9", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(parse_error(file_of("{\"__metadata__\":{\"a\":\"" + std::string(bytes) + "\"}}", 0)).empty());
  }
}

TEST_CASE("keys that stand twice are refused") {
  check_error("{" + tensor_a + "," + tensor_a + "}", 8, "\"a\" stands twice");
  check_error("{" + tensor_a + R"(,"\u0061":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})", 16,
              "\"a\" stands twice");
  check_error(R"({"__metadata__":{"k":"1","j":"2","k":"1"}})", 0, "\"k\" stands twice");
  check_error(R"({"__metadata__":{},"__metadata__":{}})", 0, "\"__metadata__\" stands twice");
  check_error(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8,
              "\"dtype\" twice");
}

TEST_CASE("metadata must map strings to strings") {
  for (const char* value : {"1", "null", "true", "[]", "{}", "{\"x\":\"y\"}"}) {
    check_error("{\"__metadata__\":{\"key\":" + std::string(value) + "}}", 0, "strings only, key \"key\"");
  }
  check_error("{\"__metadata__\":\"text\"}", 0, "must be an object of strings");
  check_error("{\"__metadata__\":[]}", 0, "must be an object of strings");
}

TEST_CASE("tensors must have dtype, shape and data_offsets, and nothing else") {
  check_error(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8, "must have dtype, shape and data_offsets");
  check_error(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8, "must have dtype, shape and data_offsets");
  check_error(R"({"a":{"dtype":"F32","shape":[2]}})", 8, "must have dtype, shape and data_offsets");
  check_error(R"({"a":{}})", 0, "must have dtype, shape and data_offsets");
  check_error(R"({"a":[]})", 0, "tensor \"a\" must be an object");
  check_error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", 8,
              "unknown key \"more\"");
  check_error(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8, "unknown dtype \"F31\"");
  check_error(R"({"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}})", 8, "a string as dtype");
  check_error(R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", 8, "an array as shape");
  check_error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":8}})", 8, "two numbers as data_offsets");
  check_error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}})", 8, "two numbers as data_offsets");
  check_error(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", 8,
              "two numbers as data_offsets");
  check_error(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", 8,
              "more than 8 dimensions");
}

TEST_CASE("numbers that are not whole, not in range or not JSON are refused") {
  for (const char* number : {"-2", "2.0", "2e0", "02", "+2", "0x2", "9223372036854775808",
                             "99999999999999999999999", "\"2\"", "null", "[2]", "", "1e999"}) {
    INFO(number);
    CHECK(!parse_error(file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2," + std::string(number) +
                                   "],\"data_offsets\":[0,8]}}",
                               8))
               .empty());
    CHECK(!parse_error(file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0," +
                                   std::string(number) + "]}}",
                               8))
               .empty());
  }
}

TEST_CASE("a shape whose size overflows, or that its offsets contradict, is refused without an allocation") {
  Counter counter;
  auto error = [&](const std::string& shape, const std::string& offsets) {
    return parse_error(
        file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}", 8),
        &counter);
  };
  CHECK_THAT(error("[1000000,1000000,1000000,1000000]", "[0,8]"), Contains("overflows"));
  CHECK_THAT(error("[1000000,1000000,1000000]", "[0,8]"), Contains("need 4000000000000000000"));
  CHECK_THAT(error("[9223372036854775807]", "[0,8]"), Contains("overflows"));
  CHECK_THAT(error("[9223372036854775807,9223372036854775807,0]", "[0,0]"), Contains("overflows"));
  CHECK_THAT(error("[4611686018427387904]", "[0,0]"), Contains("overflows"));
  CHECK_THAT(error("[3]", "[0,8]"), Contains("spans 8 bytes, but its shape and dtype need 12"));
  CHECK_THAT(error("[2]", "[8,0]"), Contains("ends before it begins"));
  CHECK_THAT(error("[4]", "[0,16]"), Contains("ends at byte 16 of the data, but the file holds 8"));
  CHECK_THAT(error("[2]", "[9223372036854775799,9223372036854775807]"), Contains("but the file holds 8"));
  CHECK(counter.calls == 0);
}

TEST_CASE("holes, overlaps and data that no tensor owns are refused") {
  auto two = [](const std::string& first, const std::string& second) {
    return "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + first +
           "},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + second + "}}";
  };
  CHECK(parse_error(file_of(two("[8,16]", "[0,8]"), 16)).empty());
  check_error(two("[0,8]", "[12,20]"), 20,
              "\"b\" begins at byte 12 of the data, but the tensors before it end at 8 (hole)");
  check_error(two("[4,12]", "[12,20]"), 20,
              "\"a\" begins at byte 4 of the data, but the tensors before it end at 0 (hole)");
  check_error(two("[0,8]", "[4,12]"), 12, "(overlap)");
  check_error(two("[0,8]", "[0,8]"), 8, "(overlap)");
  check_error(two("[0,8]", "[8,16]"), 17, "end at byte 16 of the data, but the file holds 17");
  check_error("{}", 1, "end at byte 0 of the data, but the file holds 1");
  check_error(
      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})",
      2, "(overlap)");
}

TEST_CASE("names are cut and cleaned in messages") {
  std::string name(5000, 'n');
  std::string error = parse_error(file_of("{\"" + name + "\":{}}", 0));
  CHECK(error.size() < 200);
  CHECK_THAT(error, Contains("must have dtype"));
}

TEST_CASE("memory that cannot be had is reported") {
  Counter counter;
  counter.fail = true;
  CHECK_THAT(parse_error(file_of("{" + tensor_a + "}", 8), &counter), Contains("out of memory"));
}

TEST_CASE("a header of 100,000 entries is read, with an index in proportion to it") {
  std::string header = "{";
  for (int i = 0; i < 100000; ++i) {
    if (i > 0) header += ',';
    // The order of the names is not the order of the data.
    header += "\"" + std::to_string(i * 7919LL % 100000) +
              "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" + std::to_string(i) + "," +
              std::to_string(i + 1) + "]}";
  }
  header += "}";
  std::string file = file_of(header, 100000);
  Counter counter;
  Safetensors parsed;
  char text[200] = "";
  REQUIRE(parsed.parse(std::as_bytes(std::span(file)), counter.memory(), text));
  CHECK(parsed.tensors().size() == 100000);
  for (int i = 0; i < 100000; i += 997) {
    const Tensor* tensor = parsed.find(std::to_string(i * 7919LL % 100000));
    REQUIRE(tensor != nullptr);
    CHECK(tensor == &parsed.tensors()[static_cast<std::size_t>(i)]);
  }
  CHECK(counter.bytes < 3 * header.size());
}

TEST_CASE("deep nesting is refused at its first level") {
  check_error("{\"a\":" + std::string(1000000, '[') + "}", 0, "must be an object");
  check_error("{\"a\":" + std::string(1000000, '{') + "}", 0, "not valid JSON");
}

TEST_CASE("no truncation and no changed byte makes the reader read past the end") {
  std::string header = R"({"__metadata__":{"k":"v\u00e9\ud83d\ude00"},)" + tensor_a +
                       R"(,"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]}})";
  std::string file = file_of(header, 12);
  REQUIRE(parse_error(file).empty());
  for (std::size_t length = 0; length < file.size(); ++length)
    CHECK(!parse_error(file.substr(0, length)).empty());
  int accepted = 0;
  for (std::size_t i = 0; i < file.size() - 12; ++i) {
    for (char byte :
         {'\0', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '9', 'u', ' ', '\x7F', '\xC3', '\xFF'}) {
      std::string changed = file;
      changed[i] = byte;
      accepted += parse_error(changed).empty();
    }
  }
  CHECK(accepted > 0);  // other letters in names and texts are fine
}

}  // namespace
}  // namespace effnet
