"""Plays a recorded agent run through all seven primitives, kills it, and goes on from there.

usage: agent_job.py PATH_TO_VARVE PATH_TO_PLAY_RUN WORKDIR

Every claim is checked; the first that is false ends the program with exit code 1.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

RECORDING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent_run.jsonl")
KILL_AFTER = 1500  # steps


class Failed(Exception):
    pass


def demand(condition, claim):
    if not condition:
        raise Failed(claim)


def title(text):
    print(f"\n== {text}")


def call(words, expected=0):
    answer = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    demand(answer.returncode == expected,
           f"`{' '.join(words[:4])} ...` ended with {answer.returncode}, not {expected}")
    return answer.stdout


class Job:
    def __init__(self, varve, player, work):
        self.varve = varve
        self.player = player
        self.store = os.path.join(work, "agent.varve")

    def verb(self, *words, expected=0):
        return call([self.varve, self.store, *words], expected)

    def json(self, *words):
        return [json.loads(line) for line in self.verb(*words, "--json").splitlines()]

    def play(self, *more, expected=0):
        began = time.monotonic()
        text = call([self.player, "play", self.store, RECORDING, *more], expected)
        return text.splitlines(), time.monotonic() - began

    def verify(self, run):
        print(call([self.player, "verify", self.store, RECORDING, run]), end="")


def interrupted_and_completed(job):
    title(f"The recorded run goes in, one transaction a step; SIGKILL after {KILL_AFTER} steps")
    lines, seconds = job.play(str(KILL_AFTER), expected=-signal.SIGKILL)
    run = lines[0].split()[-1]
    print(f"{KILL_AFTER} durable steps in {seconds:.2f} s, each through up to seven primitives")
    orphans = job.json("run", "orphans")
    demand([found["run"] for found in orphans] == [run], "the killed run is found orphaned")
    print(f"orphaned: {run}")
    job.verify(run)
    lines, seconds = job.play()
    demand(lines[0] == f"orphaned run {run}", "the player takes the orphaned run over")
    demand(lines[1] == f"{KILL_AFTER} steps are in", "every durable step is there")
    print(f"resumed and {lines[2]} in {seconds:.2f} s")
    job.verify(run)
    return run


def replayed_forked_and_diffed(job, run):
    title("Back to a step before the kill; a fork from there goes its own way")
    count = job.json("run", "get", run)[0]["steps"]
    step = count // 2
    began = time.monotonic()
    then = job.json("replay", f"{run}@{step}", "--steps-only")[-1]
    print(f"entry {then['after_step']} of {count}: digest {then['digest']}, "
          f"in {(time.monotonic() - began) * 1000:.0f} ms")
    fork = job.json("run", "fork", f"{run}@{step}", "--name", "what if")[0]["run"]
    same = job.verb("diff", f"{run}@{step}", fork, expected=1)
    demand(same.startswith("0 added, 0 removed, 0 modified"), "a fork begins as its source was")
    job.verb("kv", "put", "progress", "forked", "--run", fork)
    job.verb("kv", "put", "plan", "refund at once", "--run", fork)
    print(job.verb("diff", f"{run}@{step}", fork), end="")
    refused = subprocess.run([job.varve, job.store, "kv", "put", "plan", "late", "--run", run],
                             stderr=subprocess.PIPE, text=True)
    demand(refused.returncode != 0, "a completed run takes no more entries")
    print("the completed run refuses: " + refused.stderr.splitlines()[0].split(": ", 2)[-1])


def searched(job, run):
    title('Search: "where is my parcel", among what customers wrote')
    print(call([job.player, "search", job.store, run, "where is my parcel", "custom"]), end="")


def main():
    if len(sys.argv) != 4:
        print("usage: agent_job.py PATH_TO_VARVE PATH_TO_PLAY_RUN WORKDIR", file=sys.stderr)
        return 2
    job = Job(*sys.argv[1:])
    shutil.rmtree(job.store, ignore_errors=True)
    try:
        run = interrupted_and_completed(job)
        replayed_forked_and_diffed(job, run)
        searched(job, run)
        report = job.verb("check")
        print("\n" + report.splitlines()[-1])
    except Failed as claim:
        print(f"NOT TRUE: {claim}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
