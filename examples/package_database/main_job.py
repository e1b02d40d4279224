"""Imports this machine's package database, kills the import, and proves that nothing was lost.

usage: main_job.py PATH_TO_VARVE WORKDIR

Every claim is checked by comparison; the first that is false ends the program with exit code 1.
Everything is done through the `varve` command, as a user would. See README.md.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import package_records

BATCH = 20  # records per durable transaction
MARK_KEY = "import/packages"  # counts the imported lines, within the same transactions
KILL_AT = (0.25, 0.6)  # shares of the records at which the import is killed


class Failed(Exception):
    pass


def demand(condition, claim):
    if not condition:
        raise Failed(claim)


def title(text):
    print(f"\n== {text}")


def size(count):
    return f"{count / (1 << 20):.1f} MiB"


class Command:
    """The varve command on one store."""

    def __init__(self, varve, store):
        self.varve = varve
        self.store = store

    def words(self, *arguments):
        return [self.varve, self.store, *arguments]

    def run(self, *arguments):
        """Runs a verb that must succeed; its standard output."""
        answer = subprocess.run(self.words(*arguments), stdout=subprocess.PIPE, text=True)
        demand(answer.returncode == 0, f"`{' '.join(arguments)}` ended with {answer.returncode}")
        return answer.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").splitlines()[-1])

    def show(self, *arguments):
        print(self.run(*arguments), end="")


def write_records(path):
    """The records as JSONL; returns them in the order of the lines, values as they are read back."""
    records = list(package_records.all_records().items())
    demand(len(records) >= 500, "this machine has a package database")
    with open(path, "w", encoding="utf-8") as file:
        for key, value in records:
            file.write(json.dumps({"key": key, "value": value}, ensure_ascii=False) + "\n")
    return records


def import_words(command, paths):
    return command.words("import", paths["records"], "--batch", str(BATCH), "--resume-key",
                         MARK_KEY, "--acknowledge", paths["acknowledged"])


def last_acknowledged(path):
    """The acknowledgement in the last whole line; the process may have died within a later one."""
    if not os.path.exists(path):
        return 0
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 4096))
        lines = file.read().split(b"\n")[:-1]
    return json.loads(lines[-1])["lines"] if lines else 0


def import_and_kill(command, paths, line_to_kill_at):
    """Starts the import and kills it (SIGKILL) once that many lines were acknowledged."""
    process = subprocess.Popen(import_words(command, paths), stdout=subprocess.DEVNULL)
    while process.poll() is None and last_acknowledged(paths["acknowledged"]) < line_to_kill_at:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    print(file=sys.stderr)
    demand(process.returncode == -signal.SIGKILL, "the import was still running when it was killed")
    return last_acknowledged(paths["acknowledged"])


def exported(command, paths):
    """Every row of the store but the mark."""
    command.run("export", paths["exported"], "--replace")
    rows = {}
    with open(paths["exported"], encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            rows[row["key"]] = row["value"]
    demand(list(rows) == sorted(rows, key=str.encode), "the export is sorted")
    mark = json.loads(rows.pop(MARK_KEY))
    return rows, mark["lines"]


def check_rows(rows, records):
    """The rows are these records, no more and no less, each with exactly its value."""
    expected = dict(records)
    demand(len(rows) == len(expected), f"{len(expected)} rows are there, not {len(rows)}")
    for key, text in rows.items():
        demand(key in expected, f"{key} was imported")
        demand(json.loads(text) == expected[key], f"{key} has the value that was imported")


def check_after_kill(command, paths, records, acknowledged):
    """What was acknowledged is there, and transactions are there in whole or not at all."""
    command.show("stat")
    rows, lines = exported(command, paths)
    demand(lines >= acknowledged, f"{acknowledged} lines were acknowledged, {lines} are there")
    demand(lines % BATCH == 0 or lines == len(records), "only whole transactions are there")
    check_rows(rows, records[:lines])
    print(f"acknowledged before the kill:  {acknowledged:,} records, all there")
    print(f"there after recovery:          {lines:,} records, exactly the first {lines:,} of the "
          f"input in whole transactions of {BATCH}")


def digest_of(command):
    return command.json("stat", "--digest")["digest"]


def kill_and_recover(command, paths, records):
    for share in KILL_AT:
        title(f"Import in durable transactions of {BATCH} records, killed at {share:.0%}")
        acknowledged = import_and_kill(command, paths, int(len(records) * share))
        title("Recovery")
        check_after_kill(command, paths, records, acknowledged)


def finish_import(command, paths, records):
    title("The same command again: the import goes on where it stopped")
    already = last_acknowledged(paths["acknowledged"])
    begin = time.monotonic()
    demand(subprocess.run(import_words(command, paths)).returncode == 0, "the import ends well")
    seconds = time.monotonic() - begin
    rows, lines = exported(command, paths)
    demand(lines == len(records), "every line is imported")
    check_rows(rows, records)
    print(f"{len(rows):,} records compared with the input: all equal")
    return (len(records) - already) / seconds


def snapshot_and_rebuild(command):
    title("Snapshot")
    digest = digest_of(command)
    command.show("snapshot", "create")
    command.show("snapshot", "verify")
    print(f"state digest  {digest}")

    title("state.mdb deleted: snapshot and log rebuild it")
    for name in ("state.mdb", "state.mdb-lock"):
        path = os.path.join(command.store, name)
        if os.path.exists(path):
            os.remove(path)
    stat = command.json("stat", "--digest")
    demand(stat["recovery"]["materialized_rebuilt"], "state.mdb was rebuilt")
    demand(stat["digest"] == digest, f"the rebuilt state has the same digest, not {stat['digest']}")
    print(f"state digest  {stat['digest']}: equal")
    return digest


def restore_elsewhere(command, copy, digest, paths, records):
    title("Restored elsewhere from the snapshot")
    command.show("snapshot", "restore", copy.store)
    restored = digest_of(copy)
    demand(restored == digest, f"the restored state has the same digest, not {restored}")
    print(f"state digest  {restored}: equal")
    rows, _ = exported(copy, paths)
    check_rows(rows, records)
    print(f"{len(rows):,} records compared with the input: all equal")


def figures(command, records, rate, seconds):
    title("Figures")
    stat = command.json("stat")
    disk = stat["footprint"]
    print(f"records            {len(records):,}")
    print(f"durable import     {rate:,.0f} records/s in transactions of {BATCH}, "
          f"opening, checkpoint and close included")
    print(f"last LSN           {stat['visible_lsn']:,}")
    print(f"log                {size(disk['log']['bytes'])}")
    print(f"snapshots          {size(disk['snapshots']['bytes'])}")
    print(f"state.mdb          {size(disk['state']['bytes'])}")
    print(f"on disk in all     {size(disk['total']['allocated_bytes'])}")
    print(f"the whole job      {seconds:.1f} s")


def main(varve, work):
    begin = time.monotonic()
    for name in ("packages.varve", "restored.varve"):
        shutil.rmtree(os.path.join(work, name), ignore_errors=True)
    os.makedirs(work, exist_ok=True)
    paths = {name: os.path.join(work, name + ".jsonl")
             for name in ("records", "acknowledged", "exported")}
    if os.path.exists(paths["acknowledged"]):
        os.remove(paths["acknowledged"])
    command = Command(varve, os.path.join(work, "packages.varve"))
    copy = Command(varve, os.path.join(work, "restored.varve"))

    title("This machine's package database as records")
    records = write_records(paths["records"])
    print(f"{len(records):,} records, {size(os.path.getsize(paths['records']))}, in "
          f"{time.monotonic() - begin:.1f} s")
    command.show("init")
    kill_and_recover(command, paths, records)
    rate = finish_import(command, paths, records)
    digest = snapshot_and_rebuild(command)
    restore_elsewhere(command, copy, digest, paths, records)
    title("Everything verified, byte by byte, in both stores")
    command.show("check")
    copy.show("check")
    figures(command, records, rate, time.monotonic() - begin)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except Failed as failure:
        sys.exit(f"FAILED, this does not hold: {failure}")
