#include "tasks/label_match.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace effnet {
namespace {

std::string plain(const std::string& name) {
  std::string out = in_lower_case(name);
  std::replace_if(
      out.begin(), out.end(), [](char letter) { return letter == '_' || letter == '-'; }, ' ');
  return out;
}

// -1: not the number of a class.
int class_number(const std::string& name, std::size_t classes) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  return error == std::errc() && stop == end && number < classes ? static_cast<int>(number) : -1;
}

std::vector<int> places_of(const std::string& name, const std::vector<std::string>& list) {
  std::vector<int> places;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i] == name) places.push_back(static_cast<int>(i));
  return places;
}

std::string numbers_text(const std::vector<int>& numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (const int number : numbers) texts.push_back(std::to_string(number));
  return join(texts, ", ");
}

}  // namespace

Result<int> match_label(const std::string& name, const std::vector<std::string>& labels) {
  std::vector<std::string> plain_labels;
  plain_labels.reserve(labels.size());
  for (const std::string& label : labels) plain_labels.push_back(plain(label));
  std::vector<int> fitting = places_of(name, labels);
  if (fitting.empty()) fitting = places_of(plain(name), plain_labels);
  if (fitting.empty()) fitting = {class_number(name, labels.size())};
  if (fitting.size() > 1)
    return Status::error(in_quotes(name) + " fits " + std::to_string(fitting.size()) +
                         " labels: name the class by its number, one of " + numbers_text(fitting));
  if (fitting.front() < 0)
    return Status::error(in_quotes(name) + " is no label of the network and no number of a class (0 to " +
                         std::to_string(labels.size() - 1) + ")" + did_you_mean(plain(name), plain_labels));
  return fitting.front();
}

Result<std::vector<int>> match_labels(const std::vector<std::string>& folders,
                                      const std::vector<std::string>& labels) {
  std::vector<int> classes;
  for (const std::string& folder : folders) {
    const Result<int> match = match_label(folder, labels);
    if (!match) return Status::error("the folder " + match.message());
    classes.push_back(*match);
  }
  return classes;
}

}  // namespace effnet
