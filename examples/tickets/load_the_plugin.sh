#!/usr/bin/env bash
# The plain `varve` command knows the tickets once it has loaded them: load_the_plugin.sh VARVE PLUGIN
# FOLDER.
set -euo pipefail
varve=$1
plugin=$2
folder=$3
rm -rf "$folder"
mkdir -p "$folder"

if "$varve" --load "$plugin" crash run --cases 5000 --minutes 5 --out "$folder/case.json"; then
  echo "the bug in the tickets was not found" >&2
  exit 1
fi
"$varve" crash explain "$folder/case.json" --load "$plugin" >"$folder/told.txt" || test $? -eq 1
grep -q "example.tickets" "$folder/told.txt"

"$varve" --load "$plugin" "$folder/a.varve" init
"$varve" --load "$plugin" "$folder/a.varve" check

if "$varve" --load "$varve" "$folder/a.varve" stat 2>"$folder/error.txt"; then
  echo "something that is no plug-in was loaded" >&2
  exit 1
fi
grep -q -- "--load" "$folder/error.txt"
