#!/usr/bin/env bash
# build_ledger.sh SOURCE BUILD WORK COMPILER
#
# Installs BUILD below WORK, moves what was installed elsewhere, and uses it as an embedder would:
# examples/ledger by find_package, with its tests, its crash and its plug-in, and once more by make
# and pkg-config alone; the example programs by find_package, with their tests; every installed header,
# and a program, by pkg-config. Nothing of that changes a byte of what was installed: kernel, snapshot and
# recovery are what they were. WORK is emptied first.
set -euo pipefail
source_tree=$1 build=$2 work=$3 compiler=$4

# What is compiled here runs for a moment; optimising it would take a third longer.
launcher=$(command -v ccache || true) optimisation=-O0
project=(-DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher"
  -DCMAKE_CXX_FLAGS_RELEASE="$optimisation" -DCMAKE_UNITY_BUILD=ON)

step() { echo "--- $* (second $SECONDS)"; }
die() { echo "FAILED: $*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work/first"

step "cmake --install, and the tree moves"
cmake --install "$build" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/prefix"
prefix=$work/prefix
"$prefix/bin/varve" --version

step "no path of the build in what a text editor shows"
if grep -rIlF -e "$source_tree/" -e "$build" "$prefix"; then
  die "the files above name the folders that Varve was built in"
fi

(cd "$prefix" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) > "$work/before"

# Alone: outside of Varve's tree, so that nothing but what is installed can be found.
step "the ledger, by find_package"
cp -r "$source_tree/examples/ledger" "$work/ledger"
cmake -S "$work/ledger" -B "$work/ledger-build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  "${project[@]}" > "$work/configure.log"
cmake --build "$work/ledger-build" --parallel 2
(cd "$work/ledger-build" && ctest --output-on-failure --no-tests=error --parallel 2)
grep -E 'acknowledged|opened in|transfers are there|the log alone' \
  "$work/ledger-build/Testing/Temporary/LastTest.log"
test -x "$work/ledger-build/ledger_tests" || die "the conformance suite was not installed"

step "the example programs, by find_package"
cp -r "$source_tree/examples" "$work/examples"
cmake -S "$work/examples" -B "$work/examples-build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  "${project[@]}" > "$work/configure.log"
cmake --build "$work/examples-build" --parallel 2
# Of the job queue what waits for no lease to run out: the test of the tree waits for all of them.
{
  ctest --test-dir "$work/examples-build" --output-on-failure --no-tests=error --parallel 2 \
    -R '^example_(agent_memory|document_search)$'
  python3 -B "$work/examples/job_queue/job_queue_test.py" "$work/examples-build/job_queue/job_queue" \
    "$work/examples-build/job_queue/stores" \
    JobQueueTest.test_four_workers_complete_every_job_exactly_once \
    JobQueueTest.test_a_killed_server_has_lost_nothing_that_it_answered
} > "$work/examples.log" 2>&1 || { tail -n 50 "$work/examples.log"; die "an example program"; }
grep -E '100% tests passed, 0 tests failed out of 2|^Ran 2 tests' "$work/examples.log"

step "the ledger, by make and pkg-config"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name varve.pc)")
make --no-print-directory -C "$work/ledger" -j2 OUT="$work/ledger-make" \
  CXX="$launcher $compiler" CXXFLAGS="$optimisation" check > "$work/make.log" 2>&1 ||
  { tail -n 50 "$work/make.log"; die "make check"; }
grep -E 'tests ran|^OK' "$work/make.log"

step "the tally, copied into a project of its own"
(
  cd "$work"
  # What follows are the lines of docs/extension-guide.md; a type that is none compiles without -O.
  export CMAKE_CXX_COMPILER_LAUNCHER=$launcher CMAKE_BUILD_TYPE=None
  "$prefix/share/varve/template/start_project.sh" counter acme counter 40 0xB0
  cmake -S counter -B counter/build -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build counter/build --parallel 2
  ctest --test-dir counter/build --output-on-failure
  "$prefix/bin/varve" --load counter/build/libcounter.so crash run --cases 50
) > "$work/counter.log" 2>&1 || { tail -n 50 "$work/counter.log"; die "a copy of the tally"; }
grep -i 'tests passed' "$work/counter.log"

step "every header and a program, by pkg-config"
{
  (cd "$prefix/include/varve" && find . -name '*.h' ! -path './tests/*' | LC_ALL=C sort) |
    sed 's|^\./\(.*\)|#include "\1"|'
  cat "$source_tree/tests/install/embedder.cc"
} > "$work/embedder.cc"
# shellcheck disable=SC2046,SC2086  # words are what is wanted
$launcher "$compiler" -std=c++20 -c "$work/embedder.cc" -o "$work/embedder.o" $(pkg-config --cflags varve)
# shellcheck disable=SC2046
"$compiler" "$work/embedder.o" -o "$work/embedder" $(pkg-config --libs varve)
(cd "$work" && ./embedder && "$prefix/bin/varve" my.varve kv get greeting)
step "what was installed is what it was"
(cd "$prefix" && sha256sum --check --quiet --strict "$work/before") || die "the files above changed"
[ "$(find "$prefix" -type f | wc -l)" = "$(wc -l < "$work/before")" ] || die "files came or went"
echo OK
