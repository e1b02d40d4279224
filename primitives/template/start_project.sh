#!/usr/bin/env bash
# start_project.sh FOLDER ORGANISATION NAME ID RANGE       start_project.sh counter acme counter 40 0xB0
#
# A project of its own in FOLDER, for a primitive that begins as a copy of the tally: renamed, with your
# numbers and a namespace in which it meets no name of Varve's; its tests, a plug-in and a CMakeLists.txt
# that finds an installed Varve. Change it from there.
set -euo pipefail
[ $# -eq 5 ] || { sed -n '2,7s/^# \?//p' "$0"; exit 2; }
folder=$1 organisation=$2 name=$3 id=$4 range=$5
die() { echo "start_project.sh: $*" >&2; exit 2; }
[[ $organisation =~ ^[a-z][a-z0-9_]*$ && $name =~ ^[a-z][a-z0-9_]*$ ]] || die "names are like acme_2: a-z, 0-9, _"
[[ $id =~ ^[0-9]+$ && $id -ge 16 && $id -le 255 ]] || die "an id is a number from 16 to 255, not $id"
[[ $range =~ ^0x[89A-F]0$ ]] || die "a range is one of 0x80, 0x90, ... 0xF0, not $range"
[ ! -e "$folder" ] || die "$folder is there already"

here=$(cd "$(dirname "$0")" && pwd)
tests=$here/tests
[ -d "$tests" ] || tests=$here/../../tests  # within Varve's own tree
type=$(sed -E 's/(^|_)([a-z])/\U\2/g' <<< "$name")

mkdir -p "$folder/$organisation"
for file in "$here"/tally*.h "$here"/tally*.cc "$tests"/primitives/template/*_test.cc \
            "$tests"/conformance/tally_conformance_test.cc "$tests"/conformance/tally_subject.h; do
  target=$folder/$organisation/$(basename "$file" | sed "s/^tally/$name/")
  sed -E -e "s|(primitives/template\|tests/conformance)/tally|$organisation/$name|g; s|primitives/template/|$organisation/|g" \
    -e "s/VARVE_(PRIMITIVES_TEMPLATE|TESTS_CONFORMANCE)_TALLY/${organisation^^}_${name^^}/" \
    -e "s/example\.tally/$organisation.$name/; s/kTallyId\{16\}/kTallyId{$id}/" \
    -e "/kTally\w+ = 0x8|\(0x8F/s/0x8/${range%0}/" \
    -e "s/^(}  \/\/ )?namespace varve( \{|::tally|\$)/\1namespace varve::$organisation\2/; s/varve::Tally/varve::$organisation::Tally/" \
    -e "s/Tally/$type/g; s/tally/$name/g" "$file" > "$target"
done

cat > "$folder/$organisation/plugin.cc" << END
// For any \`varve\` command: varve --load lib$name.so STORE VERB ...
#include "cli/plugin.h"

#include "$organisation/${name}_subject.h"

VARVE_PLUGIN(plugin) { plugin.subjects.push_back(varve::$organisation::${type}Subject()); }
END

cat > "$folder/CMakeLists.txt" << END
cmake_minimum_required(VERSION 3.25)
project($name LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_package(varve 0.1 CONFIG REQUIRED COMPONENTS conformance)
find_package(GTest REQUIRED)

add_library($name STATIC $organisation/$name.cc $organisation/${name}_payload.cc $organisation/${name}_primitive.cc)
target_include_directories($name PUBLIC \${PROJECT_SOURCE_DIR})
target_link_libraries($name PUBLIC varve::varve)

# Of Varve it has the headers alone: the command that loads it has the rest.
add_library(${name}_plugin MODULE $organisation/plugin.cc \$<TARGET_OBJECTS:$name>)
set_target_properties(${name}_plugin PROPERTIES OUTPUT_NAME $name)
target_include_directories(${name}_plugin PRIVATE
  \${PROJECT_SOURCE_DIR} \$<TARGET_PROPERTY:varve::varve,INTERFACE_INCLUDE_DIRECTORIES>)

enable_testing()
file(GLOB tests $organisation/*_test.cc)
add_executable(${name}_tests \${tests})
target_link_libraries(${name}_tests PRIVATE $name varve::conformance GTest::gtest_main)
add_test(NAME ${name}_tests COMMAND ${name}_tests)
END
echo "$folder: $organisation.$name, id $id, entry types from $range. The steps are on top of"
echo "$folder/$organisation/${name}_primitive.h"
