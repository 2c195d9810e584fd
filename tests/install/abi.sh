#!/usr/bin/env bash
# abi.sh OLD NEW FOLDER: compares the runtime's C API in two source trees, with abidiff. Status 0: a program that was
# built with OLD's headers runs with NEW's runtime; new functions are no difference. Builds into FOLDER/old and /new.
set -euo pipefail

cmake=${CMAKE:-cmake}

# The runtime of a source tree as a shared library with its types: DWARF of both goes through the same compiler.
build_runtime() {  # TREE FOLDER
  "$cmake" -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DEFFNET_BUILD_COMPILER=OFF -DEFFNET_BUILD_RUNNER=OFF \
    -DEFFNET_BUILD_TESTS=OFF >&2
  "$cmake" --build "$2" --target effnet_runtime >&2
  "${CC:-cc}" -shared -o "$2/libeffnet.so" -Wl,--whole-archive "$2/lib/libeffnet.a" -Wl,--no-whole-archive -lm -pthread
}

[ $# = 3 ] || { sed -n 2,3p "$0" >&2; exit 2; }
build_runtime "$1" "$3/old"
build_runtime "$2" "$3/new"
abidiff --no-added-syms --drop-private-types --headers-dir1 "$1/runtime/include" --headers-dir2 "$2/runtime/include" \
  "$3/old/libeffnet.so" "$3/new/libeffnet.so"
