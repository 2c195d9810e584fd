// Shell completion, in the shells themselves (zsh where it is installed).
#include <algorithm>
#include <sstream>

#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;
using Words = std::vector<std::string>;

// What bash offers behind these words; the last is the beginning of one.
Words completed(const FakeModel& model, const Words& words) {
  std::string line;
  for (const std::string& word : words) line += " '" + word + "'";
  const std::string script = "source <(" EFFNET_PROGRAM " completion bash)\nCOMP_WORDS=(effnet" + line +
                             ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                             "\n_effnet\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  const ProcessResult result = run_program({"bash", "-c", script}, {.folder = model.file(".")});
  REQUIRE(result.error.empty());
  std::istringstream lines(result.out);
  Words found;
  for (std::string word; std::getline(lines, word);)
    if (!word.empty()) found.push_back(word);
  return found;
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The first words of the lines of a help text that begin with a letter or dash: "-o,--output" gives both.
Words names_in_help(const std::string& help, const std::string& heading) {
  Words names;
  std::istringstream lines(help.substr(help.find(heading)));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("  ")) {
    if (line[2] == ' ') continue;  // the description goes on
    std::string first = line.substr(2, line.find(' ', 2) - 2);
    std::replace(first.begin(), first.end(), ',', ' ');
    std::istringstream parts(first);
    for (std::string name; parts >> name;) names.push_back(name);
  }
  return names;
}

TEST_CASE("every command and option of the help is completed") {
  const FakeModel model;
  const Words commands = names_in_help(model.effnet({"--help"}).out, "Subcommands:");
  REQUIRE(commands.size() >= 6);
  const Words offered = completed(model, {""});
  for (const std::string& command : commands) {
    INFO(command);
    CHECK(contains(offered, command));
    const Words options = names_in_help(model.effnet({command, "--help"}).out, "Options:");
    REQUIRE(!options.empty());
    const Words known = completed(model, {command, "-"});
    for (const std::string& option : options) {
      INFO(option);
      CHECK(contains(known, option));
    }
  }
}

TEST_CASE("beginnings, choices and files are completed") {
  const FakeModel model;
  CHECK(completed(model, {"cl"}) == Words{"classify"});
  CHECK(completed(model, {"classify", "--thr"}) == Words{"--threads"});
  for (const std::string shell : {"bash", "zsh"})
    CHECK(contains(completed(model, {"completion", ""}), shell));
  CHECK(completed(model, {"info", "fake.w"}) == Words{"fake.weights"});
  CHECK(completed(model, {"classify", "--weights", "fake.w"}) == Words{"fake.weights"});
  CHECK(completed(model, {"classify", "--threads", ""}).empty());
  CHECK(completed(model, {"nonsense", "-"}).empty());
}

TEST_CASE("the scripts are sound in their shells") {
  const FakeModel model;
  for (const std::string shell : {"bash", "zsh"}) {
    const ProcessResult script = model.effnet({"completion", shell});
    REQUIRE(script.status == 0);
    const ProcessResult checked = run_program({shell, "-n", model.text("script", script.out)});
    if (checked.status == 127) continue;  // no such shell here
    CHECK(checked.error.empty());
    CHECK(checked.status == 0);
  }
  CHECK_THAT(model.effnet({"completion", "zsh"}).out,
             Contains("#compdef effnet\n") && Contains("'classify:"));
  const ProcessResult other = model.effnet({"completion", "fish"});
  CHECK(other.status == 2);
  CHECK_THAT(other.error, Contains("bash") && Contains("zsh"));
}

}  // namespace
}  // namespace effnet::test
