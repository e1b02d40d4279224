#!/usr/bin/env bash
# The recorded agent run: run.sh VARVE PLAY_RUN WORKDIR. See README.md.
set -euo pipefail
if (($# != 3)); then
  echo "usage: $0 PATH_TO_VARVE PATH_TO_PLAY_RUN WORKDIR" >&2
  exit 2
fi
exec python3 -B -u "$(dirname "${BASH_SOURCE[0]}")/agent_job.py" "$@"
