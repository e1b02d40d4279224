# libvarve.so: the C interface and the C++ one in one shared library, made of the objects that the
# static library is made of. What it gives out, and why so: bindings/c/libvarve.map.in,
# docs/decisions/0056-what-the-shared-library-gives-out.md.

# The pkg-config modules behind PkgConfig::<NAME>, as cmake/VarveDependencies.cmake finds them.
set(VARVE_PKGCONFIG_TARGETS LMDB=lmdb HWY=libhwy ISAL=libisal ZSTD=libzstd XXHASH=libxxhash
  SIMDJSON=simdjson RE2=re2)
set(VARVE_LIBRARIES
  Threads::Threads absl::status absl::statusor absl::strings absl::cord CapnProto::capnp
  OpenSSL::Crypto nlohmann_json::nlohmann_json PkgConfig::LMDB PkgConfig::HWY PkgConfig::ISAL
  PkgConfig::ZSTD PkgConfig::XXHASH PkgConfig::SIMDJSON PkgConfig::RE2)

# What a program embeds; the static library has the command and the crash harness besides.
set(VARVE_PARTS varve_c varve_builtin varve_event varve_json varve_kv varve_run varve_run_schema
  varve_state varve_trace varve_vector varve_payload varve_recovery varve_snapshot varve_kernel
  varve_table varve_wal varve_io varve_base)

# varve_objects(VARIABLE PARTS...)   the objects of several libraries
function(varve_objects variable)
  set(objects)
  foreach(part ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
  endforeach()
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()

varve_objects(objects ${VARVE_PARTS})
set(VARVE_MAP ${PROJECT_BINARY_DIR}/libvarve.map)
configure_file(bindings/c/libvarve.map.in ${VARVE_MAP} @ONLY)
add_library(varve_shared SHARED ${objects})
target_link_libraries(varve_shared PRIVATE ${VARVE_LIBRARIES})
target_link_options(varve_shared PRIVATE -Wl,--version-script=${VARVE_MAP})
if(VARVE_SANITIZE)
  target_link_options(varve_shared PRIVATE -fsanitize=${VARVE_SANITIZE})
else()
  target_link_options(varve_shared PRIVATE -Wl,--no-undefined)
endif()
set_target_properties(varve_shared PROPERTIES
  LINKER_LANGUAGE CXX
  OUTPUT_NAME varve
  EXPORT_NAME c
  VERSION ${PROJECT_VERSION}
  SOVERSION 0
  LINK_DEPENDS ${VARVE_MAP}
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
