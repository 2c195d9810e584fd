#include "pipeline/emit.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/text.h"
#include "pipeline/jobs.h"
#include "pipeline/print.h"
#include "runtime/include/effnet.h"

namespace effnet {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

bool is_scalar(const Argument& a) {
  return a.place == Place::first_row || a.place == Place::rows || a.place == Place::constant;
}

// What a task function finds in its arguments: the buffers
// of the step, in the order of the kernel's arguments.
bool is_pointer(const Argument& a) { return !is_scalar(a) && a.place != Place::scratch; }

// Short enough for a symbol: Halide target strings are replaced by their hash.
std::string variant_prefix(const Plan& plan) {
  const std::string& name = plan.target.name;
  if (name.size() <= 24) return identifier(name);
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::string text;
  print(text, "target_%08x", hash);
  return text;
}

// --- one kernel: its declaration and its task ---

void emit_declaration(std::string& text, const LibraryPlan& library, const Plan& plan, const Step& step) {
  print(text, "int %s(", kernel_symbol(library, plan, step.kernel).c_str());
  for (std::size_t i = 0; i < step.arguments.size(); ++i) {
    const Argument& a = step.arguments[i];
    print(text, "%s%s%s", i ? ", " : "", is_scalar(a) ? "int " : "struct halide_buffer_t *", a.name.c_str());
  }
  text += ");\n";
}

// " + block * 10 + strip * 20" of the arguments that move from task to task.
std::string offset_text(const Argument& a) {
  std::string text;
  if (a.block_bytes) print(text, " + (size_t)block * %lld", static_cast<long long>(a.block_bytes));
  if (a.strip_bytes) print(text, " + (size_t)strip * %lld", static_cast<long long>(a.strip_bytes));
  return text;
}

bool uses(const Step& step, std::int64_t Argument::*bytes) {
  return std::any_of(step.arguments.begin(), step.arguments.end(),
                     [&](const Argument& a) { return a.*bytes != 0; });
}

// All steps that share a kernel also share its tasks: they differ in where their buffers lie.
void emit_task(std::string& text, const LibraryPlan& library, const Plan& plan, const Step& step) {
  const bool rows = step.strip_rows > 0;
  print(text, "\n/* %s: %d x %d tasks */\n", step.operation.c_str(), step.blocks, step.strips);
  print(text, "static void %s_task_k%02d(const void *arguments, int task, void *scratch) {\n",
        variant_prefix(plan).c_str(), step.kernel);
  text += "  const effnet_buffers *at = arguments;\n";
  // A head of any number of classes runs on the classifier's kernel: one task a panel, however many.
  if (step.kernel == plan.steps.back().kernel)
    text += "  const int block = task;\n";
  else if (uses(step, &Argument::block_bytes))
    print(text, "  const int block = task %% %d;\n", step.blocks);
  if (rows || uses(step, &Argument::strip_bytes))
    print(text, "  const int strip = task / %d;\n", step.blocks);
  if (rows)
    print(text, "  const int first_row = strip * %d, rows = first_row + %d <= %d ? %d : %d - first_row;\n",
          step.strip_rows, step.strip_rows, step.total_rows, step.strip_rows, step.total_rows);
  int pointer = 0;
  std::string call;
  bool task_used = rows || uses(step, &Argument::block_bytes) || uses(step, &Argument::strip_bytes);
  for (const Argument& a : step.arguments) {
    call += call.empty() ? "" : ", ";
    if (a.place == Place::scratch) {
      text += "  struct halide_buffer_t scratch_buffer = {.host = scratch};\n";
      call += "&scratch_buffer";
    } else if (is_pointer(a)) {
      print(text, "  struct halide_buffer_t %s = {.host = (char *)at->p[%d]%s};\n", a.name.c_str(), pointer++,
            offset_text(a).c_str());
      call += "&" + a.name;
    } else {
      call += a.place == Place::constant ? "at->" + a.name : a.name;
    }
  }
  if (!task_used) text += "  (void)task;\n";
  print(text, "  %s(%s);\n}\n", kernel_symbol(library, plan, step.kernel).c_str(), call.c_str());
}

// --- the steps ---

std::string pointer_text(const Plan& plan, const Argument& a) {
  std::string text;
  switch (a.place) {
    case Place::input:
      return "f->input";
    case Place::logits:
      return "f->logits";
    case Place::weight:
      print(text, "w[%d]", a.index);
      break;
    case Place::activation:
      print(text, "a + %lld", static_cast<long long>(plan.buffers[a.index].offset));
      break;
    default:
      break;
  }
  return text;
}

// Every tensor that is whole after the step.
void emit_observations(std::string& text, const Plan& plan, std::size_t step) {
  const auto place = [&](int buffer) {
    return buffer < 0 ? "NULL" : formatted("a + %lld", static_cast<long long>(plan.buffers[buffer].offset));
  };
  for (const Observation& o : plan.observations) {
    if (o.step != static_cast<int>(step)) continue;
    print(text, "  effnet_observe(context, %s, %s, %s, %s, %d, %d, %d);\n", quoted(o.tensor).c_str(),
          place(o.map).c_str(), place(o.gate).c_str(), place(o.gated).c_str(), o.shape.height, o.shape.width,
          o.shape.channels);
  }
}

void emit_run(std::string& text, const Plan& plan) {
  const std::string prefix = variant_prefix(plan);
  print(text,
        "\n/* One image through the network. a: the arena, w: the weights in the order of the table of "
        "tensors. */\n"
        "static void %s_run(effnet_context *context, const effnet_frame *f) {\n"
        "  unsigned char *const a = f->arena;\n"
        "  const void *const *const w = f->weights;\n",
        prefix.c_str());
  // In blocks, so that the steps' buffers have one place on the stack.
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    std::string pointers, scalars;
    for (const Argument& argument : step.arguments) {
      if (is_pointer(argument)) pointers += (pointers.empty() ? "" : ", ") + pointer_text(plan, argument);
      if (argument.place == Place::constant)
        print(scalars, ", .%s = %d", argument.name.c_str(), argument.index);
    }
    const bool classifier = step.name == "classifier";
    print(text, "\n  /* %s: %s */\n", step.name.c_str(), step.operation.c_str());
    print(text, "  {\n    const effnet_buffers at = {.p = {%s}%s};\n", pointers.c_str(), scalars.c_str());
    print(text, "    effnet_run_step(context, %zu, %s, %s_task_k%02d, &at);\n  }\n", i,
          classifier ? "f->classifier_panels" : std::to_string(step.blocks * step.strips).c_str(),
          prefix.c_str(), step.kernel);
    emit_observations(text, plan, i);
  }
  text += "}\n";
}

void emit_step_table(std::string& text, const Plan& plan) {
  print(text, "\nstatic const effnet_step %s_steps[] = {\n", variant_prefix(plan).c_str());
  for (const Step& step : plan.steps)
    print(text, "    {%s, %s, %.0f, %.0f, %.0f, %d, %.0f},\n", quoted(step.name).c_str(),
          quoted(step.operation).c_str(), step.multiply_adds, step.activations, step.bytes,
          step.blocks * step.strips, step.paired_multiply_adds);
  text += "};\n";
}

void emit_variant(std::string& text, const LibraryPlan& library, const Plan& plan) {
  print(text, "\n/* ---- %s ---- */\n\n", plan.target.name.c_str());
  std::set<int> declared, defined;
  for (const Step& step : plan.steps)
    if (declared.insert(step.kernel).second) emit_declaration(text, library, plan, step);
  for (const Step& step : plan.steps)
    if (defined.insert(step.kernel).second) emit_task(text, library, plan, step);
  emit_run(text, plan);
  emit_step_table(text, plan);
}

// --- tables ---

void emit_tensors(std::string& text, const Plan& plan) {
  text +=
      "\n/* The tensors of the weights file, in its order. */\nstatic const effnet_tensor tensors[] = {\n";
  for (const PackedTensor& tensor : plan.tensors) {
    print(text, "    {%s, EFFNET_%s, %zu, {", quoted(tensor.name).c_str(),
          std::string(dtype_name(traits_of(tensor.element).dtype)).c_str(), tensor.shape.size());
    for (std::size_t d = 0; d < tensor.shape.size(); ++d) print(text, "%s%d", d ? ", " : "", tensor.shape[d]);
    text += "}},\n";
  }
  text += "};\n";
}

void emit_variant_table(std::string& text, const LibraryPlan& library) {
  text += "\nstatic const effnet_variant variants[] = {\n";
  for (const Plan& plan : library.variants) {
    const std::string prefix = variant_prefix(plan);
    std::string features;
    for (const std::string& feature : plan.target.cpu_features)
      features += (features.empty() ? "" : " | ") + ("EFFNET_CPU_" + feature);
    print(text, "    {%s, %s, %s_steps, %zu,\n     %lld, %lld, %lld, %lld, %s_run},\n",
          quoted(plan.target.name).c_str(), features.empty() ? "0" : features.c_str(), prefix.c_str(),
          plan.steps.size(), static_cast<long long>(plan.activation_bytes),
          static_cast<long long>(plan.scratch_bytes),
          static_cast<long long>(plan.buffers[plan.features_buffer].offset),
          static_cast<long long>(plan.buffers[plan.last_map_buffer].offset), prefix.c_str());
  }
  text += "};\n";
}

void emit_program(std::string& text, const LibraryPlan& library) {
  const Plan& first = library.variants.front();
  const Network& n = first.network;
  const char* name = library.name.c_str();
  print(text,
        "\nstatic const effnet_program program = {\n"
        "    EFFNET_PROGRAM_ABI, %s, %s, %s, %s, %d,\n"
        "    %d, %d, %d, %d, %d, /* resolution, classes, features, last map */\n"
        "    tensors, %zu, variants, %zu,\n};\n",
        quoted(library.name).c_str(), quoted(n.name).c_str(), quoted(fingerprint(n, first.precision)).c_str(),
        quoted(traits_of(first.precision).name).c_str(), weights_format_version, n.resolution, n.classes,
        n.head.out.channels, n.head.out.height, n.head.out.width, first.tensors.size(),
        library.variants.size());
  print(text,
        "\nconst struct effnet_program *%s_program(void) { return &program; }\n"
        "\neffnet_status %s_open(const char *weights_path, const effnet_options *options, effnet_model "
        "**out) {\n"
        "  return effnet_open_program(&program, weights_path, options, out);\n}\n"
        "\neffnet_status %s_open_memory(const void *weights, size_t bytes, const effnet_options *options, "
        "effnet_model **out) {\n"
        "  return effnet_open_program_memory(&program, weights, bytes, options, out);\n}\n"
        "\nsize_t %s_arena_bytes(const effnet_options *options) { return "
        "effnet_program_arena_bytes(&program, options); }\n",
        name, name, name, name);
  if (library.weights.path.empty()) return;
  print(text,
        "\n/* Of the file that was embedded: %s_weights.S. */\n"
        "extern const unsigned char %s_weights[];\n"
        "effnet_status %s_open_embedded(const effnet_options *options, effnet_model **out) {\n"
        "  return effnet_open_program_memory(&program, %s_weights, %zu, options, out);\n}\n",
        name, name, name, name, library.weights.bytes);
}

}  // namespace

std::string identifier(const std::string& text) {
  std::string result = text;
  for (char& c : result)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return result;
}

std::int64_t weights_bytes(const Plan& plan) {
  std::int64_t bytes = 0;
  for (const PackedTensor& tensor : plan.tensors) bytes += tensor.bytes();
  return bytes;
}

std::string kernel_symbol(const LibraryPlan& library, const Plan& variant, int kernel) {
  std::string text;
  print(text, "%s_%s_k%02d", library.name.c_str(), variant_prefix(variant).c_str(), kernel);
  return variant.target.stores_symbol_lengths() ? lengthened_symbol(text) : text;
}

std::string head_comment(const LibraryPlan& library) {
  std::string text, targets;
  for (const Plan& plan : library.variants) targets += (targets.empty() ? "" : ", ") + plan.target.name;
  print(text,
        "/* %s, compiled by effnetc %s for %s. Generated: change the network or effnetc, not this file. */\n",
        library.variants.front().network.name.c_str(), EFFNET_VERSION, targets.c_str());
  return text;
}

// Of the step with the most.
std::ptrdiff_t most_pointers(const LibraryPlan& library) {
  std::ptrdiff_t most = 8;
  for (const Plan& plan : library.variants)
    for (const Step& step : plan.steps)
      most = std::max(most, std::count_if(step.arguments.begin(), step.arguments.end(), is_pointer));
  return most;
}

std::string emit_source(const LibraryPlan& library) {
  std::string text = head_comment(library);
  print(text, "#include \"%s.h\"\n\n#include \"effnet_program.h\"\n\n", library.name.c_str());
  text +=
      "/* How a kernel takes memory: Halide's descriptor. Layouts are static, so kernels only read `host`. "
      "*/\n"
      "struct halide_buffer_t {\n"
      "  uint64_t device;\n"
      "  const void *device_interface;\n"
      "  void *host;\n"
      "  uint64_t flags, type_and_dimensions;\n"
      "  void *dimension, *padding;\n"
      "};\n\n"
      "/* The buffers of one step, in the order of its kernel's arguments, and a squeeze-excite's map. */\n"
      "typedef struct effnet_buffers {\n"
      "  const void *p[" +
      std::to_string(most_pointers(library)) +
      "];\n"
      "  int rows, pixels;\n"
      "} effnet_buffers;\n";
  for (const Plan& plan : library.variants) emit_variant(text, library, plan);
  emit_tensors(text, library.variants.front());
  emit_variant_table(text, library);
  emit_program(text, library);
  return text;
}

}  // namespace effnet
