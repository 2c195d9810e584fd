#include "schedules/rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace effnet {

namespace {

constexpr std::size_t most_rows_bytes = 16u << 20;

bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

template <typename T>
bool parse_number(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// name=value pairs of the third part; values with spaces stand in quotes.
Status parse_origin(const std::string& text, ScheduleRow& row) {
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t equals = text.find('=', at);
    if (equals == std::string::npos) return Status::error(in_quotes(text.substr(at)) + " is not name=value");
    const std::string name = text.substr(at, equals - at);
    const bool quoted = equals + 1 < text.size() && text[equals + 1] == '"';
    const std::size_t begin = equals + (quoted ? 2 : 1);
    std::size_t end = text.find(quoted ? '"' : ' ', begin);
    if (end == std::string::npos && quoted) return Status::error("a quote is not closed after " + name);
    end = std::min(end, text.size());
    const std::string value = text.substr(begin, end - begin);
    at = end + (quoted ? 1 : 0);
    if (name == "microseconds") {
      if (!parse_number(value, row.microseconds))
        return Status::error(in_quotes(value) + " is not a number of microseconds");
    } else if (name == "cores") {
      if (!parse_number(value, row.cores) || row.cores < 0)
        return Status::error(in_quotes(value) + " is not a number of cores");
    } else if (name == "cpu") {
      row.cpu = value;
    } else if (name == "halide") {
      row.halide = value;
    } else if (name == "algorithm") {
      row.algorithm = value;
    } else if (name == "estimated") {
      if (value != "1") return Status::error("estimated is 1 or left out, not " + in_quotes(value));
      row.estimated = true;
    } else {
      return Status::error("unknown field " + in_quotes(name));
    }
  }
  return {};
}

}  // namespace

Result<Numbers> parse_numbers(const std::string& text) {
  Numbers numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    int value = 0;
    if (equals == std::string::npos || !is_word(word.substr(0, equals)) ||
        !parse_number(word.substr(equals + 1), value))
      return Status::error(in_quotes(word) + " is not name=integer");
    if (!numbers.emplace(word.substr(0, equals), value).second)
      return Status::error(in_quotes(word) + " names a number twice");
  }
  return numbers;
}

Numbers without_padding(Numbers problem) {
  problem.erase("top");
  problem.erase("left");
  return problem;
}

std::string to_text(const Numbers& numbers) {
  std::string text;
  for (const auto& [name, value] : numbers)
    text += (text.empty() ? "" : " ") + name + "=" + std::to_string(value);
  return text;
}

Result<ScheduleRow> parse_row(const std::string& line) {
  const std::size_t first = line.find('|'),
                    second = first == std::string::npos ? first : line.find('|', first + 1);
  if (second == std::string::npos) return Status::error("a row has three parts: problem | schedule | origin");
  Result<Numbers> problem = parse_numbers(line.substr(0, first));
  if (!problem) return problem.status();
  Result<Numbers> schedule = parse_numbers(line.substr(first + 1, second - first - 1));
  if (!schedule) return schedule.status();
  ScheduleRow row;
  const auto threads = problem->find("threads");
  if (threads == problem->end() || threads->second < 1)
    return Status::error("a row needs threads=N with N at least 1");
  row.threads = threads->second;
  problem->erase(threads);
  row.problem = *std::move(problem);
  row.schedule = *std::move(schedule);
  if (Status status = parse_origin(line.substr(second + 1), row); !status) return status;
  return row;
}

std::string format_row(const ScheduleRow& row) {
  char time[32];
  std::snprintf(time, sizeof time, "%.1f", row.microseconds);
  return to_text(without_padding(row.problem)) + " threads=" + std::to_string(row.threads) + " | " +
         to_text(row.schedule) + " | microseconds=" + time +
         (row.cores > 0 ? " cores=" + std::to_string(row.cores) : "") + " cpu=\"" + row.cpu +
         "\" halide=" + row.halide + " algorithm=" + row.algorithm + (row.estimated ? " estimated=1" : "");
}

Result<ScheduleRows> ScheduleRows::load(const std::vector<std::string>& folders, const std::string& target,
                                        const std::vector<std::string>& operators) {
  ScheduleRows rows;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    for (const std::string& operation : operators) {
      const std::string path = (std::filesystem::path(folders[i]) / target / (operation + ".rows")).string();
      std::error_code missing;
      if (!std::filesystem::exists(path, missing)) continue;
      Result<std::string> text = read_file(path, most_rows_bytes);
      if (!text) return text.status();
      std::istringstream lines(*text);
      int number = 0;
      for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.empty() || line[0] == '#') continue;
        Result<ScheduleRow> row = parse_row(line);
        if (!row) return Status::error(path + ":" + std::to_string(number) + ": " + row.message());
        rows.entries_.push_back({i, operation, *std::move(row)});
      }
    }
  }
  return rows;
}

bool serves(const ScheduleRow& row, int threads) {
  return threads == 1 ? row.threads == 1 : row.threads >= threads;
}

const ScheduleRow* ScheduleRows::find(const std::string& operation, const Numbers& problem,
                                      int threads) const {
  const Numbers key = without_padding(problem);
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.operation != operation || entry.row.problem != key || !serves(entry.row, threads)) continue;
    if (best && best->folder < entry.folder) break;
    if (!best || std::abs(entry.row.threads - threads) < std::abs(best->row.threads - threads)) best = &entry;
  }
  return best ? &best->row : nullptr;
}

double problem_distance(const Numbers& a, const Numbers& b) {
  const Numbers x = without_padding(a), y = without_padding(b);
  constexpr double different = std::numeric_limits<double>::infinity();
  if (x.size() != y.size()) return different;
  double sum = 0;
  for (const auto& [name, value] : x) {
    const auto other = y.find(name);
    if (other == y.end()) return different;
    // Flags and kinds are 0, 1, 2: 1 more keeps the logarithm finite.
    sum += std::abs(std::log((value + 1.0) / (other->second + 1.0)));
  }
  return sum;
}

std::vector<const ScheduleRow*> ScheduleRows::nearest(const std::string& operation, const Numbers& problem,
                                                      int threads, std::size_t count) const {
  std::vector<std::pair<double, const ScheduleRow*>> found;
  for (const Entry& entry : entries_) {
    if (entry.operation != operation) continue;
    const double distance = problem_distance(entry.row.problem, problem);
    const double other_threads = 0.1 * std::abs(std::log(static_cast<double>(entry.row.threads) / threads));
    if (std::isfinite(distance)) found.emplace_back(distance + other_threads, &entry.row);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const ScheduleRow*> rows;
  for (std::size_t i = 0; i < std::min(count, found.size()); ++i) rows.push_back(found[i].second);
  return rows;
}

const ScheduleRow* ScheduleRows::find_near(const std::string& operation, const Numbers& problem,
                                           int threads) const {
  const Numbers key = without_padding(problem);
  for (const ScheduleRow* row : nearest(operation, problem, threads, entries_.size())) {
    const bool near = std::all_of(key.begin(), key.end(), [&](const auto& number) {
      const double ratio = (number.second + 1.0) / (row->problem.at(number.first) + 1.0);
      return ratio < 1.34 && ratio > 1 / 1.34;
    });
    if (near && serves(*row, threads)) return row;
  }
  return nullptr;
}

void ScheduleRows::add(const std::string& operation, const ScheduleRow& row) {
  const std::size_t folder = entries_.empty() ? 0 : entries_.back().folder + 1;
  entries_.push_back({folder, operation, row});
  entries_.back().row.problem = without_padding(row.problem);
}

Status write_rows(const std::string& folder, const std::string& target, const std::string& operation,
                  const std::vector<ScheduleRow>& rows) {
  const std::filesystem::path path = std::filesystem::path(folder) / target / (operation + ".rows");
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed)
    return Status::error("cannot make the folder " + path.parent_path().string() + ": " + failed.message());
  std::map<std::string, std::string> lines;  // by problem and threads
  std::set<std::string> measured;            // of these
  const auto key = [](const ScheduleRow& row) {
    const std::string line = format_row(row);
    return line.substr(0, line.find('|'));
  };
  if (std::filesystem::exists(path, failed)) {
    Result<std::string> text = read_file(path.string(), most_rows_bytes);
    if (!text) return text.status();
    std::istringstream stream(*text);
    for (std::string line; std::getline(stream, line);) {
      if (line.empty() || line[0] == '#') continue;
      Result<ScheduleRow> row = parse_row(line);
      if (!row) return Status::error(path.string() + ": " + row.message());
      lines[key(*row)] = format_row(*row);
      if (!row->estimated) measured.insert(key(*row));
    }
  }
  for (const ScheduleRow& row : rows)
    if (!row.estimated || !measured.count(key(row))) lines[key(row)] = format_row(row);
  std::string text;
  for (const auto& [_, line] : lines) text += line + "\n";
  return write_file(path.string(), text);
}

std::string user_schedule_folder() {
  const std::string home = environment_variable("HOME"), data = environment_variable("XDG_DATA_HOME");
  if (!data.empty()) return data + "/effnet/schedules";
  return home.empty() ? "" : home + "/.local/share/effnet/schedules";
}

std::vector<std::string> schedule_folders(const std::string& option, const std::string& shipped,
                                          bool with_users) {
  std::vector<std::string> folders;
  const auto add = [&](const std::string& folder) {
    if (!folder.empty()) folders.push_back(folder);
  };
  add(option);
  if (with_users) {
    add(environment_variable("EFFNET_SCHEDULES"));
    add(user_schedule_folder());
  }
  add(shipped);
  return folders;
}

}  // namespace effnet
