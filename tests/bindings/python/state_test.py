"""State through Python: cells and what is held under a lease."""

import threading
import unittest

from store_fixture import MemoryTest

import varve


class Cells(MemoryTest):
    def test_a_version_counts_the_writes(self):
        with self.store.transaction() as txn:
            state = txn.state()
            self.assertTrue(state.init("c", b"one"))
            self.assertFalse(state.init("c", b"other"))
            self.assertEqual(state.set("c", b"two"), 2)
            self.assertFalse(state.compare_and_set("c", 1, b"x"))
            self.assertTrue(state.compare_and_set("c", 2, b"three"))
        cell = self.read(lambda view: view.state().get("c"))
        self.assertEqual((cell.name, cell.value, cell.version, cell.lsn), ("c", b"three", 3, 1))
        self.assertEqual(self.read(lambda view: view.state().list(prefix="c")), [cell])
        self.assertFalse(self.write(lambda txn: txn.state().compare_and_delete("c", 1)))
        self.assertTrue(self.write(lambda txn: txn.state().compare_and_delete("c", 3)))
        self.write(lambda txn: txn.state().delete("c"))
        self.assertIsNone(self.read(lambda view: view.state().get("c")))
        history = self.read(lambda view: view.state().history("c"))
        self.assertEqual([version.value for version in history], [None, None, b"three"])

    def test_a_transition_makes_the_next_value_of_the_present_one(self):
        self.write(lambda txn: txn.state().init("c", b"1\x00"))
        version = self.write(lambda txn: txn.state().transition("c", lambda value: value + b"2"))
        self.assertEqual(version, 2)
        self.assertEqual(self.read(lambda view: view.state().get("c").value), b"1\x002")
        self.assertIsNone(self.write(lambda txn: txn.state().transition("none", bytes)))

    def test_what_a_transition_raises_comes_out_and_nothing_is_written(self):
        self.write(lambda txn: txn.state().init("c", b"1"))
        raised = RuntimeError("mine")

        def refuse(value):
            raise raised

        with self.store.transaction() as txn:
            with self.assertRaises(RuntimeError) as caught:
                txn.state().transition("c", refuse)
            self.assertIs(caught.exception, raised)
            with self.assertRaises(TypeError):
                txn.state().transition("c", len)
            self.assertEqual(txn.state().get("c").value, b"1")

    def test_watching_gives_each_value_and_the_deletion(self):
        self.write(lambda txn: txn.state().init("c", b"1"))
        watched = self.store.watch("c")
        self.assertEqual(next(watched).value, b"1")
        writer = threading.Thread(
            target=lambda: self.write(lambda txn: txn.state().set("c", b"2")))
        writer.start()
        self.assertEqual(next(watched).value, b"2")
        writer.join()
        self.write(lambda txn: txn.state().delete("c"))
        self.assertIsNone(next(watched))
        self.assertEqual(list(self.store.watch("none", timeout=0)), [])


class Leases(MemoryTest):
    def test_a_lease_has_one_holder_and_a_growing_token(self):
        with self.store.transaction() as txn:
            first = txn.state().acquire_lease("l", "me", 60)
            self.assertIsNone(txn.state().acquire_lease("l", "you", 60))
            self.assertEqual(txn.state().lease("l"), first)
            renewed = txn.state().renew_lease("l", first.token, 120)
            self.assertEqual((renewed.owner, renewed.token), ("me", first.token))
            self.assertGreater(renewed.expires, first.expires)
            self.assertTrue(txn.state().release_lease("l", first.token))
            self.assertFalse(txn.state().release_lease("l", first.token))
            self.assertIsNone(txn.state().lease("l"))
            self.assertGreater(txn.state().acquire_lease("l", "you", 60).token, first.token)

    def test_a_block_holds_a_lease_and_gives_it_back(self):
        with self.store.lease("l", "me", 60) as lease:
            self.assertEqual(self.read(lambda view: view.state().lease("l")).token, lease.token)
            before = lease.expires
            lease.renew(120)
            self.assertGreater(lease.expires, before)
            self.assertTrue(self.write(lambda txn: txn.state().set_with_lease(
                "c", b"v", "l", lease.token)))
        self.assertIsNone(self.read(lambda view: view.state().lease("l")))
        self.assertFalse(self.write(lambda txn: txn.state().set_with_lease(
            "c", b"late", "l", lease.token)))
        with self.assertRaisesRegex(varve.LeaseLost, f"token {lease.token}"):
            lease.renew()

    def test_another_holder_is_waited_for_as_long_as_one_was_told(self):
        with self.store.lease("l", "me", 60):
            with self.assertRaisesRegex(varve.DeadlineExceeded, '"me" holds it'):
                self.store.lease("l", "you", 60, timeout=0)

    def test_waiting_ends_with_the_release(self):
        held = self.store.lease("l", "me", 3600)
        tokens = []

        def wait():
            with self.store.lease("l", "you", 3600) as lease:
                tokens.append(lease.token)

        waiter = threading.Thread(target=wait)
        waiter.start()
        held.release()
        waiter.join(60)
        self.assertEqual(tokens, [held.token + 1])

    def test_waiting_ends_with_the_expiry(self):
        first = self.store.lease("l", "me", 0.05)
        with self.store.lease("l", "you", 60, timeout=60) as second:
            self.assertEqual(second.token, first.token + 1)
        self.assertFalse(first.release())


if __name__ == "__main__":
    unittest.main()
