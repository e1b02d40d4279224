#!/usr/bin/env bash
# build_ledger.sh SOURCE BUILD WORK COMPILER
#
# Installs BUILD below WORK, moves what was installed elsewhere, and uses it as an embedder would:
# examples/ledger by find_package, with its tests and its crash; every installed header, and a
# program, by pkg-config. WORK is emptied first.
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

step "every header and a program, by pkg-config"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name varve.pc)")
{
  (cd "$prefix/include/varve" && find . -name '*.h' ! -path './tests/*' | LC_ALL=C sort) |
    sed 's|^\./\(.*\)|#include "\1"|'
  cat "$source_tree/tests/install/embedder.cc"
} > "$work/embedder.cc"
# shellcheck disable=SC2046  # words are what is wanted
"$compiler" -std=c++20 "$work/embedder.cc" -o "$work/embedder" $(pkg-config --cflags --libs varve)
(cd "$work" && ./embedder && "$prefix/bin/varve" my.varve kv get greeting)
echo OK
