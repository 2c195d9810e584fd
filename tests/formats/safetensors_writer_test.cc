#include "formats/safetensors_writer.h"

#include "formats/tensor_file.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

TEST_CASE("What is written is read back") {
  const TemporaryFolder folder;
  const std::vector<float> matrix = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> scalar = {-7};
  const std::string name = "quote \" backslash \\ \xc3\xa4 \x01";
  {
    Result<SafetensorsWriter> writer = SafetensorsWriter::create(
        folder.file("f"), {{name, Dtype::f32, {2, 3}}, {"n", Dtype::i64, {}}, {"e", Dtype::f32, {0, 4}}},
        {{"labels", "one\ntwo\t\"3\""}, {"empty", ""}});
    REQUIRE(writer);
    REQUIRE(writer->write(matrix));
    REQUIRE(writer->write(std::as_bytes(std::span(scalar))));
    REQUIRE(writer->write(std::span<const float>{}));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "f"));
    REQUIRE(writer->commit());
  }
  const std::string bytes = test::read_file(folder.path() / "f");
  Safetensors file;
  char error[256];
  INFO(error);
  REQUIRE(file.parse(std::as_bytes(std::span(bytes)), {}, error));
  CHECK(file.metadata_value("labels") == "one\ntwo\t\"3\"");
  CHECK(file.metadata_value("empty").empty());
  const Tensor* tensor = file.find(name);
  REQUIRE(tensor);
  CHECK(tensor->rank == 2);
  CHECK(tensor->shape[1] == 3);
  CHECK(static_cast<std::size_t>(tensor->data - reinterpret_cast<const std::byte*>(bytes.data())) % 64 == 0);
  const Result<TensorFile> read = read_tensor_file(folder.file("f"));
  REQUIRE(read);
  CHECK(read->format == "safetensors");
  CHECK(*read_values(read->tensors.at(name), name) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(read->tensors.at("e").shape == std::vector<std::int64_t>{0, 4});
}

TEST_CASE("Tensors of other sizes than the header's are refused, and nothing is left") {
  const TemporaryFolder folder;
  const std::vector<float> three = {1, 2, 3};
  {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::create(folder.file("f"), {{"a", Dtype::f32, {2}}}, {});
    REQUIRE(writer);
    CHECK_THAT(writer->write(three).message(), Contains("12 bytes"));
    CHECK_THAT(writer->commit().message(), Contains("not all tensors"));
  }
  {
    Result<SafetensorsWriter> writer = SafetensorsWriter::create(folder.file("f"), {}, {});
    REQUIRE(writer);
    CHECK_FALSE(writer->write(three));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("What no file can hold is refused") {
  const TemporaryFolder folder;
  const auto failure = [&](const TensorEntry& entry, const Metadata& metadata = {}) {
    const Result<SafetensorsWriter> writer = SafetensorsWriter::create(folder.file("f"), {entry}, metadata);
    REQUIRE_FALSE(writer);
    return writer.message();
  };
  const std::int64_t huge = std::int64_t{1} << 40;
  CHECK_THAT(failure({"a", Dtype::f32, {huge, huge}}), Contains("too large"));
  CHECK_THAT(failure({"a", Dtype::f32, {-1}}), Contains("too large"));
  CHECK_THAT(failure({"\xff", Dtype::f32, {1}}), Contains("UTF-8"));
  CHECK_THAT(failure({"a", Dtype::f32, {1}}, {{"k", "\xc3"}}), Contains("UTF-8"));
  CHECK(std::filesystem::is_empty(folder.path()));
}
