#!/usr/bin/env python3
"""What a call of KV costs in Python, beside the same loop in C, on stores in memory.

    VARVE_LIBRARY=build/release/libvarve.so.0 PYTHONPATH=bindings/python \
        python3 bench/bindings/python/kv_bench.py [OPERATIONS]

Prints the medians of runs that alternate between the two, in nanoseconds an operation.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import varve

_ROUNDS = 5
_HERE = pathlib.Path(__file__).resolve().parent
_LOOPS = ("put, in one transaction", "get, in one view", "put in a buffered transaction of its own")


def build(folder):
    """The program of C, linked to the library that this interpreter uses."""
    library = pathlib.Path(os.environ["VARVE_LIBRARY"]).resolve()
    program = pathlib.Path(folder) / "kv_bench"
    subprocess.run([os.environ.get("VARVE_C_COMPILER", "cc"), "-O2",
                    "-I", _HERE.parents[2] / "bindings/c", _HERE / "kv_bench.c", library,
                    f"-Wl,-rpath,{library.parent}", "-o", program], check=True)
    return program


def timed(body, count):
    """Nanoseconds for each of `count` numbers that `body` is called with."""
    began = time.perf_counter_ns()
    for number in range(count):
        body(number)
    return (time.perf_counter_ns() - began) / count


def run_python(count):
    """The three loops, and the bytes that were read."""
    value, read = bytes(100), []
    with varve.open_in_memory(durability=varve.BUFFERED) as store:
        with store.transaction(durability=varve.DURABLE) as txn:
            kv = txn.kv()
            put = timed(lambda number: kv.put(b"key %08d" % number, value), count)
        with store.view() as view:
            kv = view.kv()
            get = timed(lambda number: read.append(len(kv.get(b"key %08d" % number))), count)

        def update(number):
            with store.transaction() as txn:
                txn.kv().put(b"key %08d" % number, b"value")

        return [put, get, timed(update, count)], sum(read)


def run_c(program, count):
    """The same of the program."""
    *loops, read = subprocess.run([program, str(count)], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout.split()
    return [float(loop) for loop in loops], int(read)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        rounds = [(run_python(count), run_c(program, count)) for _ in range(_ROUNDS)]
    for (_, in_python), (_, in_c) in rounds:
        assert in_python == in_c == 100 * count
    print(f"{'ns an operation':44}{'Python':>10}{'C':>10}")
    for index, name in enumerate(_LOOPS):
        medians = [statistics.median(sides[side][0][index] for sides in rounds)
                   for side in range(2)]
        print(f"{name:44}{medians[0]:10.0f}{medians[1]:10.0f}")


if __name__ == "__main__":
    main()
