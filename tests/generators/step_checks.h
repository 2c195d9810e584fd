// Each step of a compiled network of one block against the reference in double precision.
#pragma once

#include "models/network.h"
#include "tests/generators/block_run.h"

namespace effnet::test {

// Every step on the very inputs that it had: errors of the steps before it do not add up.
void check_steps(const Network& n, const Run& r);

}  // namespace effnet::test
