#include "formats/torch_file.h"

#include <bit>
#include <cmath>

#include "base/files.h"
#include "tests/catch.h"
#include "tests/formats/torch_writer.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

const std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
const std::vector<TorchTensor> tensors = {
    {"w", "FloatStorage", "0", 6, 0, {2, 3}, {3, 1}},
    {"t", "FloatStorage", "0", 6, 0, {3, 2}, {1, 3}},  // the same storage, transposed
    {"s", "FloatStorage", "0", 6, 2, {3}, {1}},        // a part of it
    {"d", "DoubleStorage", "1", 2, 0, {2}, {1}},
    {"h", "HalfStorage", "2", 4, 0, {4}, {1}},
    {"f", "BFloat16Storage", "3", 2, 0, {2}, {1}},
    {"n", "LongStorage", "4", 1, 0, {}, {}}};
const effnet::test::StorageBytes storages = {
    {"0", raw(numbers)},
    {"1", raw(std::vector<double>{0.1, -1e300})},
    {"2", raw(std::vector<std::uint16_t>{0x3c00, 0xc100, 0x0001, 0x7c00})},
    {"3", raw(std::vector<std::uint16_t>{0x3f80, 0xc040})},
    {"4", raw(std::vector<std::int64_t>{7})}};

class File {
 public:
  explicit File(const std::string& bytes) { write_file(folder_.path() / "file.pth", bytes); }
  explicit File(const std::map<std::string, std::string>& entries, bool compressed = false) {
    write_zip(path(), entries, compressed);
  }
  std::string path() const { return folder_.file("file.pth"); }
  std::string bytes() const { return test::read_file(folder_.path() / "file.pth"); }
  Result<TensorFile> read() const { return read_tensor_file(path()); }
  std::string failure() const {
    const Result<TensorFile> file = read();
    if (file) return "was accepted";
    CHECK_THAT(file.message(), Contains("file.pth") && !Contains("\n"));
    return file.message();
  }

 private:
  TemporaryFolder folder_;
};

std::vector<double> values(const TensorFile& file, const std::string& name) {
  const Result<std::vector<double>> read = read_values(file.tensors.at(name), name);
  REQUIRE(read);
  return *read;
}

void check_tensors(const Result<TensorFile>& file) {
  REQUIRE(file);
  CHECK(file->tensors.size() == tensors.size());
  CHECK(values(*file, "w") == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(values(*file, "t") == std::vector<double>{1, 4, 2, 5, 3, 6});
  CHECK(values(*file, "s") == std::vector<double>{3, 4, 5});
  CHECK(values(*file, "d") == std::vector<double>{0.1, -1e300});
  CHECK(values(*file, "h") == std::vector<double>{1, -2.5, std::ldexp(1.0, -24), HUGE_VAL});
  CHECK(values(*file, "f") == std::vector<double>{1, -3});
  CHECK(file->tensors.at("t").shape == std::vector<std::int64_t>{3, 2});
  CHECK_THAT(read_values(file->tensors.at("n"), "n").message(), Contains("I64"));
}

}  // namespace

TEST_CASE("Both forms of torch.save() are read") {
  const File old(old_file(state_pickle(tensors, true), tensors, storages));
  check_tensors(old.read());
  CHECK(old.read()->format == "torch pickle");
  const File zip(zip_entries(state_pickle(tensors, false), storages));
  check_tensors(zip.read());
  CHECK(zip.read()->format == "torch zip");
  CHECK(zip.read()->sha256.size() == 64);
}

TEST_CASE("A state dict is found under the names that training scripts use") {
  for (const std::vector<std::string>& nesting :
       {std::vector<std::string>{"state_dict"}, {"model"}, {"model_state"}, {"model", "state_dict"}}) {
    check_tensors(File(old_file(state_pickle(tensors, true, nesting), tensors, storages)).read());
    check_tensors(File(zip_entries(state_pickle(tensors, false, nesting), storages)).read());
  }
  CHECK_THAT(File(zip_entries(state_pickle(tensors, false, {"optimizer"}), storages)).failure(),
             Contains("no state dict") && Contains("\"state_dict\""));
}

TEST_CASE("A file that asks for os.system is refused by that name, in both forms") {
  const std::string evil = "\x80\x02" + pickle_global("os", "system") + "(" + pickle_text("true") + "tR.";
  CHECK_THAT(File(old_file(evil, {}, {})).failure(), Contains("refuses 'os.system'"));
  CHECK_THAT(File(zip_entries(evil, {})).failure(), Contains("refuses 'os.system'"));
  CHECK_THAT(File(evil).failure(), Contains("refuses 'os.system'"));  // a bare pickle
}

TEST_CASE("Truncations of the old form are refused") {
  const std::string whole = old_file(state_pickle(tensors, true), tensors, storages);
  for (std::size_t size = 1; size < whole.size(); size += 7)
    CHECK(File(whole.substr(0, size)).failure() != "was accepted");
  CHECK_THAT(File(whole.substr(0, whole.size() - 1)).failure(), Contains("truncated in storage '4'"));
  CHECK_THAT(File(whole + "x").failure(), Contains("1 bytes too many"));
}

TEST_CASE("Storages of the old form must be those that the tensors name") {
  effnet::test::StorageBytes fewer = storages, more = storages;
  fewer.erase("4");
  more["9"] = "abcd";
  const std::string state = state_pickle(tensors, true);
  CHECK_THAT(File(old_file(state, tensors, fewer)).failure(), Contains("storage '4' is missing"));
  CHECK_THAT(File(old_file(state, tensors, more)).failure(), Contains("'9' belongs to no tensor"));
  std::vector<TorchTensor> longer = tensors;
  longer.back().elements = 2;
  effnet::test::StorageBytes bytes = storages;
  bytes["4"] += bytes["4"];
  CHECK_THAT(File(old_file(state, longer, bytes)).failure(), Contains("another length"));
}

TEST_CASE("A claim of gigabytes is refused without taking them") {
  std::vector<TorchTensor> huge = tensors;
  huge.back().elements = std::int64_t{1} << 61;
  CHECK_THAT(File(old_file(state_pickle(huge, true), huge, storages)).failure(),
             Contains("truncated in storage"));
  CHECK_THAT(File(zip_entries(state_pickle(huge, false), storages)).failure(), Contains("claim more bytes"));
  huge.back().elements = std::int64_t{1} << 33;
  CHECK_THAT(File(zip_entries(state_pickle(huge, false), storages)).failure(), Contains("claim more bytes"));
}

TEST_CASE("Damaged zip forms are refused") {
  const std::map<std::string, std::string> entries = zip_entries(state_pickle(tensors, false), storages);
  const auto changed = [&](auto change) {
    std::map<std::string, std::string> copy = entries;
    change(copy);
    return File(copy).failure();
  };
  using Entries = std::map<std::string, std::string>;
  CHECK_THAT(changed([](Entries& e) { e.erase("data.pkl"); }), Contains("without data.pkl"));
  CHECK_THAT(changed([](Entries& e) { e.erase("data/0"); }),
             Contains("archive/data/0") && Contains("missing"));
  CHECK_THAT(changed([](Entries& e) { e["data/0"] += "x"; }), Contains("has 25 bytes, its tensors need 24"));
  CHECK_THAT(changed([](Entries& e) { e["byteorder"] = "big"; }), Contains("big-endian"));
  CHECK_THAT(File(entries, true).failure(), Contains("compressed"));

  const std::string whole = File(entries).bytes();
  for (std::size_t size = 4; size < whole.size(); size += 31)
    CHECK(File(whole.substr(0, size)).failure() != "was accepted");
  std::string flipped = whole;
  const std::size_t at = flipped.find(raw(numbers));
  REQUIRE(at != std::string::npos);
  flipped[at + 3] ^= 1;
  CHECK_THAT(File(flipped).failure(), Contains("damaged"));
}

TEST_CASE("Files of other formats are named") {
  CHECK_THAT(File(std::string("\x89HDF\r\n\x1a\n...")).failure(), Contains("HDF5"));
  CHECK_THAT(File(std::string("\x80\x04N.")).failure(), Contains("not one of torch.save()"));
  CHECK_THAT(File(std::string("")).failure(), Contains("empty"));
}

TEST_CASE("Shapes that repeat one element cannot grow beyond the storage") {
  const std::vector<float> one = {1};
  const SourceTensor tensor{Dtype::f32, {1 << 20, 1 << 20}, {0, 0}, std::as_bytes(std::span(one))};
  CHECK_THAT(read_values(tensor, "x").message(), Contains("more elements than its storage"));
}
