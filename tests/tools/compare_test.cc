// effnet compare, with the fake network: its scores are its classifier's factors times a picture's mean colour.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// Two pictures: in one red leads by far, in the other it is just before green.
std::string two_pictures(const FakeModel& model) {
  std::filesystem::create_directory(model.file("pictures"));
  model.picture("pictures/clear.png", {255, 51, 0});
  model.picture("pictures/close.png", {204, 194, 51});
  return model.file("pictures");
}

ProcessResult compare(const FakeModel& model, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"compare", model.library(), model.library()});
  return model.effnet(arguments);
}

TEST_CASE("compare shows where another network's first class differs, and how far its scores are") {
  const FakeModel model;
  // Green counts a little more: the close picture flips.
  const std::string other = model.other_weights("other.weights", {4, 4.5F, 4});
  const ProcessResult result =
      compare(model, {"--pictures", two_pictures(model), "--weights-b", other, "--jobs", "1"});
  CHECK(result.error.empty());
  CHECK(result.status == 0);
  CHECK(result.out ==
        "a  fake: fp32, target plain, weights 0.00 MB, arena 0.00 MB\n"
        "b  fake: fp32, target plain, weights 0.00 MB, arena 0.00 MB\n"
        "\n"
        "                                  all  a leads by 0.10\n"
        "pictures                            2                1\n"
        "the same first class          50.00 %         100.00 %\n"
        "a's first among b's five     100.00 %         100.00 %\n"
        "\n"
        "logits: cosine 0.99899 in the mean, 0.99827 at least (" +
            model.file("pictures/close.png") +
            "); largest difference 0.3804\n"
            "probabilities: divergence 0.0091 nats in the mean, 0.018 at most\n"
            "weights that differ most, to their size: classifier 7.2 %\n");
}

TEST_CASE("compare --json gives every figure") {
  const FakeModel model;
  const std::string other = model.other_weights("other.weights", {4, 4.5F, 4});
  const ProcessResult result =
      compare(model, {"--pictures", two_pictures(model), "--weights-b", other, "--json"});
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["a"]["precision"] == "fp32");
  CHECK(json["pictures"] == 2);
  CHECK(json["all"]["views"] == 2);
  CHECK(json["all"]["top1"] == 0.5);
  CHECK(json["leading"]["views"] == 1);
  CHECK(json["leading"]["top1"] == 1);
  CHECK(json["cosine"]["of"] == model.file("pictures/close.png"));
  CHECK(json["largest_difference"].get<double>() == Approx(0.5 * 194 / 255).margin(1e-6));
  CHECK(json["layers"][0]["layer"] == "classifier");
  CHECK(json["layers"][0]["weight_error"].get<double>() == Approx(0.5 / std::sqrt(48.0)).margin(1e-6));
  CHECK(json["failed"].empty());
}

TEST_CASE("compare --crops adds parts of every picture, the same ones every time") {
  const FakeModel model;
  const std::vector<std::string> arguments = {"--pictures", two_pictures(model), "--crops", "3", "--json"};
  const ProcessResult once = compare(model, arguments), again = compare(model, arguments);
  REQUIRE(once.status == 0);
  CHECK(once.out == again.out);
  const auto json = nlohmann::json::parse(once.out);
  CHECK(json["pictures"] == 2);
  CHECK(json["all"]["views"] == 2 * 2 * (1 + 3));
  CHECK(json["all"]["top1"] == 1);
  CHECK(json["cosine"]["least"].get<double>() == Approx(1));
}

TEST_CASE("compare fails where limits are missed, after its report") {
  const FakeModel model;
  const std::string other = model.other_weights("other.weights", {4, 4.5F, 4});
  const std::string pictures = two_pictures(model);
  const auto with = [&](std::vector<std::string> limits) {
    limits.insert(limits.end(), {"--pictures", pictures, "--weights-b", other});
    return compare(model, limits);
  };
  const ProcessResult gate = with({"--gate"});
  CHECK(gate.status == 1);
  CHECK_THAT(gate.error,
             Contains("fake is not near enough to fake: a mean cosine of 0.99899, less than 0.99990"));
  CHECK_THAT(gate.out, Contains("the same first class"));
  CHECK(with({"--least-cosine", "0.998"}).status == 0);
  CHECK(with({"--least-cosine", "0.999"}).status == 1);
  CHECK(with({"--gate", "--least-cosine", "0.998"}).status == 0);
  CHECK(with({"--least-agreement", "1"}).status == 0);  // of the picture in which red leads
}

TEST_CASE("compare refuses what it cannot compare") {
  const FakeModel model;
  const std::string pictures = two_pictures(model);
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& text) {
    check_refused(compare(model, arguments), text);
  };
  refused({"--pictures", model.file("nowhere")}, "nowhere");
  refused({"--pictures", pictures, "--weights-b", model.file("none")}, "none");
  refused({"--pictures", pictures, "--target-b", "znver9"}, "znver9");
  refused({}, "--pictures");
  const std::string damaged = model.other_weights("damaged.weights", {1e38F, -1e38F, 1e38F});
  model.picture("pictures/bright.png", {255, 255, 255});
  CHECK(compare(model, {"--pictures", pictures, "--weights-b", damaged}).status == 0);  // large, but numbers
}

TEST_CASE("compare leaves out a picture that cannot be read, and says so") {
  const FakeModel model;
  const std::string pictures = two_pictures(model);
  model.text("pictures/broken.png", "not a picture");
  const ProcessResult result = compare(model, {"--pictures", pictures, "--json"});
  CHECK(result.status == 1);
  CHECK_THAT(result.error, Contains("broken.png"));
  CHECK(nlohmann::json::parse(result.out)["pictures"] == 2);
}

}  // namespace
}  // namespace effnet::test
