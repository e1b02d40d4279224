#!/usr/bin/env bash
# check_symbols.sh LIBRARY PROGRAM LIST VERSION
#
# LIBRARY gives out the C functions of LIST, C++ of this very VERSION, and nothing else; PROGRAM, the
# test of the C interface, uses every function of LIST.
set -euo pipefail
export LC_ALL=C
library=$1 program=$2 list=$3 version=$4
failed=0

# fault MESSAGE   the lines of stdin, each of which is one
fault() {
  local line
  while IFS= read -r line; do
    echo "FAILED: $1: $line" >&2
    failed=1
  done
}

given_out() { nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" {print $3}'; }
functions() { given_out | sed -n 's/@@VARVE_[0-9.]*$//p'; }

fault "given out, but neither the C interface nor C++ of this version" < <(
  given_out | grep -vE "@@(VARVE_[0-9.]+|VARVE_CXX_${version//./\\.})$" || true)
fault "a C function with the name of something else" < <(functions | grep -v '^varve_' || true)
fault "removed: programs compiled earlier need it" < <(comm -13 <(functions | sort) "$list")
fault "new: add it to $(basename "$list"), and its version to libvarve.map.in" < <(
  comm -23 <(functions | sort) "$list")
fault "no C test uses it" < <(
  comm -13 <(nm -D --undefined-only "$program" | awk '{print $2}' | sed 's/@.*//' | sort) "$list")
fault "not in the order of its bytes" < <(sort -c "$list" 2>&1)

echo "$(wc -l < "$list") functions of C, $(given_out | grep -c VARVE_CXX_) symbols of C++"
exit "$failed"
