#!/usr/bin/env bash
# The main job on real input: run.sh VARVE WORKDIR. See README.md.
set -euo pipefail
if (($# != 2)); then
  echo "usage: $0 PATH_TO_VARVE WORKDIR" >&2
  exit 2
fi
exec python3 -B -u "$(dirname "${BASH_SOURCE[0]}")/main_job.py" "$1" "$2"
