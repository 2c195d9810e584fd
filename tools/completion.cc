#include "tools/completion.h"

#include <cstdio>
#include <memory>

#include "base/text.h"

namespace effnet {
namespace {

using Words = std::vector<std::string>;

// One option or positional of a command.
struct Argument {
  Words names;                                                  // "-o", "--output"; of a positional none
  std::string title, help;                                      // "FILE"
  Words words;                                                  // what it may be
  bool takes_value = true, repeats = false, is_number = false;  // neither words nor a number: a file
};

struct Subcommand {
  std::string name, help;
  std::vector<Argument> options, positionals;
};

// The choices in a type's description: "TEXT:{bicubic,bilinear}" -> bicubic, bilinear.
Words choices(const std::string& type) {
  const std::size_t begin = type.find('{'), end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  Words words(1);
  for (const char letter : type.substr(begin + 1, end - begin - 1)) {
    if (letter == ',')
      words.emplace_back();
    else
      words.back() += letter;
  }
  return words;
}

Argument describe(const CLI::Option& option, const CompletionWords& known) {
  Argument argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  const std::string& single = option.get_single_name();
  const std::string type = option.get_type_name();
  argument.title = option.get_positional() ? single : type.substr(0, type.find(':'));
  argument.help = option.get_description();
  argument.words = choices(type);
  if (const auto found = known.find(in_lower_case(single)); argument.words.empty() && found != known.end())
    argument.words = found->second;
  argument.is_number = argument.title == "N" || type.starts_with("INT") || type.starts_with("UINT") ||
                       type.starts_with("FLOAT");
  argument.takes_value = option.get_items_expected_max() > 0;
  argument.repeats = option.get_items_expected_max() > 1;
  return argument;
}

std::vector<Subcommand> describe(const CLI::App& app, const CompletionWords& known) {
  std::vector<Subcommand> commands;
  for (const CLI::App* part : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (part->get_group().empty()) continue;  // hidden
    Subcommand command{part->get_name(), part->get_description(), {}, {}};
    for (const CLI::Option* option : part->get_options()) {
      std::vector<Argument>& list = option->get_positional() ? command.positionals : command.options;
      list.push_back(describe(*option, known));
    }
    commands.push_back(std::move(command));
  }
  return commands;
}

// In single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? "'\\''" : std::string(1, letter);
  return result + "'";
}

// Names of all commands, or of all options of one.
template <typename Parts, typename Names>
std::string listed(const Parts& parts, const Names& names_of) {
  Words words;
  for (const auto& part : parts)
    for (const std::string& name : names_of(part)) words.push_back(name);
  return join(words, " ");
}

// bash: what follows an option with choices is one of these, otherwise a file or, behind a dash, an option.
std::string bash_case(const Subcommand& command) {
  std::string text = "    " + command.name + ")\n      case $previous in\n";
  for (const Argument& option : command.options) {
    if (!option.takes_value) continue;
    const bool any_file = option.words.empty() && !option.is_number;
    const std::string offered = any_file ? "files=yes" : "words=" + quoted(join(option.words, " "));
    text += "        " + join(option.names, "|") + ") " + offered + " ;;\n";
  }
  text +=
      "        *) words=" + quoted(listed(command.options, [](const Argument& a) { return a.names; })) + "\n";
  Words first;  // networks and the like; with a dash in front they would not match
  for (const Argument& positional : command.positionals)
    first.insert(first.end(), positional.words.begin(), positional.words.end());
  text += "          [[ $current == -* ]] || { words=" + quoted(join(first, " ")) + "; files=yes; } ;;\n";
  return text + "      esac ;;\n";
}

std::string bash_script(const std::string& program, const std::vector<Subcommand>& commands) {
  std::string text =
      "# bash completion for " + program + ": source <(" + program + " completion bash)\n_" + program +
      "() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words= files=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W " +
      quoted(listed(commands, [](const Subcommand& c) { return Words{c.name}; }) + " --help --version") +
      " -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n";
  for (const Subcommand& command : commands) text += bash_case(command);
  return text +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"; "
         "[ -z \"$files\" ] || compgen -f -- \"$current\")\n"
         "}\n"
         "complete -o filenames -F _" +
         program + " " + program + "\n";
}

// zsh's _arguments takes brackets and colons for its own.
std::string escaped(const std::string& text, const std::string& special) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\' || special.find(letter) != std::string::npos) result += '\\';
    result += letter == '\n' ? ' ' : letter;
  }
  return result;
}

// ":FILE:_files", ":NETWORK:(efficientnet_b0 efficientnet_b1)"
std::string zsh_value(const Argument& argument) {
  const std::string title = argument.title.empty() ? "value" : escaped(argument.title, ":");
  const std::string action = argument.is_number       ? ""
                             : argument.words.empty() ? "_files"
                                                      : "(" + join(argument.words, " ") + ")";
  return ":" + title + ":" + action;
}

std::string zsh_case(const Subcommand& command) {
  std::string text = "    " + command.name + ")\n      _arguments -s";
  for (const Argument& option : command.options)
    for (const std::string& name : option.names)
      text +=
          " \\\n        " + quoted((option.repeats ? "*" : "") + name + "[" + escaped(option.help, "[]:") +
                                   "]" + (option.takes_value ? zsh_value(option) : ""));
  for (const Argument& positional : command.positionals)
    text += " \\\n        " + quoted((positional.repeats ? "*" : "") + zsh_value(positional));
  return text + " ;;\n";
}

std::string zsh_script(const std::string& program, const std::vector<Subcommand>& commands) {
  std::string text = "#compdef " + program + "\n# zsh completion for " + program + ": source <(" + program +
                     " completion zsh), or a file _" + program + " in a folder of $fpath\n_" + program +
                     "() {\n  local -a commands\n  commands=(\n";
  for (const Subcommand& command : commands)
    text += "    " + quoted(escaped(command.name, ":") + ":" + escaped(command.help, "")) + "\n";
  text +=
      "  )\n"
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  shift words; (( CURRENT-- ))\n"
      "  case $words[1] in\n";
  for (const Subcommand& command : commands) text += zsh_case(command);
  return text + "  esac\n}\nif [ \"$funcstack[1]\" = _" + program + " ]; then _" + program +
         " \"$@\"; else compdef _" + program + " " + program + "; fi\n";
}

}  // namespace

Command add_completion(CLI::App& app, CompletionWords words) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print a script that completes command lines in a shell.");
  command->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  const std::string program = app.get_name();
  command->footer("Example:\n  source <(" + program + " completion bash)\n  " + program +
                  " completion zsh > ~/.zfunc/_" + program);
  return {command, [&app, shell, words = std::move(words), program]() -> Status {
            const std::vector<Subcommand> commands = describe(app, words);
            const std::string script =
                *shell == "bash" ? bash_script(program, commands) : zsh_script(program, commands);
            std::fputs(script.c_str(), stdout);
            return {};
          }};
}

}  // namespace effnet
