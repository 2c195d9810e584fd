// What --observe changes of a library, and that nothing changes without it.
#include <algorithm>
#include <set>

#include "models/calibration.h"
#include "pipeline/plan.h"
#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {
namespace {

Plan plan_of(const Network& network, bool observe) {
  PlanOptions options;
  options.target = *find_target("x86-64-v3");
  options.observe = observe;
  Result<Plan> plan = make_plan(network, options);
  REQUIRE(plan);
  return *std::move(plan);
}

TEST_CASE("a plan that observes shows every tensor of a calibration, each while it is whole") {
  for (const std::string name : {"efficientnet_b0", "tf_efficientnet_lite2", "efficientnet_b4"}) {
    INFO(name);
    const Network network = *build_network(*find_network(name));
    const Plan plan = plan_of(network, true);
    std::vector<std::string> shown;
    int step = 0;
    for (const Observation& o : plan.observations) {
      INFO(o.tensor);
      shown.push_back(o.tensor);
      CHECK(o.step >= step);
      step = o.step;
      const std::int64_t bytes = std::int64_t{4} * o.shape.height * o.shape.width * padded(o.shape.channels);
      for (const int buffer : {o.map, o.gate, o.gated}) {
        if (buffer < 0) continue;
        const Buffer& area = plan.buffers[buffer];
        CHECK(area.element == Element::f32);
        CHECK(area.bytes >= (buffer == o.gate ? 4 * padded(o.shape.channels) : bytes));
        CHECK(area.offset + area.bytes <= plan.activation_bytes);
        CHECK(area.first_step <= o.step);
        CHECK(area.last_step >= o.step);
        for (const Buffer& other : plan.buffers) {
          const bool alive = other.first_step <= o.step && o.step <= other.last_step;
          if (&other != &area && alive)
            CHECK((other.offset + other.bytes <= area.offset || area.offset + area.bytes <= other.offset));
        }
      }
    }
    CHECK(shown == calibrated_tensors(network));
    CHECK(plan_of(network, false).observations.empty());
    CHECK(plan_of(network, false).activation_bytes < plan.activation_bytes);
  }
}

// Of an int8 plan: the tensors that lie in 8 bits between steps, or are rounded so where they are multiplied.
std::set<std::string> tensors_of_8_bits(const Plan& plan) {
  std::set<std::string> names;
  for (const Buffer& buffer : plan.buffers) {
    const std::size_t block = buffer.name.rfind(".project"), gate = buffer.name.rfind(".gate");
    if (gate != std::string::npos && !buffer.affine.empty())
      names.insert(buffer.name.substr(0, gate) + ".gated");
    else if (traits_of(buffer.element).affine)
      names.insert(buffer.name.substr(0, block));
  }
  return names;
}

TEST_CASE("an int8 library stores in 8 bits what stored_tensors() says, with and without kept blocks") {
  for (const std::string name : {"efficientnet_b0", "tf_efficientnet_lite0", "efficientnet_b4"})
    for (const std::vector<std::string>& kept :
         {std::vector<std::string>{}, {"blocks.0"}, {"blocks.3", "blocks.4", "blocks.7"}, {"blocks.15"}}) {
      INFO(name << ", kept " << (kept.empty() ? "none" : kept.front()));
      Network network = *build_network(*find_network(name));
      keep_blocks(network, kept);
      PlanOptions options;
      options.target = *find_target("x86-64-v3");
      options.precision = Precision::int8;
      const Result<Plan> plan = make_plan(network, options);
      REQUIRE(plan);
      std::set<std::string> expected;
      for (const auto& [tensor, reader] : stored_tensors(calibrated_tensors(network)))
        if (std::find(kept.begin(), kept.end(), reader) == kept.end()) expected.insert(tensor);
      CHECK(tensors_of_8_bits(*plan) == expected);
    }
}

TEST_CASE("only a library compiled to observe calls for an observer") {
  const TemporaryFolder folder;
  must_compile(folder.file("plain"), {"--name", "small"});
  must_compile(folder.file("observing"), {"--name", "small", "--observe"});
  const std::string plain = read_file(folder.file("plain/small.c")),
                    observing = read_file(folder.file("observing/small.c"));
  CHECK(plain.find("observe") == std::string::npos);
  NetworkConfig config = *find_network("tf_efficientnet_lite0");
  config.resolution = 64;
  for (const std::string& tensor : calibrated_tensors(*build_network(config))) {
    INFO(tensor);
    CHECK(observing.find("effnet_observe(context, \"" + tensor + "\", ") != std::string::npos);
  }
}

TEST_CASE("observing goes with float32, and with an arena in which no step overwrites what it reads") {
  const TemporaryFolder folder;
  for (const std::string precision : {"bf16", "int8-weights", "int8"})
    check_refused(compile_small(folder.file("out"), {"--observe", "--precision", precision}),
                  {"--observe", "--precision fp32"});
  check_refused(compile_small(folder.file("out"), {"--observe", "--min-memory"}),
                {"--observe", "--min-memory"});
  CHECK(names_in(folder.file("out")).empty());
}

}  // namespace
}  // namespace effnet::test
