// effnet_prepare(): resize, centre crop and normalisation. Only what the crop keeps is computed, row by row.
#include <climits>
#include <cstring>

#include "runtime/model.h"
#include "runtime/resample.h"

namespace effnet::runtime {
namespace {

constexpr int max_side = 65535;

struct Picture {
  const std::uint8_t* pixels;
  int width, height;
  std::size_t stride;

  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * stride; }
};

// The resized picture's size and the crop's corner in it.
struct Geometry {
  std::int64_t width, height, left, top;
};

// round((size - resolution) / 2), halves to even.
std::int64_t crop_offset(std::int64_t size, int resolution) {
  std::int64_t rest = size - resolution, half = rest / 2;
  return rest % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

Geometry geometry(const Picture& picture, int resolution, double crop) {
  auto shorter = static_cast<std::int64_t>(resolution / crop);
  Geometry out = {shorter, shorter, 0, 0};
  if (picture.width <= picture.height) {
    out.height = shorter * picture.height / picture.width;
  } else {
    out.width = shorter * picture.width / picture.height;
  }
  out.left = crop_offset(out.width, resolution);
  out.top = crop_offset(out.height, resolution);
  return out;
}

// The second pass' source: rows after the horizontal pass, the last few of them.
class ResizedRows {
 public:
  [[nodiscard]] bool prepare(const Picture& picture, const Geometry& to, int resolution, int rows_needed,
                             effnet_interpolation interpolation, const Allocator& allocator) {
    picture_ = picture;
    columns_ = resolution;
    capacity_ = rows_needed;
    return horizontal_.prepare(picture.width, to.width, to.left, resolution, interpolation, allocator) &&
           rows_.allocate(allocator, row_bytes() * static_cast<std::size_t>(rows_needed));
  }

  std::size_t row_bytes() const { return 3 * static_cast<std::size_t>(columns_); }

  // Rows [first, first + count): count <= rows_needed, and first never decreases.
  void ensure(int first, int count) {
    if (next_ < first) next_ = first;
    for (; next_ < first + count; ++next_) compute(next_);
  }
  const std::uint8_t* row(int y) const { return slot(y); }

 private:
  std::uint8_t* slot(int y) const {
    return rows_.data() + static_cast<std::size_t>(y % capacity_) * row_bytes();
  }

  void compute(int y) {
    const std::uint8_t* source = picture_.row(y);
    std::uint8_t* out = slot(y);
    for (int x = 0; x < columns_; ++x, out += 3) {
      Taps taps = horizontal_.taps(x);
      const std::uint8_t* pixel = source + 3 * static_cast<std::size_t>(taps.first);
      std::int32_t red = half_pixel, green = half_pixel, blue = half_pixel;
      for (int i = 0; i < taps.count; ++i, pixel += 3) {
        red += pixel[0] * taps.coefficients[i];
        green += pixel[1] * taps.coefficients[i];
        blue += pixel[2] * taps.coefficients[i];
      }
      out[0] = to_pixel(red);
      out[1] = to_pixel(green);
      out[2] = to_pixel(blue);
    }
  }

  Picture picture_ = {};
  int columns_ = 0, capacity_ = 1, next_ = 0;
  Resampler horizontal_;
  Block<std::uint8_t> rows_;
};

// What each byte becomes: (value / 255 - mean) / std, in float as PyTorch does it.
struct Normalisation {
  float value[3][256] = {};

  explicit Normalisation(const Preprocessing& preprocessing) {
    for (int c = 0; c < 3; ++c) {
      for (int byte = 0; byte < 256; ++byte) {
        value[c][byte] = (static_cast<float>(byte) / 255.0F - preprocessing.mean[c]) / preprocessing.std[c];
      }
    }
  }
};

// The vertical pass for one output row.
void add_rows(const ResizedRows& rows, const Taps& taps, std::int32_t* sums) {
  std::size_t bytes = rows.row_bytes();
  for (std::size_t i = 0; i < bytes; ++i) sums[i] = half_pixel;
  for (int tap = 0; tap < taps.count; ++tap) {
    const std::uint8_t* row = rows.row(taps.first + tap);
    std::int32_t coefficient = taps.coefficients[tap];
    for (std::size_t i = 0; i < bytes; ++i) sums[i] += row[i] * coefficient;
  }
}

bool resize(const Picture& picture, int resolution, const Preprocessing& preprocessing,
            const Allocator& allocator, float* input) {
  Geometry to = geometry(picture, resolution, preprocessing.crop);
  Resampler vertical;
  ResizedRows rows;
  Block<std::int32_t> sums;
  if (!vertical.prepare(picture.height, to.height, to.top, resolution, preprocessing.interpolation,
                        allocator) ||
      !rows.prepare(picture, to, resolution, vertical.max_taps(), preprocessing.interpolation, allocator) ||
      !sums.allocate(allocator, rows.row_bytes())) {
    return false;
  }
  Normalisation normalise(preprocessing);
  for (int y = 0; y < resolution; ++y) {
    Taps taps = vertical.taps(y);
    rows.ensure(taps.first, taps.count);
    add_rows(rows, taps, sums.data());
    const std::int32_t* sum = sums.data();
    for (int x = 0; x < resolution; ++x, sum += 3, input += 3) {
      for (int c = 0; c < 3; ++c) input[c] = normalise.value[c][to_pixel(sum[c])];
    }
  }
  return true;
}

}  // namespace
}  // namespace effnet::runtime

extern "C" effnet_status effnet_get_region(const effnet_model* model, int width, int height,
                                           effnet_region* out) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (out == nullptr || width < 1 || width > max_side || height < 1 || height > max_side) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_get_region: a picture of ", width, " x ",
                height, " pixels; both sides must be from 1 to ", max_side, ", and the region not null");
  }
  int resolution = model->program->resolution;
  Geometry to = geometry({nullptr, width, height, 0}, resolution, model->weights.preprocessing.crop);
  double across = static_cast<double>(width) / static_cast<double>(to.width),
         down = static_cast<double>(height) / static_cast<double>(to.height);
  *out = {static_cast<double>(to.left) * across, static_cast<double>(to.top) * down, resolution * across,
          resolution * down};
  return EFFNET_OK;
}

extern "C" effnet_status effnet_prepare(const effnet_model* model, const uint8_t* rgb, int width, int height,
                                        size_t stride, float* input) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (rgb == nullptr || input == nullptr) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_prepare: rgb and input must not be null");
  }
  if (width < 1 || width > max_side || height < 1 || height > max_side) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_prepare: a picture of ", width, " x ", height,
                " pixels; both sides must be from 1 to ", max_side);
  }
  if (stride < 3 * static_cast<std::size_t>(width) ||
      stride > PTRDIFF_MAX / static_cast<std::size_t>(height)) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_prepare: a stride of ", stride, " bytes for ",
                width, " pixels; at least 3 bytes a pixel are needed");
  }
  if (!resize({rgb, width, height, stride}, model->program->resolution, model->weights.preprocessing,
              model->allocator, input)) {
    return fail(model->error, EFFNET_OUT_OF_MEMORY, "effnet_prepare: out of memory for a picture of ", width,
                " x ", height, " pixels");
  }
  return EFFNET_OK;
}
