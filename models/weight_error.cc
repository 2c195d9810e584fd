#include "models/weight_error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "formats/bf16.h"
#include "models/packing.h"

namespace effnet {
namespace {

template <typename T>
T element_at(std::span<const std::byte> bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

float value_at(const StoredWeight& weight, std::size_t index, std::size_t output) {
  switch (weight.element) {
    case Element::f32:
      return element_at<float>(weight.bytes, index);
    case Element::bf16:
      return from_bf16(element_at<std::uint16_t>(weight.bytes, index));
    case Element::i8:
      return static_cast<float>(element_at<std::int8_t>(weight.bytes, index)) *
             element_at<float>(weight.scale, output);
    case Element::u8:
    case Element::i16:
      break;  // not of weights
  }
  return 0;
}

std::optional<Element> element_of(Dtype dtype) {
  for (const Element element : {Element::f32, Element::bf16, Element::i8})
    if (traits_of(element).dtype == dtype) return element;
  return std::nullopt;
}

// Nothing where the tensor is no weight of panels.
std::optional<StoredWeight> stored_weight(const Safetensors& file, const std::string& layer) {
  const Tensor* weight = file.find(layer + ".weight");
  if (!weight || weight->rank < 3) return std::nullopt;
  const std::optional<Element> element = element_of(weight->dtype);
  if (!element) return std::nullopt;
  const auto last = weight->shape[weight->rank - 1];
  StoredWeight stored{
      *element, 1, static_cast<std::size_t>(weight->shape[0]), {weight->data, weight->bytes}, {}};
  if (last != panel_lanes) stored.together = static_cast<int>(last);
  if (last < 1 || panel_lanes % last != 0) return std::nullopt;
  const std::size_t row = stored.panels * panel_lanes * static_cast<std::size_t>(stored.together) *
                          static_cast<std::size_t>(traits_of(*element).bytes);
  if (row == 0 || weight->bytes % row != 0) return std::nullopt;
  if (traits_of(*element).scaled) {
    const Tensor* scale = file.find(layer + ".scale");
    if (!scale || scale->bytes != stored.panels * panel_lanes * sizeof(float)) return std::nullopt;
    stored.scale = {scale->data, scale->bytes};
  }
  return stored;
}

}  // namespace

std::vector<float> to_panels(const StoredWeight& weight) {
  const auto bytes = static_cast<std::size_t>(traits_of(weight.element).bytes);
  const auto side = static_cast<std::size_t>(weight.together);
  const std::size_t count = weight.bytes.size() / bytes, inputs = count / (weight.panels * panel_lanes);
  std::vector<float> panels(count);
  for (std::size_t p = 0; p < weight.panels; ++p)
    for (std::size_t i = 0; i < inputs; ++i)
      for (std::size_t lane = 0; lane < panel_lanes; ++lane) {
        const std::size_t group = p * inputs + i / side * side;
        panels[(p * inputs + i) * panel_lanes + lane] =
            value_at(weight, group * panel_lanes + lane * side + i % side, p * panel_lanes + lane);
      }
  return panels;
}

double weight_error(const StoredWeight& exact, const StoredWeight& other) {
  const std::vector<float> a = to_panels(exact), b = to_panels(other);
  const std::size_t rows_a = a.size() / exact.panels, rows_b = b.size() / other.panels;
  double difference = 0, size = 0;
  for (std::size_t p = 0; p < exact.panels; ++p)
    for (std::size_t i = 0; i < std::min(rows_a, rows_b); ++i) {
      const double x = static_cast<double>(a[p * rows_a + i]), y = static_cast<double>(b[p * rows_b + i]);
      difference += (x - y) * (x - y);
      size += x * x;
    }
  return size > 0 ? std::sqrt(difference / size) : difference > 0 ? 1 : 0;
}

double most_weight_error(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return 0;
    case Precision::bf16:
      return 0.003;
    case Precision::int8_weights:
      return 0.03;
    case Precision::int8:
      return 0.03;
  }
  return 0;
}

std::vector<LayerError> weight_errors(const Safetensors& exact, const Safetensors& other) {
  constexpr std::string_view ending = ".weight";
  std::vector<LayerError> errors;
  for (const Tensor& tensor : exact.tensors()) {
    if (!tensor.name.ends_with(ending)) continue;
    const std::string layer(tensor.name.substr(0, tensor.name.size() - ending.size()));
    const std::optional<StoredWeight> a = stored_weight(exact, layer), b = stored_weight(other, layer);
    if (a && b && a->panels == b->panels) errors.push_back({layer, weight_error(*a, *b)});
  }
  std::stable_sort(errors.begin(), errors.end(),
                   [](const LayerError& x, const LayerError& y) { return x.error > y.error; });
  return errors;
}

}  // namespace effnet
