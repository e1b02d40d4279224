"""An open store: its life, what it is, what it tells."""

import gc
import unittest
import warnings

from store_fixture import FolderTest, StoreTest, finish, python

import varve


class Store(StoreTest):
    def test_a_store_knows_itself(self):
        self.assertEqual(self.store.path, str(self.path))
        self.assertFalse(self.store.read_only)
        identity = self.store.uuid
        self.reopen()
        self.assertEqual(self.store.uuid, identity)
        self.assertEqual(self.store.recovery.base, varve.Base.MATERIALIZED)
        self.assertTrue(self.store.recovery.clean_close)

    def test_the_lsns_follow_the_commits(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"), durability=varve.DURABLE)
        self.assertEqual((self.store.visible_lsn, self.store.durable_lsn), (1, 1))
        self.assertEqual(self.store.applied_lsn, 0)
        self.store.checkpoint()
        self.assertEqual(self.store.applied_lsn, 1)
        self.assertEqual(self.store.footprint().rows, 1)

    def test_sync_makes_buffered_commits_durable(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"), durability=varve.BUFFERED)
        self.store.sync()
        self.assertEqual(self.store.durable_lsn, 1)

    def test_a_healthy_store_raises_nothing(self):
        self.store.check_status()
        self.store.check_maintenance()

    def test_read_only_writes_nothing(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        self.reopen(read_only=True)
        with self.store.view() as view:
            self.assertEqual(view.kv()["k"], b"v")
        with self.assertRaises(varve.FailedPrecondition):
            self.store.transaction()

    def test_use_after_close_says_so(self):
        self.store.close()
        self.store.close()  # again does nothing
        self.assertTrue(self.store.closed)
        for call in (self.store.view, self.store.transaction, self.store.sync,
                     lambda: self.store.path, lambda: next(self.store.tail("s")),
                     lambda: self.store.changes()):
            with self.assertRaisesRegex(varve.FailedPrecondition, "closed"):
                call()

    def test_history_is_read_as_of_an_lsn(self):
        self.reopen(keep_history=varve.FOREVER)
        for value in (b"one", b"two", b"three"):
            self.store.update(lambda txn: txn.kv().put("k", value))
        with self.store.as_of(1) as past:
            self.assertEqual((past.kv()["k"], past.lsn), (b"one", 1))
        with self.assertRaises(varve.OutOfRange):
            self.store.as_of(9)

    def test_progress_of_an_open_is_told_and_can_stop_it(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        seen = []
        self.reopen(progress=seen.append)
        self.assertIn(varve.Stage.PLAN, [progress.stage for progress in seen])
        self.store.close()

        class Stopped(Exception):
            pass

        def stop(progress):
            raise Stopped(progress.stage)

        with self.assertRaises(Stopped):
            varve.open(self.path, progress=stop)
        self.store = self.open()  # nothing came of it, and nothing is held

    def test_tuning_reaches_the_store(self):
        with self.assertRaises(varve.InvalidArgument):
            self.reopen(tuning=varve.Tuning(segment_bytes_min=2, segment_bytes_max=1))
        self.store = self.open(tuning=varve.Tuning(no_background_threads=True))
        self.store.update(lambda txn: txn.kv().put("k", b"v"))

    def test_waiting_for_a_commit_ends_with_it_or_with_the_time(self):
        self.assertEqual(self.store.wait_visible(0, timeout=0), 0)
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        self.assertEqual(self.store.wait_visible(0), 1)


class InMemory(unittest.TestCase):
    def test_a_store_in_memory_has_no_files(self):
        with varve.open_in_memory() as store:
            store.update(lambda txn: txn.kv().put("k", b"v"))
            self.assertEqual(store.path, "")
            self.assertIsNone(store.recovery)
            with store.view() as view:
                self.assertEqual(view.kv()["k"], b"v")


class Unclosed(FolderTest):
    def test_a_store_that_nobody_closed_is_warned_about_and_closed(self):
        store = varve.open(self.folder / "store")
        store.update(lambda txn: txn.kv().put("k", b"v"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del store
            gc.collect()
        self.assertEqual([warning.category for warning in caught], [ResourceWarning])
        varve.open(self.folder / "store").close()  # it is not held any more

    def test_the_end_of_the_interpreter_closes_it(self):
        program = ("import sys, varve\n"
                   "store = varve.open(sys.argv[1])\n"
                   "store.update(lambda txn: txn.kv().put('k', b'v'))\n")
        self.assertEqual(finish(python(program, self.folder / "store")), (0, ""))
        with varve.open(self.folder / "store") as store:
            self.assertTrue(store.recovery.clean_close)


if __name__ == "__main__":
    unittest.main()
