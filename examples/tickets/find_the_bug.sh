#!/usr/bin/env bash
# The steps of docs/crash-testing.md: find_the_bug.sh TICKETS CASE. Fails where the bug is not found.
set -euo pipefail
tickets=$1
case=$2

if "$tickets" crash run --cases 5000 --minutes 5 --out "$case"; then
  echo "the bug was not found" >&2
  exit 1
fi
"$tickets" crash shrink "$case" || test $? -eq 1
"$tickets" crash explain "$case" | tee "$case.txt" || test $? -eq 1
grep -q "example.tickets" "$case.txt"
if "$tickets" crash replay "$case"; then
  echo "the case does not repeat" >&2
  exit 1
fi
