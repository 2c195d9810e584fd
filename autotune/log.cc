#include "autotune/log.h"

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <variant>

#include "base/process.h"
#include "base/text.h"

namespace effnet {

namespace {

constexpr int busy_milliseconds = 10'000;
constexpr int application = 0x45664e54;  // marks a file as a tuning log
constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, started TEXT, cpu TEXT, target TEXT, threads "
    "INTEGER,"
    " halide TEXT, networks TEXT, seed INTEGER);"
    "CREATE TABLE IF NOT EXISTS candidates (cpu TEXT, target TEXT, halide TEXT, threads INTEGER, operation "
    "TEXT,"
    " algorithm TEXT, problem TEXT, schedule TEXT, outcome TEXT, ratio REAL, nanoseconds REAL, reason TEXT,"
    " owner TEXT, time INTEGER,"
    " PRIMARY KEY (cpu, target, halide, threads, operation, algorithm, problem, schedule));";
constexpr const char* columns =
    "cpu, target, halide, threads, operation, algorithm, problem, schedule, outcome, ratio, nanoseconds, "
    "reason,"
    " owner, time";
constexpr const char* key =
    "cpu = ?1 AND target = ?2 AND halide = ?3 AND threads = ?4 AND operation = ?5 AND algorithm = ?6 AND "
    "problem = ?7";

using Value = std::variant<std::int64_t, double, std::string>;

// A prepared statement with its values.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql, const std::vector<Value>& values) {
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) return;
    for (std::size_t i = 0; i < values.size(); ++i) bind(static_cast<int>(i) + 1, values[i]);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
  std::string text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_, column);
    return bytes ? reinterpret_cast<const char*>(bytes) : "";
  }
  double number(int column) const { return sqlite3_column_double(statement_, column); }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  void bind(int index, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value))
      sqlite3_bind_text(statement_, index, text->c_str(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
    else if (const auto* real = std::get_if<double>(&value))
      sqlite3_bind_double(statement_, index, *real);
    else
      sqlite3_bind_int64(statement_, index, std::get<std::int64_t>(value));
  }
  sqlite3_stmt* statement_ = nullptr;
};

std::vector<Value> key_values(const LogContext& c, const std::string& operation, const Numbers& problem) {
  return {c.cpu,
          c.target,
          c.halide,
          std::int64_t{c.threads},
          operation,
          find_operator(operation).algorithm_hash,
          to_text(without_padding(problem))};
}

// "host/pid": who is measuring.
std::string host() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}
std::string owner() { return host() + "/" + std::to_string(getpid()); }

// Whether the owner of a claim of that time may still work on it.
bool is_alive(const std::string& other, std::int64_t time) {
  constexpr std::int64_t longest = 3600;  // seconds; also the clocks of two machines differ by less
  const std::size_t slash = other.rfind('/');
  if (slash == std::string::npos || other == owner()) return false;
  if (other.substr(0, slash) != host()) return std::abs(std::time(nullptr) - time) < longest;
  const long pid = std::strtol(other.c_str() + slash + 1, nullptr, 10);
  return pid > 0 && (kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

bool is_sound(const LogEntry& e, const std::string& operation, const Numbers& problem) {
  const Operator& op = find_operator(operation);
  if (!op.check_schedule(problem, e.schedule).empty()) return false;
  const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
  return e.outcome != Outcome::measured || (positive(e.ratio) && positive(e.nanoseconds) && e.ratio < 1e6);
}

}  // namespace

void TuningLog::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
TuningLog::TuningLog(TuningLog&&) noexcept = default;
TuningLog& TuningLog::operator=(TuningLog&&) noexcept = default;
TuningLog::~TuningLog() = default;

Status TuningLog::failure() const {
  const int code = sqlite3_errcode(database_.get());
  const bool foreign = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  return Status::error(
      path_ + (foreign ? ": not a tuning log, or a damaged one (" : ": the tuning log cannot be used (") +
      sqlite3_errmsg(database_.get()) + "); --log names another");
}

Status TuningLog::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<TuningLog> TuningLog::open(const std::string& path) {
  std::error_code failed;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, failed);
  TuningLog log(path);
  sqlite3* database = nullptr;
  const int opened = sqlite3_open(path.c_str(), &database);
  log.database_.reset(database);
  if (opened != SQLITE_OK) return log.failure();
  sqlite3_busy_timeout(database, busy_milliseconds);
  {
    Statement id(database, "PRAGMA application_id", {});
    Statement tables(database, "SELECT count(*) FROM sqlite_master", {});
    if (id.step() != SQLITE_ROW || tables.step() != SQLITE_ROW) return log.failure();
    if (tables.number(0) > 0 && id.number(0) != application)
      return Status::error(path + ": a database of something else, not a tuning log; --log names another");
  }
  for (const std::string& sql :
       {std::string("PRAGMA journal_mode = WAL"), std::string("PRAGMA synchronous = NORMAL"),
        "BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(application) + ";" + schema + "COMMIT"})
    if (Status status = log.execute(sql); !status) return status;
  return log;
}

Result<std::vector<LogEntry>> TuningLog::read(const LogContext& context, const std::string& operation,
                                              const Numbers& problem) {
  std::vector<LogEntry> entries;
  Statement rows(database_.get(),
                 std::string("SELECT schedule, outcome, ratio, nanoseconds, reason FROM candidates WHERE ") +
                     key + " AND outcome != 'claimed' ORDER BY time, schedule",
                 key_values(context, operation, problem));
  int code = 0;
  while ((code = rows.step()) == SQLITE_ROW) {
    Result<Numbers> schedule = parse_numbers(rows.text(0));
    LogEntry entry;
    if (schedule) entry.schedule = *schedule;
    entry.ratio = rows.number(2);
    entry.nanoseconds = rows.number(3);
    entry.reason = rows.text(4);
    if (schedule && parse_outcome(rows.text(1), entry.outcome) && is_sound(entry, operation, problem))
      entries.push_back(std::move(entry));
    else
      ++damaged_;
  }
  if (code != SQLITE_DONE) return failure();
  return entries;
}

Status TuningLog::write(const LogContext& context, const std::string& operation, const Numbers& problem,
                        const LogEntry& entry) {
  std::vector<Value> values = key_values(context, operation, problem);
  for (const Value& value :
       std::vector<Value>{to_text(entry.schedule), std::string(name_of(entry.outcome)), entry.ratio,
                          entry.nanoseconds, entry.reason, owner(), std::int64_t{std::time(nullptr)}})
    values.push_back(value);
  Statement insert(database_.get(),
                   std::string("INSERT OR REPLACE INTO candidates (") + columns +
                       ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                   values);
  if (insert.step() != SQLITE_DONE) return failure();
  return {};
}

Result<bool> TuningLog::claim(const LogContext& context, const std::string& operation, const Numbers& problem,
                              const Numbers& schedule) {
  if (Status status = execute("BEGIN IMMEDIATE"); !status) return status;
  std::vector<Value> values = key_values(context, operation, problem);
  values.emplace_back(to_text(schedule));
  bool taken = false;
  {
    Statement rows(
        database_.get(),
        std::string("SELECT outcome, owner, time FROM candidates WHERE ") + key + " AND schedule = ?8",
        values);
    if (rows.step() == SQLITE_ROW)
      taken = rows.text(0) != "claimed" || is_alive(rows.text(1), rows.integer(2));
  }
  if (!taken) {
    values.emplace_back(owner());
    values.emplace_back(std::int64_t{std::time(nullptr)});
    Statement insert(database_.get(),
                     std::string("INSERT OR REPLACE INTO candidates (") + columns +
                         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'claimed', 0, 0, '', ?9, ?10)",
                     values);
    if (insert.step() != SQLITE_DONE) {
      const Status status = failure();
      (void)execute("ROLLBACK");
      return status;
    }
  }
  if (Status status = execute("COMMIT"); !status) return status;
  return !taken;
}

Status TuningLog::release_claims() {
  Statement remove(database_.get(), "DELETE FROM candidates WHERE outcome = 'claimed' AND owner = ?1",
                   {owner()});
  return remove.step() == SQLITE_DONE ? Status() : failure();
}

Status TuningLog::begin_run(const LogContext& c, const std::string& networks, unsigned int seed) {
  Statement insert(database_.get(),
                   "INSERT INTO runs (started, cpu, target, threads, halide, networks, seed) VALUES"
                   " (datetime('now'), ?1, ?2, ?3, ?4, ?5, ?6)",
                   {c.cpu, c.target, std::int64_t{c.threads}, c.halide, networks, std::int64_t{seed}});
  if (insert.step() != SQLITE_DONE) return failure();
  return {};
}

Result<int> TuningLog::merge(const std::string& path) {
  {
    std::error_code missing;
    if (!std::filesystem::is_regular_file(path, missing))
      return Status::error(path + ": there is no such log");
    Result<TuningLog> other = open(path);  // says what is wrong with it
    if (!other) return other.status();
  }
  {
    Statement attach(database_.get(), "ATTACH ?1 AS other", {path});
    if (attach.step() != SQLITE_DONE) return failure();
  }
  // A claim of this log gives way to a measurement.
  Status status = execute("DELETE FROM main.candidates WHERE outcome = 'claimed'");
  if (status.ok())
    status = execute(std::string("INSERT OR IGNORE INTO main.candidates (") + columns + ") SELECT " +
                     columns + " FROM other.candidates WHERE outcome != 'claimed'");
  const int added = sqlite3_changes(database_.get());
  const Status detached = execute("DETACH other");
  if (!status) return status;
  if (!detached) return detached;
  return added;
}

std::string default_log_path() {
  const std::string folder = user_schedule_folder();
  return folder.empty() ? "effnet-tuning.log"
                        : (std::filesystem::path(folder).parent_path() / "tuning.log").string();
}

}  // namespace effnet
