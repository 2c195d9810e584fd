#include "tasks/head_file.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace effnet {

Result<AtomicFile> prepare_head(const std::string& path, const LinearHead& head, const HeadFacts& facts) {
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(head.weight.begin(), head.weight.end(), finite) ||
      !std::all_of(head.bias.begin(), head.bias.end(), finite))
    return Status::error(in_quotes(path) + " is not written: the head has NaN or infinite values");
  Metadata metadata = {
      {"format", "effnet-head"}, {"fingerprint", facts.fingerprint}, {"labels", join(facts.labels, "\n")}};
  metadata.insert(metadata.end(), facts.further.begin(), facts.further.end());
  Result<SafetensorsWriter> file = SafetensorsWriter::create(
      path,
      {{"weight", Dtype::f32, {head.classes, static_cast<std::int64_t>(head.features)}},
       {"bias", Dtype::f32, {head.classes}}},
      metadata);
  if (!file) return file.status();
  if (Status status = file->write(std::span<const float>(head.weight)); !status) return status;
  if (Status status = file->write(std::span<const float>(head.bias)); !status) return status;
  return std::move(*file).finish();
}

}  // namespace effnet
