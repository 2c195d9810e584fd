#include <cstdio>
#include <nlohmann/json.hpp>

#include "generators/target.h"
#include "tools/effnetc/commands.h"

namespace effnet {

namespace {

void print_json(const std::string& host) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const CpuTarget& t : cpu_targets())
    list.push_back({{"name", t.name},
                    {"host", t.name == host},
                    {"runs_here", runs_here(t)},
                    {"fastest_precision", traits_of(t.fastest_precision()).name},
                    {"tested", t.tested},
                    {"halide", t.halide},
                    {"description", t.description}});
  std::printf("%s\n", list.dump(2).c_str());
}

}  // namespace

void add_targets(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("targets", "The CPU classes that networks are compiled for");
  command->footer("Example:\n  effnetc targets");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON document on stdout");
  commands.push_back(
      {command, [json]() -> Status {
         const Result<CpuTarget> host = find_target("host");
         const std::string name = host ? host->name : "";
         if (*json) {
           print_json(name);
           return {};
         }
         std::printf("%-18s %-10s %-8s %-24s %s\n", "target", "runs here", "fastest", "tested", "CPUs");
         for (const CpuTarget& t : cpu_targets())
           std::printf("%-18s %-10s %-8s %-24s %s%s\n", t.name.c_str(), runs_here(t) ? "yes" : "no",
                       traits_of(t.fastest_precision()).name.c_str(), t.tested.c_str(), t.description.c_str(),
                       t.name == name ? "  <- host" : "");
         return {};
       }});
}

}  // namespace effnet
