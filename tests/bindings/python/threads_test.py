"""What threads may share, and that a call lets others run.

Proof that the interpreter's lock is given up: each test here would wait for ever, and not fail, if
it were kept. The process would then be ended by the time limit of the test.
"""

import random
import sys
import threading
import unittest

from store_fixture import MemoryTest, StoreTest

import varve


class OthersRun(MemoryTest):
    def test_while_a_call_waits_inside_of_the_library(self):
        reached = threading.Event()
        counted = [0]

        def wait():
            reached.set()
            # One call of C, a minute long, that the commit below ends.
            self.store._wait_visible_us(0, 60_000_000)
            counted.append("woken")

        waiter = threading.Thread(target=wait)
        waiter.start()
        reached.wait()
        while counted[0] < 100_000:
            counted[0] += 1
        self.assertNotIn("woken", counted)
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        waiter.join()
        self.assertEqual(counted[1:], ["woken"])


class Shared(MemoryTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-6)

    def run_in_threads(self, body, count=4):
        failures, all_there = [], threading.Barrier(count)

        def run(number):
            all_there.wait()
            try:
                body(number)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_a_store_takes_commits_from_all_threads(self):
        self.run_in_threads(lambda number: [
            self.store.update(lambda txn: txn.kv().increment("n"), attempts=1000)
            for _ in range(50)])
        self.assertEqual(self.read(lambda view: view.kv()["n"]), b"200")

    def test_a_view_and_its_scans_are_shared(self):
        self.write(lambda txn: txn.kv().put_many({f"{n:04}": b"v" * n for n in range(300)}))
        with self.store.view() as view:
            kv, shared, rows = view.kv(), view.kv().scan(), []

            def read(number):
                rows.extend(shared)
                choose = random.Random(number)
                for _ in range(1000):
                    size = choose.randrange(300)
                    self.assertEqual(len(kv[f"{size:04}"]), size)
                    next(kv.scan(begin=f"{size:04}"))  # left early, for the collector

            self.run_in_threads(read)
            self.assertEqual(sorted(row.key for row in rows), list(kv))

    def test_a_transaction_is_shared(self):
        with self.store.transaction() as txn:
            self.run_in_threads(lambda number: [
                txn.kv().put(f"{number} {n}", b"v") for n in range(100)])
            self.assertEqual(txn.kv().count(), 400)

    def test_views_end_while_others_read_them(self):
        self.write(lambda txn: txn.kv().put_many({f"{n:04}": b"v" for n in range(100)}))
        for _ in range(20):
            view = self.store.view()

            def read(number):
                try:
                    if number == 0:
                        view.close()
                    for _ in view.kv().scan():
                        pass
                except varve.FailedPrecondition:
                    pass

            self.run_in_threads(read)


class Closing(StoreTest):
    def test_a_store_is_closed_while_others_use_it(self):
        started = threading.Barrier(4)
        ended = []

        def use():
            started.wait()
            try:
                while True:
                    self.store.update(lambda txn: txn.kv().increment("n"), attempts=1000)
            except varve.FailedPrecondition as error:
                ended.append(error)

        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads:
            thread.start()
        started.wait()
        self.store.close()
        for thread in threads:
            thread.join()
        self.assertEqual(len(ended), 3)


if __name__ == "__main__":
    unittest.main()
