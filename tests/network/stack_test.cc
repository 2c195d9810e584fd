// The stack of a run, measured: a thread's stack is painted before and looked at after. It must stay within the
// constant of the generated header.
#include <pthread.h>

#include <cstring>
#include <functional>
#include <memory>

#include "generators/target.h"
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tools/effnet/random_weights.h"

namespace effnet::test {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024;
constexpr unsigned char paint = 0xA7;

// Bytes of a new thread's stack that were written while it did `work`.
std::size_t stack_of(const std::function<void()>& work) {
  const std::unique_ptr<void, decltype(&std::free)> stack(std::aligned_alloc(4096, stack_bytes), &std::free);
  auto* bytes = static_cast<unsigned char*>(stack.get());
  std::memset(bytes, paint, stack_bytes);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstack(&attributes, bytes, stack_bytes) == 0);
  pthread_t thread;
  const auto main = [](void* closure) -> void* {
    (*static_cast<const std::function<void()>*>(closure))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, main, const_cast<std::function<void()>*>(&work)) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  std::size_t untouched = 0;
  while (untouched < stack_bytes && bytes[untouched] == paint) ++untouched;
  return stack_bytes - untouched;
}

TEST_CASE("a run's stack stays within the header's constant, and open and prepare within 16 KB") {
  const std::size_t thread_itself = stack_of([] {});
  REQUIRE(thread_itself < 16 * 1024);
  for (const std::string& name : asked_networks({"fat_efficientnet_b0"})) {
    const CompiledNetwork network(name);
    const Result<RandomWeights> weights = RandomWeights::make(network.program());
    REQUIRE(weights);
    const int side = network.program().resolution;
    std::vector<float> input(std::size_t(3) * side * side, 0.25F), logits(network.program().classes);
    const std::vector<std::uint8_t> rgb(std::size_t(3) * 300 * 200, 100);
    for (int i = 0; i < network.program().variant_count; ++i) {
      effnet_options options{};
      options.target = network.program().variants[i].target;
      if (!runs_here(*find_target(options.target))) continue;
      effnet_model* model = nullptr;
      effnet_status status = EFFNET_OK;
      const auto open = [&] {
        status = effnet_open_program_memory(&network.program(), weights->file().data(),
                                            weights->file().size(), &options, &model);
      };
      const auto prepare = [&] { status = effnet_prepare(model, rgb.data(), 300, 200, 900, input.data()); };
      const auto run = [&] { status = effnet_run(model, input.data(), logits.data()); };
      open();  // the first calls find their functions, on this thread's stack
      REQUIRE(status == EFFNET_OK);
      prepare();
      run();
      effnet_close(model);

      const std::size_t opened = stack_of(open), prepared = stack_of(prepare), ran = stack_of(run);
      REQUIRE(status == EFFNET_OK);
      effnet_close(model);
      INFO(name << " for " << options.target << ": open " << opened - thread_itself << ", prepare "
                << prepared - thread_itself << ", run " << ran - thread_itself << " of "
                << network.constant("STACK_BYTES"));
      CHECK(ran - thread_itself <= static_cast<std::size_t>(network.constant("STACK_BYTES")));
      CHECK(ran - thread_itself > 1024);  // it was measured
      CHECK(opened - thread_itself <= 16 * 1024);
      CHECK(prepared - thread_itself <= 16 * 1024);
    }
  }
}

}  // namespace
}  // namespace effnet::test
