// effnet search: the pictures of a folder that look most like others.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "pictures/arguments.h"
#include "tasks/search.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/embedding.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  EmbeddingOptions embedding;
  std::string index;
  std::vector<std::string> queries;
  std::size_t top = 5;
  bool json = false;
};

void print_text(const std::string& query, const std::vector<Neighbour>& found,
                const std::vector<std::string>& names) {
  std::printf("%s\n", query.c_str());
  for (const Neighbour& neighbour : found)
    std::printf("  %6.3f  %s\n", neighbour.cosine, names[neighbour.row].c_str());
}

nlohmann::ordered_json as_json(const std::string& query, const std::vector<Neighbour>& found,
                               const std::vector<std::string>& names) {
  auto nearest = nlohmann::ordered_json::array();
  for (const Neighbour& neighbour : found)
    nearest.push_back({{"file", names[neighbour.row]}, {"cosine", neighbour.cosine}});
  return {{"file", query}, {"nearest", nearest}};
}

Status run(const Options& options) {
  const Result<std::vector<std::string>> paths = pictures_in(options.index);
  if (!paths) return paths.status();
  const Result<PictureEmbedder> embedder =
      PictureEmbedder::open("effnet search", options.model, options.embedding);
  if (!embedder) return embedder.status();
  const Result<Embedded> index = embedder->embed(*paths, {});
  if (!index) return index.status();
  const PictureFiles asked = find_pictures(options.queries);
  for (const Status& failure : asked.failures) embedder->say(failure);
  const Result<Embedded> queries = embedder->embed(asked.files, {});
  if (!queries) return queries.status();
  std::vector<std::string> names;
  for (const std::size_t i : index->pictures) names.push_back((*paths)[i]);
  auto results = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < queries->pictures.size(); ++i) {
    const std::string& query = asked.files[queries->pictures[i]].name;
    const std::vector<Neighbour> found = nearest(index->features, queries->features.row(i), options.top);
    if (options.json)
      results.push_back(as_json(query, found, names));
    else
      print_text(query, found, names);
  }
  if (options.json)
    std::printf("%s\n", results.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  const std::size_t bad = paths->size() - index->pictures.size() + asked.failures.size() +
                          asked.files.size() - queries->pictures.size();
  return bad == 0 ? Status()
                  : Status::error(std::to_string(bad) +
                                  " pictures or queries could not be read and were left out");
}

}  // namespace

Command add_search(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("search", "Find the pictures of a folder that look most like others.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  command->add_option("--index", options->index, "folder that is searched, with the folders below it")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("QUERY", options->queries,
                   "PNG and JPEG files, folders of them, patterns in quotes, - for standard input (a "
                   "picture, or paths)")
      ->required()
      ->type_name("");
  command->add_option("--top", options->top, "pictures to name for each (default: 5)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  add_embedding_options(*command, options->embedding);
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer("Example:\n  effnet search tf_efficientnet_lite0 --index holiday/ beach.png");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
