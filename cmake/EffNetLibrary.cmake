# effnet_add_library(name NETWORK network [TARGETS target...] [RESOLUTION n] [CLASSES n] [THREADS n] [PRECISION type]
#                    [CALIBRATION file] [SCHEDULES folder] [WEIGHTS file [EMBED]] [COMPILE_OPTIONS option...] [IMPORT_OPTIONS option...])
#
# Compiles a network (a name of `effnetc list`, or a network file) while the project is built, and makes the target
# `name`: its archive, its header "name.h" and the runtime. Symbols begin with name_. docs/embedding.md says more.
#
#   TARGETS          as effnetc's --target: several make one library that chooses when it is opened (default: host)
#   PRECISION        the element type, of the weights too: fp32 (the default), bf16, int8-weights, int8
#   CALIBRATION      of int8: the file that `effnet calibrate` wrote
#   SCHEDULES        a folder of tuned rows that go before the shipped ones; a user's own folder is not looked at
#   WEIGHTS          a .weights file, or one that effnetc imports. Its path is the target's property EFFNET_WEIGHTS
#   EMBED            the weights become a part of the archive: name_open_embedded()
#   COMPILE_OPTIONS  IMPORT_OPTIONS  further options of `effnetc compile` and `effnetc import`
#
# Every effnetc uses all cores. Ninja runs one at a time; where `make -j` would run several, COMPILE_OPTIONS --jobs n gives
# each so many.
#
# The program is EFFNET_EFFNETC where that is set, else the one of this package or project. When cross-compiling it must
# be one that runs on this machine.
include_guard(GLOBAL)
cmake_policy(VERSION 3.20...3.31)
set(EFFNET_EFFNETC "" CACHE FILEPATH "The effnetc that effnet_add_library runs (default: the one that belongs to EffNet)")
set(EFFNET_CACHE_DIR "" CACHE PATH "Where effnet_add_library keeps compiled kernels (default: effnetc's own folder)")
mark_as_advanced(EFFNET_CACHE_DIR)

function(effnet_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EMBED" "NETWORK;RESOLUTION;CLASSES;THREADS;PRECISION;CALIBRATION;SCHEDULES;WEIGHTS"
                        "TARGETS;COMPILE_OPTIONS;IMPORT_OPTIONS")
  _effnet_check_arguments()
  _effnet_find_effnetc(effnetc effnetc_file)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${folder})

  set(network ${arg_NETWORK})
  set(inputs ${effnetc_file})
  if(network MATCHES "\\.json$")
    cmake_path(ABSOLUTE_PATH network BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND inputs ${network})
  endif()

  if(DEFINED arg_CALIBRATION)
    cmake_path(ABSOLUTE_PATH arg_CALIBRATION BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND inputs ${arg_CALIBRATION})
  endif()

  set(weights "")
  if(arg_WEIGHTS)
    _effnet_add_weights(weights)
  endif()

  set(options --name ${name} --target ${targets} ${cc} --no-user-schedules --depfile ${folder}/${name}.d)
  foreach(option RESOLUTION CLASSES THREADS PRECISION CALIBRATION)
    if(DEFINED arg_${option})
      string(TOLOWER ${option} word)
      list(APPEND options --${word} ${arg_${option}})
    endif()
  endforeach()
  if(arg_SCHEDULES)
    cmake_path(ABSOLUTE_PATH arg_SCHEDULES BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND options --schedules ${arg_SCHEDULES})
  endif()
  if(EFFNET_CACHE_DIR)
    list(APPEND options --cache-dir ${EFFNET_CACHE_DIR})
  endif()
  if(arg_EMBED)
    list(APPEND options --embed ${weights})
    list(APPEND inputs ${weights})
  endif()
  # effnetc uses all cores itself: Ninja runs one at a time, and shows its progress; make runs several of them with -j. What
  # else it reads, such as rows, is in the depfile.
  add_custom_command(
    OUTPUT ${folder}/lib${name}.a ${folder}/${name}.h ${folder}/${name}.c
    COMMAND ${effnetc} compile ${network} --output ${folder} ${options} ${arg_COMPILE_OPTIONS}
    DEPENDS ${inputs}
    DEPFILE ${folder}/${name}.d
    COMMENT "Compiling ${arg_NETWORK} for ${targets}: ${name}"
    USES_TERMINAL VERBATIM)

  add_custom_target(${name}_files DEPENDS ${folder}/lib${name}.a ${folder}/${name}.h ${weights})
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION ${folder}/lib${name}.a
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES ${folder}
    INTERFACE_LINK_LIBRARIES EffNet::runtime
    EFFNET_WEIGHTS "${weights}")
  add_dependencies(${name} ${name}_files)
endfunction()

# Checks what effnet_add_library was called with; sets `targets` and the C compiler's option `cc` in it.
macro(_effnet_check_arguments)
  set(call "effnet_add_library(${name})")
  if(NOT name MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "${call}: the name begins C symbols, so it needs letters, digits and underscores only")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${call}: there is no argument '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${call}: ${arg_KEYWORDS_MISSING_VALUES} needs a value")
  endif()
  if(NOT arg_NETWORK)
    message(FATAL_ERROR "${call}: NETWORK is needed: a name of `effnetc list`, or a network file (.json)")
  endif()
  if(arg_EMBED AND NOT arg_WEIGHTS)
    message(FATAL_ERROR "${call}: EMBED needs WEIGHTS, the file to embed")
  endif()
  if(NOT arg_TARGETS)
    if(CMAKE_CROSSCOMPILING)
      message(FATAL_ERROR "${call}: TARGETS is needed when cross-compiling, such as arm-64 (effnetc targets lists them)")
    endif()
    set(arg_TARGETS host)
  endif()
  list(JOIN arg_TARGETS "," targets)
  _effnet_c_compiler(cc)
endmacro()

# The option that says what compiles the generated C: this project's C compiler, told for which machine; else effnetc's own
# choice. effnetc takes what stands behind a space for an argument.
function(_effnet_c_compiler result)
  set(cc "")
  if(CMAKE_C_COMPILER)
    if(CMAKE_C_COMPILER MATCHES " ")
      message(FATAL_ERROR "effnet_add_library: the path of the C compiler has a space: ${CMAKE_C_COMPILER}; "
                          "-DCMAKE_C_COMPILER names one without, such as a symbolic link to it")
    endif()
    set(cc --cc "${CMAKE_C_COMPILER}")
    if(CMAKE_C_COMPILER_TARGET)
      string(APPEND cc " --target=${CMAKE_C_COMPILER_TARGET}")
    endif()
  elseif(CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "effnet_add_library: the language C must be enabled when cross-compiling: project(... LANGUAGES C)")
  endif()
  set(${result} "${cc}" PARENT_SCOPE)
endfunction()

# The program as a command and as a file to depend on.
function(_effnet_find_effnetc command file)
  if(EFFNET_EFFNETC)
    if(NOT EXISTS ${EFFNET_EFFNETC})
      message(FATAL_ERROR "effnet_add_library: EFFNET_EFFNETC is ${EFFNET_EFFNETC}, which is not there")
    endif()
    set(${command} ${EFFNET_EFFNETC} PARENT_SCOPE)
    set(${file} ${EFFNET_EFFNETC} PARENT_SCOPE)
  elseif(TARGET EffNet::effnetc AND NOT CMAKE_CROSSCOMPILING)
    set(${command} EffNet::effnetc PARENT_SCOPE)
    set(${file} $<TARGET_FILE:EffNet::effnetc> PARENT_SCOPE)
  else()
    message(FATAL_ERROR "effnet_add_library: there is no effnetc that runs on this machine; "
                        "-DEFFNET_EFFNETC=/path/to/bin/effnetc names one (an EffNet installed for this machine has it)")
  endif()
endfunction()

# The weights file as effnetc packs it: the given one, or the output of an import. Reads effnet_add_library's variables.
function(_effnet_add_weights result)
  set(source ${arg_WEIGHTS})
  cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  if(source MATCHES "\\.weights$")
    set(${result} ${source} PARENT_SCOPE)
    return()
  endif()
  set(options ${arg_IMPORT_OPTIONS})
  if(DEFINED arg_CLASSES)
    list(APPEND options --classes ${arg_CLASSES})
  endif()
  if(DEFINED arg_PRECISION)
    list(APPEND options --precision ${arg_PRECISION})
  endif()
  if(DEFINED arg_CALIBRATION)
    list(APPEND options --calibration ${arg_CALIBRATION})
  endif()
  # effnetc import reads the preprocessing from there.
  cmake_path(REPLACE_FILENAME source config.json OUTPUT_VARIABLE config)
  if(source MATCHES "\\.safetensors$" AND EXISTS ${config})
    list(APPEND inputs ${config})
  endif()
  add_custom_command(
    OUTPUT ${folder}/${name}.weights
    COMMAND ${effnetc} import ${network} ${source} --output ${folder}/${name}.weights ${options}
    DEPENDS ${source} ${inputs}
    COMMENT "Importing the weights of ${name}"
    VERBATIM)
  set(${result} ${folder}/${name}.weights PARENT_SCOPE)
endfunction()
