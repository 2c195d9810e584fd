# cmake --install: bin, lib, include and share, laid out like the build folder. The programs find everything else from
# where they stand, so the tree may be moved.
include(CMakePackageConfigHelpers)
set(package lib/cmake/EffNet)

list(TRANSFORM effnet_headers PREPEND runtime/include/ OUTPUT_VARIABLE header_files)
install(FILES ${header_files} DESTINATION include)
install(TARGETS effnet_runtime EXPORT EffNetTargets ARCHIVE DESTINATION lib)
install(EXPORT EffNetTargets NAMESPACE EffNet:: DESTINATION ${package})
install(FILES THIRD_PARTY_NOTICES.md docs/embedding.md DESTINATION share/doc/effnet)
install(DIRECTORY examples DESTINATION share/doc/effnet)
if(EFFNET_BUILD_RUNNER)
  install(TARGETS effnet RUNTIME DESTINATION bin)
endif()

if(EFFNET_BUILD_COMPILER)
  # libHalide lies apart: another version of it may be there for others.
  set_target_properties(effnetc PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/effnet")
  install(TARGETS effnetc EXPORT EffNetCompiler RUNTIME DESTINATION bin)
  install(EXPORT EffNetCompiler NAMESPACE EffNet:: DESTINATION ${package})
  install(IMPORTED_RUNTIME_ARTIFACTS Halide::Halide LIBRARY DESTINATION lib/effnet RUNTIME DESTINATION bin)
  foreach(file ${row_files})
    cmake_path(GET file PARENT_PATH folder)
    install(FILES ${file} DESTINATION share/effnet/${folder})
  endforeach()
  install(DIRECTORY autotune/candidate/ DESTINATION share/effnet/candidate)
  get_filename_component(halide_licence ${Halide_DIR}/../../../share/doc/Halide/LICENSE.txt ABSOLUTE)
  if(EXISTS ${halide_licence})
    install(FILES ${halide_licence} DESTINATION share/doc/effnet RENAME Halide-LICENSE.txt)
  endif()
endif()

configure_file(cmake/EffNetConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/EffNetConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/EffNetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/effnet.pc.in ${PROJECT_BINARY_DIR}/cmake/effnet.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/EffNetConfig.cmake ${PROJECT_BINARY_DIR}/cmake/EffNetConfigVersion.cmake
              cmake/EffNetLibrary.cmake DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/cmake/effnet.pc DESTINATION lib/pkgconfig)
