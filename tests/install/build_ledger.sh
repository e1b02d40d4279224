#!/usr/bin/env bash
# build_ledger.sh SOURCE BUILD WORK COMPILER
#
# Installs BUILD below WORK, moves what was installed elsewhere, and uses it as an embedder would:
# examples/ledger by find_package, with its tests, its crash and its plug-in, and once more by make
# and pkg-config alone; every installed header, and a program, by pkg-config. Nothing of that changes a
# byte of what was installed: kernel, snapshot and recovery are what they were. WORK is emptied first.
set -euo pipefail
source_tree=$1 build=$2 work=$3 compiler=$4

step() { echo "--- $*"; }
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
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" > "$work/configure.log"
cmake --build "$work/ledger-build" --parallel 2
(cd "$work/ledger-build" && ctest --output-on-failure --no-tests=error)
grep -E 'acknowledged|opened in|transfers are there|the log alone' \
  "$work/ledger-build/Testing/Temporary/LastTest.log"
test -x "$work/ledger-build/ledger_tests" || die "the conformance suite was not installed"

step "the ledger, by make and pkg-config"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name varve.pc)")
make --no-print-directory -C "$work/ledger" -j2 OUT="$work/ledger-make" \
  CXX="$(command -v ccache || true) $compiler" CXXFLAGS=-O1 check > "$work/make.log" 2>&1 ||
  { tail -n 50 "$work/make.log"; die "make check"; }
grep -E 'tests ran|^OK' "$work/make.log"

step "the tally, copied into a project of its own"
(
  cd "$work"
  export CMAKE_CXX_COMPILER_LAUNCHER
  CMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache || true)
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
# shellcheck disable=SC2046  # words are what is wanted
"$compiler" -std=c++20 "$work/embedder.cc" -o "$work/embedder" $(pkg-config --cflags --libs varve)
(cd "$work" && ./embedder && "$prefix/bin/varve" my.varve kv get greeting)
step "what was installed is what it was"
(cd "$prefix" && sha256sum --check --quiet --strict "$work/before") || die "the files above changed"
[ "$(find "$prefix" -type f | wc -l)" = "$(wc -l < "$work/before")" ] || die "files came or went"
echo OK
