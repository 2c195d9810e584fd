// Networks of one block, for tests of single operators on shapes that no EfficientNet has.
#pragma once

#include "models/network.h"

namespace effnet::test {

struct OneBlock {
  int resolution, stem_channels;  // the block's input is (resolution + 1) / 2 wide
  int ratio, kernel, stride, out_channels;
  Padding padding;
  bool squeeze_excite;
  Activation activation;
  int head_channels, classes;
};

Network one_block_network(const OneBlock& b);

}  // namespace effnet::test
