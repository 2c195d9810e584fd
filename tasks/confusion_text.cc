#include "tasks/confusion_text.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace effnet {
namespace {

constexpr int most_columns = 20;
constexpr std::size_t most_mistakes = 20, longest_label = 24;

std::string shown(const std::string& label) {
  std::string line = in_one_line(label);
  if (line.size() <= longest_label) return line;
  std::size_t end = longest_label - 3;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80)
    --end;  // within a UTF-8 character
  return line.substr(0, end) + "...";
}

std::size_t label_width(const std::vector<std::string>& labels) {
  std::size_t width = 5;
  for (const std::string& label : labels) width = std::max(width, shown(label).size());
  return width;
}

struct Mistake {
  int label, predicted;
  std::int64_t count;
};

std::string mistakes_table(const Confusion& confusion, const std::vector<std::string>& labels) {
  std::vector<Mistake> mistakes;
  for (int label = 0; label < confusion.classes; ++label)
    for (int predicted = 0; predicted < confusion.classes; ++predicted)
      if (const std::int64_t count = confusion.at(label, predicted); count > 0 && label != predicted)
        mistakes.push_back({label, predicted, count});
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.count > b.count; });
  std::string text = "most frequent mistakes\n";
  for (std::size_t i = 0; i < std::min(most_mistakes, mistakes.size()); ++i)
    text += padded_left(std::to_string(mistakes[i].count), 6) + "  " +
            shown(labels[static_cast<std::size_t>(mistakes[i].label)]) + " taken for " +
            shown(labels[static_cast<std::size_t>(mistakes[i].predicted)]) + "\n";
  return mistakes.empty() ? text + "  none\n" : text;
}

}  // namespace

std::string class_table(const Confusion& confusion, const std::vector<std::string>& labels) {
  const std::size_t width = label_width(labels);
  std::string text = padded_right("class", width) + "  pictures  precision  recall     F1\n";
  for (int label = 0; label < confusion.classes; ++label) {
    const ClassQuality quality = class_quality(confusion, label);
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "  %8lld  %9.3f  %6.3f  %5.3f\n",
                  static_cast<long long>(confusion.of_class(label)), quality.precision, quality.recall,
                  quality.f1);
    text += padded_right(shown(labels[static_cast<std::size_t>(label)]), width) + numbers;
  }
  return text;
}

std::string confusion_table(const Confusion& confusion, const std::vector<std::string>& labels) {
  if (confusion.classes > most_columns) return mistakes_table(confusion, labels);
  const std::size_t width = label_width(labels);
  std::size_t cell = 4;
  for (const std::int64_t count : confusion.counts) cell = std::max(cell, std::to_string(count).size() + 1);
  // Long names stand at the rows; the columns have their numbers.
  std::string text = "confusion matrix (rows: true class, columns: predicted class, in the same order)\n";
  for (int label = 0; label < confusion.classes; ++label) {
    text += padded_right(shown(labels[static_cast<std::size_t>(label)]), width);
    for (int predicted = 0; predicted < confusion.classes; ++predicted)
      text += padded_left(std::to_string(confusion.at(label, predicted)), cell);
    text += "\n";
  }
  return text;
}

}  // namespace effnet
