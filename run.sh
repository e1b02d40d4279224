#!/usr/bin/env bash
# Builds Varve and runs its main job on real input: this machine's package database goes through
# durable transactions, the import is killed half-way, recovered, checked record by record,
# snapshotted and restored. Ends in OK or FAILED.
source "$(dirname "${BASH_SOURCE[0]}")/cmake/setup.sh"

work=build/run

begin run
install_packages
step "release: configure" cmake --preset release
step "release: build" cmake --build --preset release --parallel "$(nproc)" --target varve play_run
rm -rf "$work"
mkdir -p "$work"
echo
bash examples/package_database/run.sh build/release/varve "$work" 2>&1 | tee -a "$log"
bash examples/agent_run/run.sh build/release/varve build/release/examples/agent_run/play_run "$work" \
  2>&1 | tee -a "$log"
