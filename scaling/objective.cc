#include "scaling/objective.h"

#include "base/text.h"

namespace effnet {

namespace {

struct Row {
  Measure measure;
  const char *name, *title, *unit;
  double divisor;  // of a value, to count in units
  const char* format;
};

constexpr Row rows[] = {{Measure::multiply_adds, "flops", "multiply-adds", "G", 1e9, "%.4f"},
                        {Measure::parameters, "params", "parameters", "M", 1e6, "%.3f"},
                        {Measure::arena, "arena", "arena", "MB", 1e6, "%.2f"},
                        {Measure::predicted, "predicted", "predicted latency", "ms", 1, "%.2f"},
                        {Measure::latency, "latency", "latency", "ms", 1, "%.2f"},
                        {Measure::command, "command", "score", "", 1, "%.6g"}};

const Row& row_of(const Objective& objective) { return rows[static_cast<int>(objective.measure)]; }

}  // namespace

Result<Objective> parse_objective(const std::string& text) {
  const std::string prefix = "command:";
  if (text.starts_with(prefix)) {
    if (text.find_first_not_of(' ', prefix.size()) == std::string::npos)
      return Status::error("--objective command: needs a command behind the colon");
    return Objective{Measure::command, text.substr(prefix.size())};
  }
  std::vector<std::string> names;
  for (const Row& row : rows) {
    if (row.measure == Measure::command) continue;
    if (text == row.name) return Objective{row.measure, ""};
    names.emplace_back(row.name);
  }
  return Status::error("there is no objective " + in_quotes(text) + did_you_mean(text, names) + " (" +
                       join(names, ", ") + ", command:CMD)");
}

std::string name_of(const Objective& objective) {
  return row_of(objective).name + (objective.number > 1 ? std::to_string(objective.number) : "");
}
std::string title_of(const Objective& objective) {
  return row_of(objective).title + (objective.number > 1 ? " " + std::to_string(objective.number) : "");
}
std::string unit_of(const Objective& objective) { return row_of(objective).unit; }

double in_units(const Objective& objective, double value) { return value / row_of(objective).divisor; }

std::string value_text(const Objective& objective, double value) {
  return formatted(row_of(objective).format, in_units(objective, value));
}

}  // namespace effnet
