"""A process that is killed in mid-commit loses nothing that it was told is durable.

The child commits transactions of two keys and an event, and prints the number of each once its
commit returned. It is killed while it does so; what is there afterwards must be every transaction
that was acknowledged, whole, and of those behind them whole ones only.
"""

import os
import random
import signal
import unittest

from store_fixture import FolderTest, python

import varve

_WRITER = """
import sys, varve
store = varve.open(sys.argv[1])
for number in range(int(sys.argv[2]), 1_000_000):
    with store.transaction() as txn:
        txn.kv()[f"{number:06}"] = b"x" * (number % 5000)
        txn.events().append("log", "written", {"n": number})
        txn.kv()["last"] = str(number)
    print(number, flush=True)
"""


class Killed(FolderTest):
    def test_what_was_acknowledged_is_there_and_nothing_is_half(self):
        seed = int(os.environ.get("VARVE_TEST_SEED", 0)) or random.randrange(1, 2**32)
        choose = random.Random(seed)
        path, count = self.folder / "store", 0
        for life in range(5):
            with self.subTest(f"VARVE_TEST_SEED={seed}", life=life):
                count = self.live(path, count, choose.randrange(1, 60))

    def live(self, path, count, acknowledged):
        """One life: `count` transactions are there, `acknowledged` more are made, then the kill."""
        writer = python(_WRITER, path, count)
        numbers = [int(writer.stdout.readline()) for _ in range(acknowledged)]
        writer.send_signal(signal.SIGKILL)
        numbers += [int(line) for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdin.close()
        writer.stdout.close()
        self.assertEqual(numbers, list(range(count, count + len(numbers))))
        with varve.open(path) as store, store.view() as view:
            self.assertFalse(store.recovery.clean_close)
            there = view.events().length("log")
            self.assertGreaterEqual(there, count + len(numbers))
            self.assertLessEqual(there, count + len(numbers) + 1)
            self.assertEqual(view.kv()["last"], str(there - 1).encode())
            for number, event in enumerate(view.events().scan("log")):
                self.assertEqual(event.payload, {"n": number})
                self.assertEqual(len(view.kv()[f"{number:06}"]), number % 5000)
            self.assertEqual(view.kv().count(), there + 1)
            self.assertTrue(view.events().verify("log").intact)
        return there


if __name__ == "__main__":
    unittest.main()
