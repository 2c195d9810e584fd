// A packed tensor's bytes as numbers.
#pragma once

#include <cstring>
#include <vector>

#include "models/packing.h"

namespace effnet::test {

template <typename T>
std::vector<T> values_of(const TensorBytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace effnet::test
