#include "formats/pickle.h"

#include "tests/catch.h"
#include "tests/formats/torch_writer.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;
using Kind = pickle::Value::Kind;

namespace {

// `text` must outlive the document.
Result<pickle::Document> read(const std::string& text) {
  return pickle::read(std::as_bytes(std::span(text.data(), text.size())), "file.pth");
}

std::string failure(const std::string& text) {
  const Result<pickle::Document> document = read(text);
  if (document) return "was accepted";
  CHECK_THAT(document.message(), Contains("file.pth") && !Contains("\n"));
  return document.message();
}

const TorchTensor matrix{"w", "FloatStorage", "0", 6, 0, {2, 3}, {3, 1}};

std::string with(const TorchTensor& tensor) { return pickle_tensor(tensor, false) + "."; }

}  // namespace

TEST_CASE("Tensors are rebuilt as views of their storages") {
  const std::string text = state_pickle({matrix, {"b", "HalfStorage", "1", 9, 4, {5}, {1}}}, false);
  const Result<pickle::Document> document = read(text);
  REQUIRE(document);
  CHECK(document->bytes == text.size());
  REQUIRE(document->root->kind == Kind::dict);
  const std::vector<pickle::Value*>& items = document->root->items;
  REQUIRE(items.size() == 4);
  CHECK(items[0]->text == "w");
  CHECK(items[1]->view.storage == "0");
  CHECK(items[1]->view.shape == std::vector<std::int64_t>{2, 3});
  CHECK(items[1]->view.strides == std::vector<std::int64_t>{3, 1});
  CHECK(items[3]->view.offset == 4);
  CHECK(document->storages.at("0").dtype == Dtype::f32);
  CHECK(document->storages.at("1").dtype == Dtype::f16);
  CHECK(document->storages.at("1").elements == 9);
}

TEST_CASE("Numbers, texts, lists and the memo mean what they mean in Python") {
  constexpr char literal[] =  // with zeros inside
      "\x80\x04\x95\0\0\0\0\0\0\0\0]("
      "K\xffM\x39\x30J\xfe\xff\xff\xff\x8a\x01\x80\x8c\x02hi\x94h\0\x85N\x88\x89}e.";
  const std::string text(literal, sizeof literal - 1);
  const Result<pickle::Document> document = read(text);
  REQUIRE(document);
  const std::vector<pickle::Value*>& items = document->root->items;
  REQUIRE(items.size() == 10);
  CHECK(items[0]->integer == 255);
  CHECK(items[1]->integer == 12345);
  CHECK(items[2]->integer == -2);
  CHECK(items[3]->integer == -128);
  CHECK(items[4]->text == "hi");
  REQUIRE(items[5]->kind == Kind::tuple);
  CHECK(items[5]->items[0] == items[4]);
  CHECK(items[6]->kind == Kind::none);
  CHECK(items[7]->integer == 1);
  CHECK(items[8]->integer == 0);
  CHECK(items[9]->kind == Kind::dict);
}

TEST_CASE("Parameters and attributes of a state dict are taken apart") {
  const std::string parameter =
      pickle_global("torch._utils", "_rebuild_parameter") + "(" + pickle_tensor(matrix, false) + "\x88}tR.";
  const Result<pickle::Document> document = read(parameter);
  REQUIRE(document);
  CHECK(document->root->kind == Kind::tensor);
  const std::string attributes =
      pickle_global("collections", "OrderedDict") + ")R}" + pickle_text("_metadata") + "}sb.";
  const Result<pickle::Document> built = read(attributes);
  REQUIRE(built);
  CHECK(built->root->kind == Kind::dict);
  CHECK(built->root->items.empty());
}

TEST_CASE("What asks for code is refused by name") {
  for (const auto& [module, name] :
       {std::pair("os", "system"), std::pair("posix", "system"), std::pair("builtins", "eval"),
        std::pair("builtins", "exec"), std::pair("subprocess", "Popen"), std::pair("torch", "load"),
        std::pair("numpy.core.multiarray", "_reconstruct"), std::pair("torch._utils", "_rebuild_tensor_v3"),
        std::pair("", "")}) {
    const std::string asked = "'" + std::string(module) + "." + name + "'";
    CHECK_THAT(failure("\x80\x02" + pickle_global(module, name) + "(" + pickle_text("touch /tmp/x") + "tR."),
               Contains("refuses " + asked));
    CHECK_THAT(failure(pickle_text(module) + pickle_text(name) + "\x93)R."), Contains("refuses " + asked));
    CHECK_THAT(failure("(" + pickle_text("ls") + "i" + module + "\n" + name + "\n."),
               Contains("refuses " + asked));
  }
  CHECK_THAT(failure(pickle_global("torch", "FloatStorage\x1b[2J")), !Contains("\x1b"));
}

TEST_CASE("Opcodes that rebuild no tensor are refused") {
  for (const char opcode : {'o', '\x81', '\x92', 'P', 'S', 'V', 'B', 'C', '\x82', '\x8f', '\x97', '\xff'})
    CHECK_THAT(failure(std::string("}") + opcode + "."), Contains("refuses pickle opcode"));
}

TEST_CASE("Allowed names cannot be called for anything else") {
  CHECK_THAT(failure(pickle_global("torch", "FloatStorage") + "K\x09\x85R."), Contains("refuses to call"));
  CHECK_THAT(failure(pickle_global("torch._utils", "_rebuild_parameter") + "N\x85R."),
             Contains("refuses to call"));
  CHECK_THAT(failure("NN\x85R."), Contains("only a name can be called"));
  CHECK_THAT(failure(pickle_global("collections", "OrderedDict") + "NR."), Contains("with a tuple"));
  CHECK_THAT(failure(pickle_global("collections", "OrderedDict") + "N\x85R."), Contains("list of pairs"));
}

TEST_CASE("Tensors that reach beyond their storage are refused") {
  const std::int64_t huge = std::int64_t{1} << 62;
  const auto changed = [](auto change) {
    TorchTensor tensor = matrix;
    change(tensor);
    return failure(with(tensor));
  };
  CHECK(changed([](TorchTensor&) {}) == "was accepted");
  CHECK(changed([](TorchTensor& t) { t.strides = {1, 2}; }) == "was accepted");  // transposed
  CHECK_THAT(changed([](TorchTensor& t) { t.offset = 1; }), Contains("beyond its storage of 6"));
  CHECK_THAT(changed([](TorchTensor& t) { t.shape = {3, 3}; }), Contains("beyond its storage"));
  CHECK_THAT(changed([](TorchTensor& t) { t.elements = 5; }), Contains("beyond its storage of 5"));
  CHECK_THAT(changed([](TorchTensor& t) { t.elements = -1; }), Contains("no torch storage"));
  CHECK_THAT(changed([](TorchTensor& t) { t.offset = -1; }), Contains("must be rebuilt from"));
  CHECK_THAT(changed([](TorchTensor& t) { t.strides = {-3, 1}; }), Contains("from 0 on"));
  CHECK_THAT(changed([](TorchTensor& t) { t.shape = {2, -3}; }), Contains("from 0 on"));
  CHECK_THAT(changed([](TorchTensor& t) { t.strides = {1}; }), Contains("one stride a dimension"));
  CHECK_THAT(changed([&](TorchTensor& t) {
               t.shape = {huge, huge};
             }),
             Contains("overflow") || Contains("beyond"));
  CHECK_THAT(changed([&](TorchTensor& t) { t.offset = huge, t.shape = {huge, 3}; }), Contains("overflow"));
  CHECK_THAT(changed([](TorchTensor& t) { t.shape = {0, 3}, t.offset = 7; }), Contains("beyond its storage"));
  CHECK_THAT(changed([](TorchTensor& t) { t.shape = t.strides = std::vector<std::int64_t>(9, 1); }),
             Contains("more than 8 dimensions"));
  CHECK_THAT(changed([](TorchTensor& t) { t.type = "QInt8Storage"; }),
             Contains("refuses 'torch.QInt8Storage'"));
}

TEST_CASE("One storage cannot be described in two ways") {
  TorchTensor other = matrix;
  other.name = "v";
  other.elements = 600;
  CHECK_THAT(failure(state_pickle({matrix, other}, false)), Contains("two ways"));
}

TEST_CASE("Every truncation of a sound pickle is refused") {
  const std::string text = state_pickle({matrix}, true, {"state_dict"});
  REQUIRE(read(text));
  for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(read(text.substr(0, size)));
}

TEST_CASE("Every changed byte of a sound pickle is survived") {
  const std::string text = state_pickle({matrix}, true, {"state_dict"});
  std::size_t refused = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      refused += !read(damaged);
    }
  CHECK(refused > text.size());
}

TEST_CASE("Stack, marks and memo are checked") {
  CHECK_THAT(failure("."), Contains("more values than the stack has"));
  CHECK_THAT(failure("N(."), Contains("more values than the stack has"));  // not across a mark
  CHECK_THAT(failure("t."), Contains("mark"));
  CHECK_THAT(failure("\x86."), Contains("more values"));
  CHECK_THAT(failure("R."), Contains("more values"));
  CHECK_THAT(failure("q\x01."), Contains("remember"));
  CHECK_THAT(failure("h\x01."), Contains("memo has no such entry"));
  CHECK_THAT(failure("Nr\xff\xff\xff\xff."), Contains("memo has too many"));
  CHECK_THAT(failure("](Nu."), Contains("a dict"));
  CHECK_THAT(failure("}(Nu."), Contains("no value"));
  CHECK_THAT(failure("N(Ne."), Contains("a list"));
  CHECK_THAT(failure("NQ."), Contains("no torch storage"));
  CHECK_THAT(failure("\x8a\x09"
                     "123456789."),
             Contains("more than 64 bits"));
  CHECK_THAT(failure("\x80\x63N."), Contains("protocol 99"));
  CHECK_THAT(failure(std::string("X\xff\xff\xff\x7f") + "abc"), Contains("truncated"));
  CHECK_THAT(failure("c" + std::string(5000, 'x')), Contains("without an end"));
}

TEST_CASE("A pickle cannot eat memory") {
  CHECK_THAT(failure(std::string(2'000'000, 'N')), Contains("no state dict"));
  CHECK_THAT(failure("N" + std::string(20'000'000, '2') + "."), Contains("too long"));
  // One list of pairs, used for a thousand dicts.
  std::string text = pickle_text("k") + "N\x86q\x01]q\x02(";
  for (int i = 0; i < 10'000; ++i) text += "h\x01";
  text += "e";
  for (int i = 0; i < 1'000; ++i) text += pickle_global("collections", "OrderedDict") + "h\x02\x85R";
  CHECK_THAT(failure(text + "."), Contains("too many dicts"));
}
