// Objectives by name, and how their values are written.
#include "scaling/objective.h"

#include "tests/catch.h"

namespace effnet {
namespace {

using Catch::Contains;

TEST_CASE("objectives have names, commands stand behind a colon") {
  for (const char* name : {"flops", "params", "arena", "predicted", "latency"}) {
    const Result<Objective> objective = parse_objective(name);
    REQUIRE(objective);
    CHECK(name_of(*objective) == name);
    CHECK_FALSE(objective->larger_is_better());
  }
  const Result<Objective> command = parse_objective("command:./train.sh --epochs 3: {}");
  REQUIRE(command);
  CHECK(command->command == "./train.sh --epochs 3: {}");
  CHECK(command->larger_is_better());
}

TEST_CASE("an objective that is not there is named, with the nearest one") {
  CHECK_THAT(parse_objective("latancy").message(),
             Contains("'latancy'") && Contains("did you mean latency?"));
  CHECK_THAT(parse_objective("").message(),
             Contains("flops, params, arena, predicted, latency, command:CMD"));
  CHECK_THAT(parse_objective("command: ").message(), Contains("needs a command"));
}

TEST_CASE("values are written in the objective's unit") {
  CHECK(value_text({Measure::multiply_adds, ""}, 385'800'000) == "0.3858");
  CHECK(value_text({Measure::parameters, ""}, 5'288'548) == "5.289");
  CHECK(value_text({Measure::arena, ""}, 3'380'000) == "3.38");
  CHECK(value_text({Measure::latency, ""}, 9.333) == "9.33");
  CHECK(value_text({Measure::command, "x"}, 0.771) == "0.771");
}

}  // namespace
}  // namespace effnet
