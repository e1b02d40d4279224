# cpack: four Debian packages of what `cmake --install` installs. docs/c-api.md, "Debian packages";
# docs/decisions/0057-debian-packages-by-cpack.md.
#
#   libvarve0     libvarve.so.0, which any number of programs may share
#   libvarve-dev  what programs are built with: headers, libraries, CMake package, pkg-config
#   varve-tools   the `varve` command
#   python3-varve the Python package, for any architecture (docs/python.md)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME varve)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Varve maintainers <maintainers@varve.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL library development tools python)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)      # Depends from what the binaries link
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # and for those who link libvarve
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

# varve_package(COMPONENT NAME SECTION SUMMARY DESCRIPTION)
function(varve_package component name section summary description)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}\n${description}" PARENT_SCOPE)
  install(FILES cmake/debian-copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
    RENAME copyright COMPONENT ${component})
endfunction()

varve_package(library libvarve0 libs "embeddable durable storage kernel (shared library)"
  "Varve keeps the state of agents, workflows and services: KV, JSON, Event, State, Trace, Run and \
Vector in one transaction on one write-ahead log. This package has the library that programs \
written in C and C++ share.")
varve_package(development libvarve-dev libdevel "embeddable durable storage kernel (development)"
  "The headers for C and C++, the static library, the CMake package and the pkg-config files of Varve.")
varve_package(tools varve-tools database "embeddable durable storage kernel (the varve command)"
  "Reads, writes, checks, backs up, restores, salvages and crash-tests the stores of Varve.")
varve_package(python python3-varve python "embeddable durable storage kernel (Python package)"
  "The package varve: all of Varve from Python, with NumPy arrays where NumPy is installed.")

set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "libvarve0 (>= ${PROJECT_VERSION}), python3 (>= 3.9)")
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "python3-numpy")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS OFF)

# What the headers and the static library of C++ need; a program in C needs none of it.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libvarve0 (= ${PROJECT_VERSION}), libabsl-dev, libcapnp-dev, libhwy-dev, libisal-dev, \
liblmdb-dev, libre2-dev, libsimdjson-dev, libssl-dev, libxxhash-dev, libzstd-dev, nlohmann-json3-dev, \
pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "libcli11-dev, libgmock-dev")
include(CPack)
