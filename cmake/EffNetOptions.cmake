# What is built. As a part of another project, or for another CPU than this one: what an application needs.
include(CMakeDependentOption)
set(effnet_alone OFF)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CROSSCOMPILING)
  set(effnet_alone ON)
endif()
cmake_dependent_option(EFFNET_BUILD_COMPILER "Build effnetc and the tests that need it (needs Halide 21)" ON
                       "NOT CMAKE_CROSSCOMPILING;NOT EFFNET_EFFNETC" OFF)
option(EFFNET_BUILD_TESTS "Build the tests" ${effnet_alone})
cmake_dependent_option(EFFNET_BUILD_RUNNER "Build effnet (needs libpng)" ${effnet_alone} "NOT EFFNET_BUILD_TESTS" ON)
option(EFFNET_INSTALL "Have the targets of this project installed" ${PROJECT_IS_TOP_LEVEL})
set(EFFNET_SANITIZE "" CACHE STRING "address, undefined or thread: instrument everything but the generated kernels")

set(effnet_headers effnet.h effnet.hpp effnet_program.h)

# What every target of this project is compiled with: link to effnet_options.
add_library(effnet_options INTERFACE)
target_compile_options(effnet_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
target_include_directories(effnet_options INTERFACE ${PROJECT_SOURCE_DIR})
# The same bytes in every folder: neither debug information nor __FILE__ names this one. The last map that fits counts.
target_compile_options(effnet_options INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
                                                -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
if(EFFNET_SANITIZE)
  target_compile_options(effnet_options INTERFACE -fsanitize=${EFFNET_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  target_link_options(effnet_options INTERFACE -fsanitize=${EFFNET_SANITIZE})
endif()
