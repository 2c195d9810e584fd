// <name>.h, for the application.
#include <algorithm>

#include "pipeline/emit.h"
#include "pipeline/print.h"
#include "runtime/include/effnet.h"

namespace effnet {

namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::int64_t most(const LibraryPlan& library, std::int64_t Plan::*bytes) {
  std::int64_t result = 0;
  for (const Plan& plan : library.variants) result = std::max(result, plan.*bytes);
  return result;
}

void emit_constants(std::string& text, const LibraryPlan& library, std::int64_t stack_bytes) {
  const Network& n = library.variants.front().network;
  const std::string big = upper(library.name);
  const char* NAME = big.c_str();
  print(text,
        "#define %s_RESOLUTION %d /* input: RESOLUTION x RESOLUTION x 3 floats, RGB, channels innermost */\n",
        NAME, n.resolution);
  print(text, "#define %s_CLASSES %d\n#define %s_FEATURES %d\n", NAME, n.classes, NAME, n.head.out.channels);
  print(text, "#define %s_MAP_HEIGHT %d\n#define %s_MAP_WIDTH %d\n\n", NAME, n.head.out.height, NAME,
        n.head.out.width);
  print(text,
        "/* An arena has ARENA_BYTES + threads * ARENA_BYTES_PER_THREAD bytes: all that a model uses while "
        "it runs.\n"
        " * With option spread_images: threads * (ARENA_BYTES + ARENA_BYTES_PER_THREAD). */\n");
  print(text, "#define %s_ARENA_BYTES %lldu\n", NAME,
        static_cast<long long>(most(library, &Plan::activation_bytes)));
  print(text, "#define %s_ARENA_BYTES_PER_THREAD %lldu\n", NAME,
        static_cast<long long>(most(library, &Plan::scratch_bytes)));
  print(text, "/* The tensors of a weights file; its header, with the labels, comes on top. */\n");
  print(text, "#define %s_WEIGHTS_BYTES %lldu\n#define %s_WEIGHTS_FORMAT_VERSION %d\n", NAME,
        static_cast<long long>(weights_bytes(library.variants.front())), NAME, weights_format_version);
  print(text,
        "/* Stack that effnet_run() needs at most, on the thread that calls it and on those that run tasks. "
        "*/\n");
  print(text, "#define %s_STACK_BYTES %lldu\n\n", NAME, static_cast<long long>(stack_bytes));
}

void emit_open_declarations(std::string& text, const LibraryPlan& library) {
  const char* name = library.name.c_str();
  print(text,
        "/* Maps the weights file. On failure *out is null, and options->error, where given, says why. */\n");
  print(text,
        "EFFNET_API effnet_status %s_open(const char *weights_path, const effnet_options *options, "
        "effnet_model **out);\n\n",
        name);
  print(text,
        "/* The same of weights in memory, aligned to EFFNET_ALIGNMENT bytes; they are used in place and "
        "must stay until "
        "effnet_close(). */\n");
  print(text,
        "EFFNET_API effnet_status %s_open_memory(const void *weights, size_t bytes, const effnet_options "
        "*options, effnet_model **out);\n\n",
        name);
  if (!library.weights.path.empty())
    print(text,
          "/* The same of the weights that lie in the library. */\n"
          "EFFNET_API effnet_status %s_open_embedded(const effnet_options *options, effnet_model **out);\n\n",
          name);
}

}  // namespace

std::string emit_header(const LibraryPlan& library, std::int64_t stack_bytes) {
  const std::string big = upper(library.name);
  const char *name = library.name.c_str(), *NAME = big.c_str();
  std::string text = head_comment(library);
  print(
      text,
      "#ifndef %s_H\n#define %s_H\n\n#include \"effnet.h\"\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
      NAME, NAME);
  emit_constants(text, library, stack_bytes);
  emit_open_declarations(text, library);
  print(text, "EFFNET_API size_t %s_arena_bytes(const effnet_options *options);\n\n", name);
  print(text, "/* What the runtime knows of this network: effnet_program.h. For tools. */\n");
  print(text,
        "EFFNET_API const struct effnet_program *%s_program(void);\n\n#ifdef "
        "__cplusplus\n}\n#endif\n\n#endif\n",
        name);
  return text;
}

}  // namespace effnet
