# shellcheck shell=bash
# Sourced by run.sh and test.sh: checks the machine, installs what is missing, and runs steps with
# their times. Writes nothing outside the checkout but Debian packages.
#
#   begin NAME           the log is build/log/NAME.log; the script ends in OK or FAILED
#   install_packages     those of packages.txt that are missing; needs no network when none is
#   step TITLE COMMAND   output goes to the log; on failure its end is shown
set -euo pipefail
unset CDPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

begin() {
  started=$SECONDS
  log="build/log/$1.log"
  mkdir -p build/log build/tmp
  : > "$log"
  # Temporary files, test stores and the compiler cache stay in the checkout.
  export TMPDIR="$root/build/tmp" TEST_TMPDIR="$root/build/tmp"
  export CCACHE_DIR="$root/.cache/ccache" CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros  # without it, what uses a precompiled header misses
  export PYTHONDONTWRITEBYTECODE=1
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  require_debian_12
}

finish() {
  local code=$?
  trap - EXIT
  if ((code == 0)); then
    echo "OK ($((SECONDS - started)) s, log: $log)"
  else
    echo "FAILED (exit code $code, log: $log)"
  fi
  exit "$code"
}

packages() {
  grep -v '^[[:space:]]*\(#\|$\)' packages.txt
}

require_debian_12() {
  local id="" version="" name="an unknown system"
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-$id}")
  fi
  if [[ $id == debian && $version == 12 ]]; then
    return
  fi
  {
    echo "This script knows Debian 12 (bookworm) only; this is $name."
    echo "Elsewhere, install the counterparts of these packages and use CMake directly"
    echo "(cmake --preset release && cmake --build --preset release):"
    packages | sed 's/^/  /'
  } | tee -a "$log" >&2
  exit 2
}

missing_packages() {
  local package
  packages | while read -r package; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>> "$log") != installed ]]; then
      echo "$package"
    fi
  done
}

install_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    return
  fi
  echo "Missing packages: ${missing[*]}"
  if ((EUID != 0)); then
    if ! command -v sudo > /dev/null || ! sudo -n true 2>> "$log"; then
      echo "Not root, and sudo asks for a password. Run: apt-get install ${missing[*]}" >&2
      exit 2
    fi
    as_root=(sudo -n)
  fi
  local quiet=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  step "apt-get update" "${as_root[@]}" "${quiet[@]}" update
  step "apt-get install" "${as_root[@]}" "${quiet[@]}" install --no-install-recommends \
    "${missing[@]}"
}

step() {
  local title=$1 begun=$SECONDS code=0
  shift
  printf '%-44s' "$title ..."
  echo "=== $title: $*" >> "$log"
  "$@" >> "$log" 2>&1 < /dev/null || code=$?
  if ((code != 0)); then
    echo "failed after $((SECONDS - begun)) s"
    echo "--- the end of $log:" >&2
    tail -n 60 "$log" >&2
    exit "$code"
  fi
  echo "$((SECONDS - begun)) s"
}
