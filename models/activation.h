#pragma once

namespace effnet {

enum class Activation { none, relu6, swish };  // the numbers are generator parameters

}  // namespace effnet
