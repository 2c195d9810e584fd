// The classifier in use: the weights file's own, or one from a head file.
#pragma once

#include "runtime/failure.h"
#include "runtime/include/effnet_program.h"
#include "runtime/labels.h"

namespace effnet::runtime {

inline constexpr int panel = 16;  // channels in a panel of packed weights, see models/packing.h
constexpr int panels(int channels) { return (channels + panel - 1) / panel; }

struct Head {
  int classes = 0;
  Block<unsigned char>
      weight;  // [panels][features][16] in the program's type; empty for the weights file's own head
  Block<float> bias, scale;  // [panels][16]; likewise, and without a scale where the type has none
  Block<float> logits;       // [images at the same time][panels][16]: where the classifier writes
  Labels labels;
};

// The type of the classifier's weights, and how many of the program's tensors are the classifier's.
effnet_element classifier_element(const effnet_program& program);
int classifier_tensors(const effnet_program& program);

// One class of the classifier in use, as float32. `classifier`: its [scale,] weight and bias in the program's type;
// `bias` may be null.
void read_class(const effnet_program& program, const void* const* classifier, int class_index, float* weights,
                float* bias);

// Reads and packs a head file: "weight" f32 [classes][features] and "bias" f32 [classes], metadata
// "fingerprint" of the program and, when there are labels, "labels". Weights are rounded to the program's type.
// `images` run at the same time.
effnet_status read_head(const effnet_program& program, const char* path, std::size_t images,
                        const Allocator& allocator, ErrorText error, Head& out);

}  // namespace effnet::runtime
