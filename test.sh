#!/usr/bin/env bash
# Builds and tests everything: ./test.sh [PRESET...]
#
# Without arguments: release, then the whole suite again under AddressSanitizer with
# UndefinedBehaviorSanitizer (asan) and under ThreadSanitizer (tsan). `./test.sh release` is the
# quick round. Ends in OK or FAILED.
source "$(dirname "${BASH_SOURCE[0]}")/cmake/setup.sh"

presets=("$@")
if (($# == 0)); then
  presets=(release asan tsan)
fi
for preset in "${presets[@]}"; do
  if [[ ! $preset =~ ^(release|debug|asan|tsan)$ ]]; then
    echo "usage: ./test.sh [release|debug|asan|tsan]..." >&2
    exit 2
  fi
done

export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1
jobs=$(nproc)

# How many test cases the last run of a preset passed, by GoogleTest's own count.
passed_cases() {
  awk '/^\[  PASSED  \] / { total += $4 } END { print total + 0 }' \
    "build/$1/Testing/Temporary/LastTest.log"
}

# Runs the tests of a preset; ends the log with what failed, which is all that a run elsewhere shows.
run_tests() {
  local code=0
  ctest --preset "$1" --parallel "$jobs" --no-tests=error || code=$?
  if ((code != 0)); then
    echo "--- what failed, out of build/$1/Testing/Temporary/LastTest.log:"
    grep -E -A 8 ': Failure$|Sanitizer: |runtime error: |^\[  FAILED  \] ' \
      "build/$1/Testing/Temporary/LastTest.log" | tail -n 50
  fi
  return "$code"
}

begin test
install_packages
for preset in "${presets[@]}"; do
  step "$preset: configure" cmake --preset "$preset"
  step "$preset: build" cmake --build --preset "$preset" --parallel "$jobs"
  step "$preset: test" run_tests "$preset"
  echo "    $(passed_cases "$preset") test cases passed"
done
