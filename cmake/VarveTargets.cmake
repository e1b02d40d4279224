# varve_library(NAME SOURCES... DEPS...)   one folder, one static library
# varve_test(NAME SOURCES... DEPS...)      one folder's tests, one GoogleTest binary, one ctest entry
# varve_bench(NAME SOURCES... DEPS...)     one Google Benchmark binary; its smallest size also runs as a test
# varve_fuzz_target(NAME TARGETS... DEPS...)  NAME.cc as one libFuzzer binary, run as fuzz_<target>; with
#                                          VARVE_FUZZ (preset fuzz), else nothing

add_library(varve_flags INTERFACE)
target_include_directories(varve_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(varve_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-sign-conversion -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlaps in std::string that are not there (bug 105329).
  target_compile_options(varve_flags INTERFACE -Wno-restrict)
else()
  # Clang asks for an initialiser of every member where GCC 12 is content with the default ones.
  target_compile_options(varve_flags INTERFACE -Wno-missing-field-initializers)
endif()
if(VARVE_SANITIZE)
  target_compile_options(varve_flags INTERFACE -fsanitize=${VARVE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(varve_flags INTERFACE -fsanitize=${VARVE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives of these two under sanitizers.
    target_compile_options(varve_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()
if(VARVE_FUZZ)
  target_compile_options(varve_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(varve_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_libraries(varve_flags INTERFACE Threads::Threads)

# Tests run once and are compiled often; what is tested is optimised. Sanitized tests are not optimised
# at all: that is two fifths of the time.
#
# -pthread defines a macro, which some dependencies do too: who shares precompiled headers must agree.
set(VARVE_TEST_OPTIONS -pthread -O1)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What GCC 12 wrongly sees in std::string (bug 105329) it tells only where the header is precompiled.
  list(APPEND VARVE_TEST_OPTIONS -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(VARVE_SANITIZE)
  set(VARVE_TEST_OPTIONS -O0)
  target_compile_options(varve_flags INTERFACE -pthread)
endif()

# Headers that nearly every file includes are read once, precompiled: in the tests, where GoogleTest is a
# third of the work, and in sanitizer builds everywhere. The product of a release build does without,
# and so shows that each file includes what it needs.
set(VARVE_COMMON_HEADERS <algorithm> <functional> <map> <memory> <mutex> <string> <vector>
  <absl/status/statusor.h>)
set(empty_source ${CMAKE_BINARY_DIR}/precompiled/empty.cc)
file(CONFIGURE OUTPUT ${empty_source} CONTENT "")
if(VARVE_SANITIZE)
  add_library(varve_headers OBJECT ${empty_source})
  target_link_libraries(varve_headers PRIVATE varve_flags)
  target_precompile_headers(varve_headers PRIVATE ${VARVE_COMMON_HEADERS})
endif()
if(VARVE_BUILD_TESTS)
  add_executable(varve_test_headers ${empty_source})
  target_link_libraries(varve_test_headers PRIVATE varve_flags GTest::gmock GTest::gtest_main)
  target_compile_options(varve_test_headers PRIVATE ${VARVE_TEST_OPTIONS})
  target_precompile_headers(varve_test_headers PRIVATE ${VARVE_COMMON_HEADERS} <gmock/gmock.h>)
endif()

# In a sanitizer build some files of a folder at a time become one translation unit: what they include is
# read and instantiated once, which halves the time that the build takes. ALONE names the files that use a
# name in an unnamed namespace which another file of theirs uses, too.
set(VARVE_FILES_TOGETHER 8 CACHE STRING "Files of a translation unit in a sanitizer build")
mark_as_advanced(VARVE_FILES_TOGETHER)
function(varve_compile_together name)
  if(NOT VARVE_SANITIZE)
    return()
  endif()
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${VARVE_FILES_TOGETHER})
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A class of a source file may have members of its unnamed namespace; GCC then takes it for a header's.
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
  endif()
endfunction()

function(varve_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;DEPS" ${ARGN})
  if(NOT ARG_SOURCES)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE varve_flags ${ARG_DEPS})
    return()
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC varve_flags ${ARG_DEPS})
  if(VARVE_SANITIZE)
    target_precompile_headers(${name} REUSE_FROM varve_headers)
  endif()
  varve_compile_together(${name} ${ARG_ALONE})
endfunction()

function(varve_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;ALONE;DEPS" ${ARGN})
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE varve_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${VARVE_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM varve_test_headers)
  varve_compile_together(${name} ${ARG_ALONE})
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 1800)  # what a sanitizer takes on a busy machine; a guard against hanging, no more
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

function(varve_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE varve_flags ${ARG_DEPS} benchmark::benchmark_main)
  if(VARVE_BUILD_TESTS)
    add_test(NAME ${name}_smoke COMMAND ${name} --benchmark_min_time=0.001)
  endif()
endfunction()

function(varve_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "TARGETS;DEPS" ${ARGN})
  if(NOT VARVE_FUZZ)
    return()
  endif()
  add_executable(${name} ${name}.cc libfuzzer_entry.cc)
  target_link_libraries(${name} PRIVATE varve_flags ${ARG_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  foreach(target ${ARG_TARGETS})
    add_custom_command(TARGET ${name} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} fuzz_${target}
      WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  endforeach()
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets ${name})
endfunction()
