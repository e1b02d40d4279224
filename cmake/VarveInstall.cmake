# cmake --install: one library, its headers, the `varve` command, and two ways to find them (a CMake
# package and varve.pc). docs/embedding.md shows how they are used, and why it is one library:
# docs/decisions/0050-one-installed-package.md.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# What embedders write is #include "kernel/store.h": this folder is their include root.
set(VARVE_INSTALL_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/varve)
set(VARVE_INSTALL_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/varve)

# The pkg-config modules behind PkgConfig::<NAME>, as cmake/VarveDependencies.cmake finds them.
set(VARVE_PKGCONFIG_TARGETS LMDB=lmdb HWY=libhwy ISAL=libisal ZSTD=libzstd XXHASH=libxxhash
  SIMDJSON=simdjson RE2=re2)

# varve_archive(NAME OUTPUT EXPORT PARTS...)   the objects of several libraries, as one to install
function(varve_archive name output export)
  set(objects)
  foreach(part ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
  endforeach()
  add_library(${name} STATIC ${objects})
  set_target_properties(${name} PROPERTIES
    LINKER_LANGUAGE CXX
    OUTPUT_NAME ${output}
    EXPORT_NAME ${export}
    ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${VARVE_INSTALL_HEADERS}>)
  target_compile_features(${name} INTERFACE cxx_std_20)
endfunction()

varve_archive(varve_archive varve varve
  varve_cli varve_crash varve_crash_simulated varve_builtin varve_event varve_json varve_kv varve_run varve_run_schema varve_state
  varve_trace varve_vector varve_payload varve_recovery varve_snapshot varve_kernel varve_table
  varve_wal varve_io varve_base)
target_link_libraries(varve_archive INTERFACE
  Threads::Threads absl::status absl::statusor absl::strings absl::cord CapnProto::capnp
  OpenSSL::Crypto nlohmann_json::nlohmann_json PkgConfig::LMDB PkgConfig::HWY PkgConfig::ISAL
  PkgConfig::ZSTD PkgConfig::XXHASH PkgConfig::SIMDJSON PkgConfig::RE2)
install(TARGETS varve_archive EXPORT varveTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${VARVE_INSTALL_HEADERS})
install(EXPORT varveTargets NAMESPACE varve:: DESTINATION ${VARVE_INSTALL_PACKAGE})
install(TARGETS varve RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The suite for primitives of others; it needs the sources of the tests.
if(VARVE_BUILD_TESTS)
  varve_archive(varve_conformance_archive varve_conformance conformance
    varve_conformance varve_test_support)
  target_link_libraries(varve_conformance_archive INTERFACE varve_archive)
  install(TARGETS varve_conformance_archive EXPORT varveConformanceTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${VARVE_INSTALL_HEADERS})
  install(EXPORT varveConformanceTargets NAMESPACE varve:: DESTINATION ${VARVE_INSTALL_PACKAGE})
  install(FILES tests/conformance/model_tables.h tests/conformance/primitive_conformance.h
    DESTINATION ${VARVE_INSTALL_HEADERS}/tests/conformance)

  # The primitive to copy, with its tests: docs/extension-guide.md, "Begin".
  set(VARVE_INSTALL_TEMPLATE ${CMAKE_INSTALL_DATADIR}/varve/template)
  install(DIRECTORY primitives/template/ DESTINATION ${VARVE_INSTALL_TEMPLATE} USE_SOURCE_PERMISSIONS
    FILES_MATCHING PATTERN "*.h" PATTERN "*.cc" PATTERN "*.sh" PATTERN "*.md")
  install(DIRECTORY tests/primitives/template DESTINATION ${VARVE_INSTALL_TEMPLATE}/tests/primitives
    FILES_MATCHING PATTERN "*_test.cc")
  install(FILES tests/conformance/tally_conformance_test.cc
    DESTINATION ${VARVE_INSTALL_TEMPLATE}/tests/conformance)
endif()

# Headers, by folder. Left out: what only our own sources include.
install(DIRECTORY kernel primitives snapshot crash DESTINATION ${VARVE_INSTALL_HEADERS}
  FILES_MATCHING PATTERN "*.h"
  PATTERN internal EXCLUDE
  PATTERN template EXCLUDE)
install(FILES recovery/backup.h recovery/open.h recovery/salvage.h DESTINATION ${VARVE_INSTALL_HEADERS}/recovery)
install(FILES cli/arguments.h cli/bytes_text.h cli/output.h cli/plugin.h cli/plugin_note.h
  cli/program.h cli/session.h cli/verbs.h
  DESTINATION ${VARVE_INSTALL_HEADERS}/cli)

configure_package_config_file(cmake/varveConfig.cmake.in ${PROJECT_BINARY_DIR}/varveConfig.cmake
  INSTALL_DESTINATION ${VARVE_INSTALL_PACKAGE}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/varveConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/varveConfig.cmake
  ${PROJECT_BINARY_DIR}/varveConfigVersion.cmake
  DESTINATION ${VARVE_INSTALL_PACKAGE})

# varve.pc finds its own prefix, so that the installed tree may be moved.
set(VARVE_PC_FOLDER ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH VARVE_PC_TO_PREFIX /prefix/${VARVE_PC_FOLDER} /prefix)
string(REGEX REPLACE "/$" "" VARVE_PC_TO_PREFIX ${VARVE_PC_TO_PREFIX})
list(TRANSFORM VARVE_PKGCONFIG_TARGETS REPLACE "^.*=" "" OUTPUT_VARIABLE modules)
list(JOIN modules " " VARVE_PC_MODULES)
configure_file(cmake/varve.pc.in ${PROJECT_BINARY_DIR}/varve.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/varve.pc DESTINATION ${VARVE_PC_FOLDER})
