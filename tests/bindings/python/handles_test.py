"""Handles end in whatever order they end, and what has ended says so: never a crash.

What would crash does so in a process of its own, so that a failure is one test and not all.
"""

import gc
import itertools
import os
import unittest

from store_fixture import FolderTest, StoreTest, finish, python

import varve
from varve import _handles

# Drops the objects of the list in the order that the arguments give, then makes the collector run.
_DROP = """
import gc, sys, varve
store = varve.open(sys.argv[1], keep_history=varve.FOREVER)
store.update(lambda txn: txn.kv().put_many({f"k{n}": b"v" for n in range(9)}))
store.update(lambda txn: txn.events().append("log", "a", {}))
view, txn = store.view(), store.transaction()
txn.kv()["mine"] = b"v"
scan = view.kv().scan()
next(scan)
events = view.events().scan("log")
feed = store.changes(timeout=0)
next(feed)
other = store.transaction()
other.kv()["other"] = b"v"
ticket = other.commit_async()
things = dict(store=store, view=view, txn=txn, scan=scan, events=events, feed=feed, ticket=ticket)
del store, view, txn, scan, events, feed, other, ticket
for name in sys.argv[2:]:
    del things[name]
    gc.collect()
print("dropped")
"""

# The same objects, all in one cycle: the collector chooses the order.
_CYCLE = """
import gc, sys, varve
class Cycle: pass
for number in range(20):
    cycle = Cycle()
    cycle.me, cycle.store = cycle, varve.open_in_memory()
    cycle.store.update(lambda txn: txn.kv().put_many({f"k{n}": b"v" for n in range(9)}))
    cycle.view = cycle.store.view()
    cycle.scans = [cycle.view.kv().scan() for _ in range(3)]
    next(cycle.scans[0])
    cycle.txn = cycle.store.transaction()
    cycle.txn.kv()["mine"] = b"v"
    del cycle
    gc.collect()
print("collected")
"""

_FORK = """
import gc, os, sys, varve
store = varve.open(sys.argv[1])
store.update(lambda txn: txn.kv().put("k", b"v"))
view, txn = store.view(), store.transaction()
scan = view.kv().scan()
child = os.fork()
if child == 0:
    calls = dict(view=lambda: view.kv().get("k"), scan=lambda: next(scan), txn=txn.commit,
                 begin=store.transaction, sync=store.sync, new_view=store.view)
    for name, call in calls.items():
        try:
            call()
        except varve.FailedPrecondition:
            continue
        print(name, "went through")
    del view, txn, scan, calls, call, store
    gc.collect()
    print("child ended")
    sys.exit()
os.waitpid(child, 0)
print(view.kv()["k"], next(scan).key)
txn.kv()["parent"] = b"v"
txn.commit()
store.close()
print("parent ended")
"""


class Order(FolderTest):
    def test_whatever_is_dropped_first(self):
        names = ["store", "view", "txn", "scan", "events", "feed", "ticket"]
        orders = [names, names[::-1]] + [list(order) for order in itertools.islice(
            itertools.permutations(names), 700, None, 900)]
        running = [python(_DROP, self.folder / str(number), *order)
                   for number, order in enumerate(orders)]
        for order, process in zip(orders, running):
            self.assertEqual(finish(process), (0, "dropped\n"), order)

    def test_whatever_the_collector_chooses(self):
        self.assertEqual(finish(python(_CYCLE)), (0, "collected\n"))


class Fork(FolderTest):
    def test_a_child_is_refused_and_does_its_parent_no_harm(self):
        code, printed = finish(python(_FORK, self.folder / "store"))
        self.assertEqual((code, printed), (0, "child ended\nb'v' b'k'\nparent ended\n"))
        with varve.open(self.folder / "store") as store, store.view() as view:
            self.assertEqual(view.kv()["parent"], b"v")

    @unittest.skipUnless(hasattr(os, "register_at_fork"), "no fork on this system")
    def test_a_handle_knows_the_process_that_made_it(self):
        with varve.open_in_memory() as store:
            with store.view() as view:
                _handles._process[0] += 1
                try:
                    with self.assertRaisesRegex(varve.FailedPrecondition, "before fork"):
                        view.kv().get("k")
                finally:
                    _handles._process[0] -= 1
                self.assertIsNone(view.kv().get("k"))


class AfterTheStore(StoreTest):
    def test_closing_a_store_ends_what_was_made_of_it(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        view, txn, feed = self.store.view(), self.store.transaction(), self.store.changes(timeout=0)
        scan, tail = view.kv().scan(), self.store.tail("log")
        txn.kv()["k"] = b"w"
        self.store.close()
        for call in (lambda: view.kv().get("k"), lambda: next(scan), txn.commit,
                     lambda: next(feed), lambda: next(tail)):
            with self.assertRaisesRegex(varve.FailedPrecondition, "the store is closed"):
                call()
        view.close()
        txn.abort()

    def test_a_store_that_is_closed_is_opened_again_whatever_is_left_of_it(self):
        self.store.update(lambda txn: txn.events().append("log", "a", {}))
        left = [self.store, self.store.view(), self.store.transaction(), self.store.changes(),
                self.store.tail("log")]
        next(left[-1])
        left.append(left[1].kv().scan())
        writer = self.store.transaction()
        writer.kv()["left"] = b"v"
        left.append(writer.commit_async())
        self.store.close()
        self.store = self.open()
        self.assertEqual(left[-1].wait(), left[-1].receipt)
        del left
        gc.collect()
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        self.store.checkpoint()  # nothing that was left has touched the new one

    def test_what_a_callback_ends_ends_after_the_call(self):
        self.store.update(lambda txn: txn.state().init("c", b"1"))
        txn = self.store.transaction()
        pointers = []

        def close(value):
            self.store.close()
            txn.abort()
            pointers.append(txn._handle.pointer)
            return value + b"2"

        with self.assertRaises(varve.Error):
            txn.state().transition("c", close)
            txn.commit()
        with self.assertRaisesRegex(varve.FailedPrecondition, "the store is closed"):
            txn.state().get("c")
        self.assertNotEqual(pointers, [None])  # the call was still using it
        self.assertIsNone(txn._handle.pointer)

    def test_handles_of_primitives_keep_their_reader(self):
        kv = self.store.view().kv()
        gc.collect()
        self.assertIsNone(kv.get("k"))


if __name__ == "__main__":
    unittest.main()
