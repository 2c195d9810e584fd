#include "models/tensor_report.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "base/text.h"

namespace effnet {
namespace {

using Names = std::vector<std::string>;

// More than any network has: all are named, unless the file was made to cost time and memory.
constexpr std::size_t most_named = 5000;

bool is_ignored(const std::string& name) { return name.ends_with(".num_batches_tracked"); }

bool is_float(Dtype dtype) {
  return dtype == Dtype::f32 || dtype == Dtype::f64 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}

struct Differences {
  Names missing, unexpected, wrong;  // `wrong`: whole texts
  bool none() const { return missing.empty() && unexpected.empty() && wrong.empty(); }
};

Differences compare(const std::vector<ExpectedTensor>& expected, const SourceTensors& tensors) {
  Differences differences;
  std::set<std::string_view> known;
  for (const ExpectedTensor& tensor : expected) {
    known.insert(tensor.name);
    const auto found = tensors.find(tensor.name);
    if (found == tensors.end())
      differences.missing.push_back(tensor.name);
    else if (found->second.shape != tensor.shape)
      differences.wrong.push_back(tensor.name + " is " + shape_text(found->second.shape) + " instead of " +
                                  shape_text(tensor.shape));
    else if (!is_float(found->second.dtype))
      differences.wrong.push_back(tensor.name + " is " + std::string(dtype_name(found->second.dtype)) +
                                  " instead of F32, F64, F16 or BF16");
  }
  for (const auto& [name, tensor] : tensors)
    if (!known.contains(name) && !is_ignored(name)) differences.unexpected.push_back(name);
  return differences;
}

// "'a' (nearest: 'b')"
std::string with_nearest(const std::string& name, const Names& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return in_quotes(name) + (nearest.empty() ? "" : " (nearest: " + in_quotes(nearest) + ")");
}

// "3 missing: a, b, c"
void append_list(Names& parts, const Names& names, const std::string& what,
                 const std::function<std::string(const std::string&)>& text_of) {
  if (names.empty()) return;
  const std::size_t shown = std::min(names.size(), most_named);
  Names texts(shown);
  std::transform(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), texts.begin(), text_of);
  if (names.size() > shown) texts.push_back("and " + std::to_string(names.size() - shown) + " more");
  parts.push_back(std::to_string(names.size()) + " " + what + ": " + join(texts, ", "));
}

// Tensors under a nearly equal name are looked for among those that are left over on the other side.
Names lists(const Differences& differences) {
  Names missing = differences.missing, unexpected = differences.unexpected, parts;
  missing.resize(std::min(missing.size(), most_named));
  unexpected.resize(std::min(unexpected.size(), most_named));
  append_list(parts, differences.missing, "missing",
              [&](const std::string& name) { return with_nearest(name, unexpected); });
  append_list(parts, differences.unexpected, "unexpected",
              [&](const std::string& name) { return with_nearest(name, missing); });
  append_list(parts, differences.wrong, "of wrong shape or type",
              [](const std::string& text) { return text; });
  return parts;
}

std::optional<std::int64_t> classes_of(const Dialect& dialect, const SourceTensors& tensors) {
  const auto found = tensors.find(dialect.names(Part::classifier, nullptr).first + ".weight");
  if (found == tensors.end() || found->second.shape.size() != 2) return {};
  return found->second.shape[0];
}

// What to do about a classifier with another number of classes.
std::string classes_hint(const Network& network, const Dialect& dialect, const SourceTensors& tensors) {
  const std::optional<std::int64_t> classes = classes_of(dialect, tensors);
  if (!classes || *classes == network.classes || *classes < 1) return "";
  const std::string option = "--classes " + std::to_string(*classes);
  if (*classes == 1001 && network.classes == 1000)
    return "the classifier has 1001 classes, TensorFlow's background class before the 1000; " + option +
           " keeps them all (with --labels of as many names)";
  return "the classifier has " + std::to_string(*classes) + " classes, the network " +
         std::to_string(network.classes) + "; " + option + " takes it as it is";
}

// The named network whose tensors these are, preferably with the same padding.
std::string variant_hint(const Network& network, const Dialect& dialect, const SourceTensors& tensors) {
  const std::int64_t classes = classes_of(dialect, tensors).value_or(0);
  if (classes < 1 || classes > 100000) return "";
  std::string fitting;
  for (NetworkConfig variant : variants()) {
    const bool preferred = variant.padding == network.padding;
    if (variant.name == network.name || (!fitting.empty() && !preferred)) continue;
    if (!dialect.objection(variant).empty()) continue;
    variant.classes = static_cast<int>(classes);
    const Result<Network> candidate = build_network(variant);
    if (!candidate || !compare(expected_tensors(*candidate, dialect), tensors).none()) continue;
    fitting = variant.name;
    if (preferred) break;
  }
  return fitting.empty() ? "" : "these are the tensors of " + fitting;
}

}  // namespace

Result<const Dialect*> recognise_dialect(const Network& network, const SourceTensors& tensors,
                                         const std::string& where) {
  const Dialect* best = nullptr;
  std::ptrdiff_t most = 0;
  Names known;
  for (const Dialect* dialect : dialects()) {
    known.emplace_back(dialect->name);
    const std::vector<ExpectedTensor> expected = expected_tensors(network, *dialect);
    const std::ptrdiff_t found =
        std::count_if(expected.begin(), expected.end(),
                      [&](const ExpectedTensor& tensor) { return tensors.contains(tensor.name); });
    if (found <= most) continue;
    best = dialect;
    most = found;
  }
  if (best) return best;
  const std::string example =
      tensors.empty() ? "there is none" : "the first is " + in_quotes(tensors.begin()->first);
  return Status::error(where + ": its tensors are named as in none of the known dialects (" +
                       join(known, ", ") + "): " + example);
}

Status check_tensors(const Network& network, const Dialect& dialect, const SourceTensors& tensors,
                     const std::string& where) {
  const Differences differences = compare(expected_tensors(network, dialect), tensors);
  if (differences.none()) return {};
  Names parts = lists(differences);
  // What to do comes last: behind a long list, that is where the reader's eyes are.
  for (const std::string& hint :
       {classes_hint(network, dialect, tensors), variant_hint(network, dialect, tensors)})
    if (!hint.empty()) parts.push_back(hint);
  return Status::error(where + ": these tensors (" + std::string(dialect.name) +
                       "'s names) are not those of " + network.name + ": " + join(parts, "; "));
}

}  // namespace effnet
