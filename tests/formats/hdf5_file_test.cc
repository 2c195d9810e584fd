#include "formats/hdf5_file.h"

#include <hdf5.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

// An HDF5 file that a test fills through libhdf5, and what reading it says.
class File {
 public:
  File() : id_(H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) { REQUIRE(id_ >= 0); }
  ~File() { close(); }
  hid_t id() const { return id_; }
  std::string path() const { return folder_.file("weights.h5"); }
  std::string other(const std::string& name) const { return folder_.file(name); }

  void group(const std::string& name) {
    H5Gclose(H5Gcreate2(id_, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  void dataset(const std::string& name, const std::vector<hsize_t>& extents, const std::vector<float>& values,
               hid_t type = H5T_IEEE_F32LE, hid_t creation = H5P_DEFAULT) {
    const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
    const hid_t set = H5Dcreate2(id_, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    REQUIRE(set >= 0);
    if (!values.empty()) H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(set);
    H5Sclose(space);
  }
  void close() {
    if (id_ >= 0) H5Fclose(id_);
    id_ = -1;
  }
  Result<TensorFile> read() {
    close();
    return read_tensor_file(path());
  }
  std::string failure() {
    const Result<TensorFile> file = read();
    if (file) return "was accepted";
    CHECK_THAT(file.message(), Contains("weights.h5: ") && !Contains("\n"));
    return file.message();
  }

 private:
  TemporaryFolder folder_;
  hid_t id_;
};

std::vector<double> values(const TensorFile& file, const std::string& name) {
  const Result<std::vector<double>> read = read_values(file.tensors.at(name), name);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("float datasets of HDF5 files are tensors by their paths") {
  File file;
  file.group("a");
  file.group("a/b");
  file.dataset("a/b/kernel:0", {2, 3}, {1, 2, 3, 4, 5, 6});
  file.dataset("a/double", {2}, {0.5f, 8}, H5T_IEEE_F64LE);
  file.dataset("a/step", {1}, {7}, H5T_STD_I64LE);  // left out
  file.dataset("scalar", {}, {9});
  const Result<TensorFile> read = file.read();
  REQUIRE(read);
  CHECK(read->format == "HDF5");
  CHECK(read->sha256.size() == 64);
  CHECK(read->tensors.size() == 3);
  CHECK(read->tensors.at("a/b/kernel:0").shape == std::vector<std::int64_t>{2, 3});
  CHECK(values(*read, "a/b/kernel:0") == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(read->tensors.at("a/double").dtype == Dtype::f64);
  CHECK(values(*read, "a/double") == std::vector<double>{0.5, 8});
  CHECK(values(*read, "scalar") == std::vector<double>{9});
}

TEST_CASE("what is not plainly in an HDF5 file is refused") {
  File file;
  SECTION("a link to another file") {
    H5Lcreate_external("/etc/passwd", "/x", file.id(), "outside", H5P_DEFAULT, H5P_DEFAULT);
    CHECK_THAT(file.failure(), Contains("link") && Contains("/outside"));
  }
  SECTION("a soft link, also to itself") {
    H5Lcreate_soft("/loop", file.id(), "loop", H5P_DEFAULT, H5P_DEFAULT);
    CHECK_THAT(file.failure(), Contains("link") && Contains("/loop"));
  }
  SECTION("a group that holds itself") {
    file.group("a");
    H5Lcreate_hard(file.id(), "/", file.id(), "/a/root", H5P_DEFAULT, H5P_DEFAULT);
    CHECK_THAT(file.failure(), Contains("too many groups"));
  }
  SECTION("bytes in another file") {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    write_file(file.other("raw"), std::string(64, 'x'));
    H5Pset_external(creation, file.other("raw").c_str(), 0, 64);
    file.dataset("outside", {16}, {}, H5T_IEEE_F32LE, creation);
    CHECK_THAT(file.failure(), Contains("'/outside' lies in other files"));
  }
  SECTION("compressed bytes") {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 4;
    H5Pset_chunk(creation, 1, &chunk);
    H5Pset_deflate(creation, 9);
    file.dataset("small", {16}, {}, H5T_IEEE_F32LE, creation);
    CHECK_THAT(file.failure(), Contains("'/small' is compressed"));
  }
  SECTION("more bytes than the file has") {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 4;
    H5Pset_chunk(creation, 1, &chunk);
    file.dataset("huge", {hsize_t{1} << 40}, {}, H5T_IEEE_F32LE, creation);
    CHECK_THAT(file.failure(), Contains("more bytes than the file has") && Contains("'/huge'"));
  }
  SECTION("extents whose product overflows") {
    file.dataset("vast", {hsize_t{1} << 31, hsize_t{1} << 31, 4}, {}, H5T_IEEE_F32LE, [] {
      const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
      const hsize_t chunk[] = {1, 1, 4};
      H5Pset_chunk(creation, 3, chunk);
      return creation;
    }());
    CHECK_THAT(file.failure(), Contains("more bytes than the file has"));
  }
}

// Whatever the bytes are: an answer, in one line when it is no, and nothing worse.
TEST_CASE("damaged HDF5 files are refused or read, and nothing crashes") {
  File file;
  file.group("a");
  file.group("a/b");
  for (int i = 0; i < 8; ++i) file.dataset("a/b/" + std::to_string(i), {2, 3}, {1, 2, 3, 4, 5, 6});
  REQUIRE(file.read());
  const std::string whole = read_file(file.path());
  const auto check = [&](const std::string& bytes) {
    write_file(file.path(), bytes);
    const Result<TensorFile> read = file.read();
    if (!read) CHECK_THAT(read.message(), Contains("weights.h5: ") && !Contains("\n"));
    return read.ok();
  };
  for (std::size_t size = 8; size < whole.size(); size += whole.size() / 16)
    CHECK_FALSE(check(whole.substr(0, size)));
  for (std::size_t at = 8; at < whole.size(); at += whole.size() / 120 + 1)
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = value;
      check(damaged);
    }
}
