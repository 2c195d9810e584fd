# What every target of this project is compiled with: link to effnet_options.
add_library(effnet_options INTERFACE)
target_compile_options(effnet_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
target_include_directories(effnet_options INTERFACE ${PROJECT_SOURCE_DIR})
if(EFFNET_SANITIZE)
  target_compile_options(effnet_options INTERFACE -fsanitize=${EFFNET_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  target_link_options(effnet_options INTERFACE -fsanitize=${EFFNET_SANITIZE})
endif()
