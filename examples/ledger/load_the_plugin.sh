#!/usr/bin/env bash
# load_the_plugin.sh VARVE PLUGIN FOLDER
#
# A `varve` command that has never heard of the ledger works on stores with accounts in them: with the
# plug-in in every way, without it in no way that loses anything. FOLDER is emptied first.
set -euo pipefail
varve=$1 plugin=$2 folder=$3

step() { echo "--- $*"; }
die() { echo "FAILED: $*" >&2; exit 1; }
with() { "$varve" --load "$plugin" "$@"; }
expect() { [[ $1 == "$2" ]] || die "expected: $2 -- found: $1"; }
digest() { with "$1" stat --digest | grep '^state digest'; }

rm -rf "$folder"
mkdir -p "$folder"
store=$folder/books.varve

step "with the plug-in: its verbs, and the command's own"
with "$store" init
with "$store" ledger open bank --may-overdraw
with "$store" ledger open ada
with "$store" ledger transfer bank ada 100 --memo salary
with "$store" kv put greeting hello
run=$(with "$store" run create --name audit)
with "$store" ledger open till --run "$run"
with "$store" ledger open shop --may-overdraw --run "$run"
with "$store" ledger transfer shop till 5 --run "$run"
expect "$(with "$store" ledger balance ada)" 100
expect "$(with "$store" ledger richest --limit 1)" "100  ada"
expect "$(with "$store" ledger statement ada)" "1  100  bank  salary"
with "$store" ledger transfer ada bank 101 2> "$folder/refused.txt" && die "ada was overdrawn"
grep -q "does not cover 101" "$folder/refused.txt" || die "the refusal does not say why"
with "$store" check
with "$store" wal dump | grep -q 'bank -> ada' || die "wal dump does not know a transfer"
with "$store" replay "$run" | grep -q '#1 = 5 from shop' || die "replay does not show the postings"
with "$store" diff "$run@2" "$run@3" > "$folder/diff.txt" || test $? -eq 1
grep -q 'acme.ledger' "$folder/diff.txt" || die "diff does not show the postings"

step "crash run breaks stores with accounts in them"
with crash run --cases 200 --out "$folder/case.json"

step "without the plug-in: refused, by name, and nothing is written"
before=$(digest "$store")
lsn=$(with "$store" stat --json | grep -o '"last_lsn":[0-9]*' | grep -o '[0-9]*$')
for verb in check stat "kv get greeting" "kv put greeting bye" "snapshot create" "restore $folder/no.varve"; do
  # shellcheck disable=SC2086  # words are what is wanted
  "$varve" "$store" $verb > "$folder/answer.txt" 2>&1 && die "$verb went on without the ledger"
  for word in acme.ledger 32 LSN --load --carry-unknown; do
    grep -q -e "$word" "$folder/answer.txt" || die "$verb does not say $word: $(cat "$folder/answer.txt")"
  done
done
expect "$(digest "$store")" "$before"

step "carried: a commit, a checkpoint, a snapshot, a restore, a backup and its restore"
"$varve" "$store" kv put written without --carry-unknown
"$varve" "$store" snapshot create --carry-unknown
"$varve" "$store" check --carry-unknown
"$varve" "$store" restore "$folder/restored.varve" --carry-unknown
"$varve" "$store" restore "$folder/earlier.varve" --at "$lsn" --carry-unknown
"$varve" "$store" backup "$folder/backup"
"$varve" "$folder/backup" restore "$folder/again.varve" --carry-unknown
rm "$folder/restored.varve/state.mdb"
"$varve" "$folder/restored.varve" kv get written --carry-unknown

step "with the plug-in again: whole"
after=$(digest "$store")
for place in "$store" "$folder/restored.varve" "$folder/again.varve"; do
  expect "$(digest "$place")" "$after"
  expect "$(with "$place" ledger statement ada)" "1  100  bank  salary"
  expect "$(with "$place" ledger balance till --run "$run")" 5
  expect "$(with "$place" kv get written)" without
  with "$place" check
done
expect "$(digest "$folder/earlier.varve")" "$before"
with "$store" ledger transfer ada bank 1
expect "$(with "$store" ledger balance ada)" 99
echo OK
