# Finds Halide 21: an installed package, else the SDK inside the PyPI wheel that ./dev setup put into .venv.
if(NOT Halide_DIR)
  file(GLOB halide_wheel ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/halide)
  if(halide_wheel)
    set(Halide_DIR ${halide_wheel}/lib64/cmake/Halide CACHE PATH "Halide's CMake package")
    set(HalideHelpers_DIR ${halide_wheel}/lib64/cmake/HalideHelpers CACHE PATH "Halide's helper package")
  endif()
endif()
find_package(Halide 21.0.0 REQUIRED)
# Debug information names Halide's headers: by a name that every machine has.
get_filename_component(halide_prefix ${Halide_DIR}/../../.. ABSOLUTE)
target_compile_options(effnet_options INTERFACE -ffile-prefix-map=${halide_prefix}=halide)
