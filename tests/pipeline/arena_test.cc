// Buffers that live at the same step never share bytes, and arenas stay small.
#include "pipeline/arena.h"

#include <algorithm>
#include <random>

#include "pipeline/plan.h"
#include "tests/catch.h"

namespace effnet {

namespace {

// What is wrong with the offsets; empty when nothing is.
std::string wrong_placement(const std::vector<Buffer>& buffers, std::int64_t total) {
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Buffer& a = buffers[i];
    if (a.offset < 0 || a.offset % 64 != 0) return a.name + " is not at a multiple of 64";
    if (a.offset + a.bytes > total) return a.name + " ends behind the arena";
    for (std::size_t j = 0; j < i; ++j) {
      const Buffer& b = buffers[j];
      const bool together = a.first_step <= b.last_step && b.first_step <= a.last_step;
      if (a.in_place_of == static_cast<int>(j)) {
        if (a.offset != b.offset) return a.name + " is not in the place of " + b.name;
        if (a.first_step != b.last_step) return a.name + " overwrites " + b.name + " before its last step";
        continue;
      }
      if (together && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes)
        return a.name + " and " + b.name + " overlap";
    }
  }
  return "";
}

// The most bytes that live at one step: no arena can be smaller.
std::int64_t most_alive(const std::vector<Buffer>& buffers) {
  std::int64_t most = 0;
  for (const Buffer& at : buffers) {
    std::int64_t alive = 0;
    for (const Buffer& b : buffers)
      if (b.first_step <= at.first_step && at.first_step <= b.last_step) alive += b.bytes;
    most = std::max(most, alive);
  }
  return most;
}

Plan plan_of(const NetworkConfig& config, const CpuTarget& target, bool min_memory = false) {
  Result<Network> network = build_network(config);
  REQUIRE(network);
  PlanOptions options;
  options.target = target;
  options.min_memory = min_memory;
  Result<Plan> plan = make_plan(*network, options);
  REQUIRE(plan);
  return *std::move(plan);
}

TEST_CASE("buffers that live together lie apart, whatever their sizes and lives") {
  std::mt19937 random(2024);
  const auto up_to = [&](int most) { return static_cast<int>(random() % (static_cast<unsigned>(most) + 1)); };
  for (int round = 0; round < 300; ++round) {
    const int steps = 1 + up_to(40), longest = 1 + up_to(steps);
    std::vector<Buffer> buffers;
    for (int i = 1 + up_to(60); i > 0; --i) {
      const int first = up_to(steps);
      buffers.push_back(
          {"buffer " + std::to_string(i), 64 * (1 + up_to(1000)), first, first + up_to(longest)});
    }
    const std::int64_t total = place_buffers(buffers);
    INFO("round " << round);
    REQUIRE(wrong_placement(buffers, total) == "");
    REQUIRE(total >= most_alive(buffers));
  }
}

TEST_CASE("space of buffers that are no longer needed is used again") {
  std::vector<Buffer> chain;
  for (int i = 0; i < 100; ++i) chain.push_back({"map " + std::to_string(i), 6400, i, i + 1});
  CHECK(place_buffers(chain) == 2 * 6400);
  CHECK(wrong_placement(chain, 2 * 6400) == "");

  std::vector<Buffer> apart = {{"first", 640, 0, 4}, {"second", 1280, 5, 9}, {"third", 64, 10, 10}};
  CHECK(place_buffers(apart) == 1280);
}

TEST_CASE("a buffer in the place of another begins where that one does, whatever lives beside them") {
  std::vector<Buffer> buffers = {{"input", 640, 0, 1}, {"beside", 64, 0, 2}, {"output", 320, 1, 2}};
  buffers[2].in_place_of = 0;
  const std::int64_t total = place_buffers(buffers);
  CHECK(total == 704);
  CHECK(wrong_placement(buffers, total) == "");

  // What shrinks in place leaves its end to others.
  buffers.push_back({"later", 320, 2, 3});
  CHECK(place_buffers(buffers) == 704);
  CHECK(wrong_placement(buffers, 704) == "");
}

TEST_CASE("few buffers: none, one, and two that share only their last step") {
  std::vector<Buffer> none;
  CHECK(place_buffers(none) == 0);
  std::vector<Buffer> one = {{"one", 192, 3, 3}};
  CHECK(place_buffers(one) == 192);
  CHECK(one[0].offset == 0);
  std::vector<Buffer> touching = {{"input", 64, 0, 5}, {"output", 128, 5, 6}};
  CHECK(place_buffers(touching) == 192);
  CHECK(wrong_placement(touching, 192) == "");
}

TEST_CASE("every network's plan: live buffers lie apart, and every step's buffers are alive") {
  const bool min_memory = GENERATE(false, true);
  for (const char* name : {"x86-64-v4", "x86-64-v3"}) {
    Result<CpuTarget> target = find_target(name);
    REQUIRE(target);
    for (const NetworkConfig& config : variants()) {
      INFO(config.name << " for " << name);
      const Plan plan = plan_of(config, *target, min_memory);
      CHECK(wrong_placement(plan.buffers, plan.activation_bytes) == "");
      CHECK(plan.warnings.empty());
      for (std::size_t step = 0; step < plan.steps.size(); ++step) {
        for (const Argument& argument : plan.steps[step].arguments) {
          if (argument.place != Place::activation) continue;
          const Buffer& buffer = plan.buffers[argument.index];
          INFO(plan.steps[step].name << " " << buffer.name);
          CHECK(buffer.first_step <= static_cast<int>(step));
          CHECK(buffer.last_step >= static_cast<int>(step));
        }
      }
      const int last = static_cast<int>(plan.steps.size()) - 1;
      CHECK(plan.buffers[plan.features_buffer].last_step == last);
      CHECK(plan.buffers[plan.last_map_buffer].last_step == last);
    }
  }
}

TEST_CASE("--min-memory makes arenas at least a quarter smaller, B0's and Lite0's less than 2.5 MB") {
  for (const CpuTarget& target : cpu_targets()) {
    for (const NetworkConfig& config : variants()) {
      const Plan usual = plan_of(config, target), small = plan_of(config, target, true);
      INFO(config.name << " for " << target.name << ": " << usual.activation_bytes << " -> "
                       << small.activation_bytes << " + " << small.scratch_bytes);
      // Where the largest step is an expansion (Lite4's second block, with wide vectors Lite3's, too), nothing is gained.
      if (config.name.ends_with("_lite3") || config.name.ends_with("_lite4"))
        CHECK(small.activation_bytes <= usual.activation_bytes);
      else
        CHECK(small.activation_bytes < usual.activation_bytes * 3 / 4);
      CHECK(small.scratch_bytes <= usual.scratch_bytes);
      if (config.name.ends_with("_b0") || config.name.ends_with("_lite0"))
        CHECK(small.activation_bytes + small.scratch_bytes <= 2'500'000);
    }
  }
}

TEST_CASE("the arenas of B0 and B7 with one thread's scratch") {
  for (const char* name : {"x86-64-v4", "x86-64-v3"}) {
    Result<CpuTarget> target = find_target(name);
    REQUIRE(target);
    for (const auto& [network, most] :
         {std::pair{"efficientnet_b0", 4'000'000}, std::pair{"efficientnet_b7", 50'000'000}}) {
      Result<NetworkConfig> config = find_network(network);
      REQUIRE(config);
      const Plan plan = plan_of(*config, *target);
      INFO(network << " for " << name << ": " << plan.activation_bytes << " + " << plan.scratch_bytes);
      CHECK(plan.activation_bytes + plan.scratch_bytes <= most);
    }
  }
}

}  // namespace

}  // namespace effnet
