# cmake --install: one library, static and shared, its headers, the `varve` command, and two ways to
# find them (a CMake package and pkg-config). docs/embedding.md and docs/c-api.md show how they are
# used, and why it is one library: docs/decisions/0050-one-installed-package.md.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)  # of every install() that says nothing else

# What embedders write is #include "kernel/store.h": this folder is their include root.
set(VARVE_INSTALL_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/varve)
set(VARVE_INSTALL_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/varve)

# varve_archive(NAME OUTPUT EXPORT PARTS...)   the objects of several libraries, as one to install
function(varve_archive name output export)
  varve_objects(objects ${ARGN})
  add_library(${name} STATIC ${objects})
  set_target_properties(${name} PROPERTIES
    LINKER_LANGUAGE CXX
    OUTPUT_NAME ${output}
    EXPORT_NAME ${export}
    ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${VARVE_INSTALL_HEADERS}>)
  target_compile_features(${name} INTERFACE cxx_std_20)
endfunction()

varve_archive(varve_archive varve varve varve_cli varve_crash varve_crash_simulated ${VARVE_PARTS})
target_link_libraries(varve_archive INTERFACE ${VARVE_LIBRARIES})

# The malloc of whoever asks for it by name: of no other program.
varve_archive(varve_allocation_faults_archive varve_allocation_faults allocation_faults
  varve_allocation_faults)
target_link_libraries(varve_allocation_faults_archive INTERFACE varve_archive)
get_target_property(link_options varve_allocation_faults INTERFACE_LINK_OPTIONS)
target_link_options(varve_allocation_faults_archive INTERFACE ${link_options})

# The shared library as C sees it, which needs nothing else, and as C++ does, whose headers need more.
target_include_directories(varve_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
add_library(varve_shared_cxx INTERFACE)
set_target_properties(varve_shared_cxx PROPERTIES EXPORT_NAME shared)
target_include_directories(varve_shared_cxx INTERFACE $<INSTALL_INTERFACE:${VARVE_INSTALL_HEADERS}>)
target_compile_features(varve_shared_cxx INTERFACE cxx_std_20)
target_link_libraries(varve_shared_cxx INTERFACE varve_shared ${VARVE_LIBRARIES})

install(TARGETS varve_shared EXPORT varveCTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT library
    NAMELINK_COMPONENT development)
install(TARGETS varve_archive varve_allocation_faults_archive varve_shared_cxx EXPORT varveTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${VARVE_INSTALL_HEADERS})
foreach(set varveTargets varveCTargets)
  install(EXPORT ${set} NAMESPACE varve:: DESTINATION ${VARVE_INSTALL_PACKAGE})
endforeach()
install(TARGETS varve RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)

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
  install(FILES tests/conformance/tally_conformance_test.cc tests/conformance/tally_subject.h
    DESTINATION ${VARVE_INSTALL_TEMPLATE}/tests/conformance)
endif()

# Headers, by folder. Left out: what only our own sources include.
install(DIRECTORY kernel primitives snapshot crash DESTINATION ${VARVE_INSTALL_HEADERS}
  FILES_MATCHING PATTERN "*.h"
  PATTERN internal EXCLUDE
  PATTERN template EXCLUDE)
install(FILES recovery/backup.h recovery/metrics.h recovery/open.h recovery/salvage.h DESTINATION ${VARVE_INSTALL_HEADERS}/recovery)
install(FILES cli/arguments.h cli/bytes_text.h cli/output.h cli/plugin.h cli/plugin_note.h
  cli/program.h cli/session.h cli/verbs.h
  DESTINATION ${VARVE_INSTALL_HEADERS}/cli)
# #include <varve/varve.h>, from C.
file(GLOB c_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bindings/c/varve*.h)
install(FILES ${c_headers} DESTINATION ${VARVE_INSTALL_HEADERS})

configure_package_config_file(cmake/varveConfig.cmake.in ${PROJECT_BINARY_DIR}/varveConfig.cmake
  INSTALL_DESTINATION ${VARVE_INSTALL_PACKAGE}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/varveConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/varveConfig.cmake
  ${PROJECT_BINARY_DIR}/varveConfigVersion.cmake
  DESTINATION ${VARVE_INSTALL_PACKAGE})

# These find their own prefix, so that the installed tree may be moved.
set(VARVE_PC_FOLDER ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH VARVE_PC_TO_PREFIX /prefix/${VARVE_PC_FOLDER} /prefix)
string(REGEX REPLACE "/$" "" VARVE_PC_TO_PREFIX ${VARVE_PC_TO_PREFIX})
list(TRANSFORM VARVE_PKGCONFIG_TARGETS REPLACE "^.*=" "" OUTPUT_VARIABLE modules)
list(JOIN modules " " VARVE_PC_MODULES)
foreach(name varve varve-shared varve-c)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${VARVE_PC_FOLDER})
endforeach()
