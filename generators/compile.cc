#include "generators/compile.h"

#include <Halide.h>

#include "base/files.h"
#include "generators/common/multiply_adds.h"
#include "generators/common/prefetch.h"
#include "generators/common/scratch.h"
#include "generators/mark_loops.h"
#include "generators/target.h"

namespace effnet {

namespace {

using Halide::Argument;
using Halide::Internal::AbstractGenerator;

// Inputs, scratch, outputs, in the order of declaration: what the emitted C passes.
std::vector<Argument> arguments_of(AbstractGenerator& generator) {
  std::vector<Argument> arguments;
  for (const auto& info : generator.arginfos()) {
    if (info.dir != Halide::Internal::ArgInfoDirection::Input) continue;
    for (const Halide::Parameter& p : generator.input_parameter(info.name)) {
      const auto kind = p.is_buffer() ? Argument::InputBuffer : Argument::InputScalar;
      arguments.emplace_back(p.name(), kind, p.type(), p.dimensions(), p.get_argument_estimates());
    }
  }
  arguments.emplace_back(scratch_name, Argument::InputBuffer, Halide::Float(32), 1,
                         Halide::ArgumentEstimates{});
  return arguments;
}

Status put_before(const std::string& text, const std::string& path) {
  constexpr std::size_t most_bytes = 64u << 20;
  const Result<std::string> rest = read_file(path, most_bytes);
  return rest ? write_file(path, text + *rest) : rest.status();
}

}  // namespace

std::string halide_version() {
  return std::to_string(HALIDE_VERSION_MAJOR) + "." + std::to_string(HALIDE_VERSION_MINOR) + "." +
         std::to_string(HALIDE_VERSION_PATCH);
}

Result<std::int64_t> compile_kernel(const KernelRequest& request, const KernelFiles& files) {
  try {
    // Every argument's layout is static and comes from the
    // plan: there is nothing to ask or to check at run time.
    const Halide::Target target = Halide::Target(request.target)
                                      .with_feature(Halide::Target::NoRuntime)
                                      .with_feature(Halide::Target::NoAsserts)
                                      .with_feature(Halide::Target::NoBoundsQuery);
    auto generator =
        Halide::Internal::GeneratorRegistry::create(request.generator, Halide::GeneratorContext(target));
    if (!generator) return Status::error("there is no generator '" + request.generator + "'");
    for (const auto& [name, value] : request.parameters) generator->set_generatorparam_value(name, value);
    Halide::Pipeline pipeline = generator->build_pipeline();

    if (const auto* prefetching = dynamic_cast<const Prefetching*>(generator.get()))
      for (auto& pass : prefetching->prefetches()) pipeline.add_custom_lowering_pass(pass.release());
    std::int64_t scratch_bytes = 0;
    pipeline.add_custom_lowering_pass(new ScratchFromCaller(&scratch_bytes));
    LoopNest nest;
    const bool marked = !files.marked_assembly.empty();
    if (has_fma(target)) pipeline.add_custom_lowering_pass(allow_multiply_adds().release());
    if (marked) pipeline.add_custom_lowering_pass(new MarkLoops(request.scalars, &nest));
    Halide::Module module = pipeline.compile_to_module(arguments_of(*generator), request.symbol, target,
                                                       Halide::LinkageType::External);
    std::map<Halide::OutputFileType, std::string> outputs;
    if (!files.object.empty()) outputs[Halide::OutputFileType::object] = files.object;
    const std::string assembly = marked ? files.marked_assembly : files.assembly;
    if (!assembly.empty()) outputs[Halide::OutputFileType::assembly] = assembly;
    module.compile(outputs);
    if (marked)
      if (Status status = put_before(format_loop_nest(nest), assembly); !status) return status;
    return scratch_bytes;
  } catch (const Halide::Error& e) {
    return Status::error(request.generator + " for " + request.target + ": " + e.what());
  }
}

}  // namespace effnet
