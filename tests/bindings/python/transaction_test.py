"""Transactions, views, tickets."""

import asyncio
import unittest

from store_fixture import StoreTest

import varve


class Transactions(StoreTest):
    def test_a_block_commits_at_its_end(self):
        with self.store.transaction() as txn:
            txn.kv()["k"] = b"v"
            self.assertIsNone(txn.receipt)
            self.assertGreater(txn.bytes, 0)
        self.assertEqual(txn.receipt.lsn, 1)
        with self.store.view() as view:
            self.assertEqual((view.kv()["k"], view.lsn), (b"v", 1))

    def test_a_block_that_raises_leaves_no_trace(self):
        with self.assertRaises(KeyError):
            with self.store.transaction() as txn:
                txn.kv()["k"] = b"v"
                raise KeyError
        self.assertTrue(txn.closed)
        self.assertEqual(self.store.visible_lsn, 0)

    def test_commit_and_abort_inside_of_a_block(self):
        with self.store.transaction() as txn:
            txn.kv()["k"] = b"v"
            self.assertEqual(txn.commit(varve.DURABLE).lsn, 1)
        with self.store.transaction() as txn:
            txn.kv()["k"] = b"w"
            txn.abort()
        with self.store.view() as view:
            self.assertEqual(view.kv()["k"], b"v")

    def test_a_transaction_that_ended_says_so(self):
        with self.store.transaction() as txn:
            kv = txn.kv()
        for call in (txn.commit, lambda: kv.get("k"), lambda: kv.put("k", b"v"), lambda: txn.lsn):
            with self.assertRaisesRegex(varve.FailedPrecondition, "ended"):
                call()

    def test_a_conflict_is_aborted_and_leaves_no_trace(self):
        mine = self.store.transaction()
        mine.kv()["sum"] = mine.kv().get("k", b"") + b"!"
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        with self.assertRaises(varve.Aborted):
            mine.commit()
        with self.store.view() as view:
            self.assertNotIn("sum", view.kv())

    def test_several_primitives_commit_together(self):
        with self.assertRaises(varve.NotFound):
            with self.store.transaction() as txn:
                txn.kv()["k"] = b"v"
                txn.json()["d"] = {}
                txn.vectors().drop("none")
        with self.store.view() as view:
            self.assertNotIn("k", view.kv())
            self.assertNotIn("d", view.json())

    def test_update_gives_what_its_body_returned(self):
        kept = []

        def body(txn):
            kept.append(txn)
            return txn.kv().increment("n", 5)

        self.assertEqual(self.store.update(body), 5)
        self.assertEqual(kept[0].receipt.lsn, 1)
        with self.assertRaisesRegex(varve.FailedPrecondition, "body has returned"):
            kept[0].kv().get("n")

    def test_update_runs_again_after_a_conflict(self):
        seen = []

        def body(txn):
            seen.append(txn.kv().get("k"))
            if len(seen) == 1:
                self.store.update(lambda other: other.kv().put("k", b"theirs"))
            txn.kv()["mine"] = b"m"

        self.store.update(body)
        self.assertEqual(seen, [None, b"theirs"])

    def test_update_gives_up_after_as_many_attempts_as_it_was_told(self):
        attempts = []

        def body(txn):
            attempts.append(txn.kv().get("k"))
            self.store.update(lambda other: other.kv().increment("k"))
            txn.kv()["mine"] = b"m"

        with self.assertRaisesRegex(varve.Aborted, "3 attempts"):
            self.store.update(body, attempts=3)
        self.assertEqual(len(attempts), 3)
        with self.assertRaises(ValueError):
            self.store.update(body, attempts=0)

    def test_what_a_body_raises_comes_out_as_it_is(self):
        raised = RuntimeError("mine")

        def body(txn):
            txn.kv()["k"] = b"v"
            raise raised

        with self.assertRaises(RuntimeError) as caught:
            self.store.update(body)
        self.assertIs(caught.exception, raised)
        self.assertEqual(self.store.visible_lsn, 0)

    def test_a_body_does_not_commit_its_transaction(self):
        with self.assertRaisesRegex(varve.FailedPrecondition, "varve_store_update commits"):
            self.store.update(lambda txn: txn.commit())

    def test_the_durability_of_the_store_is_that_of_its_commits(self):
        self.reopen(durability=varve.DURABLE)
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        self.assertEqual(self.store.durable_lsn, self.store.visible_lsn)


class Views(StoreTest):
    def test_a_view_stays_as_it_was(self):
        self.store.update(lambda txn: txn.kv().put("k", b"v"))
        with self.store.view() as view:
            self.store.update(lambda txn: txn.kv().put("k", b"w"))
            self.assertEqual(view.kv()["k"], b"v")
            self.assertGreater(view.now, 1_700_000_000_000_000)
        self.assertTrue(view.closed)
        with self.assertRaisesRegex(varve.FailedPrecondition, "the view is closed"):
            view.kv().get("k")

    def test_a_view_has_no_writes(self):
        with self.store.view() as view:
            for handle in (view.kv(), view.json(), view.events(), view.state(), view.trace(),
                           view.runs(), view.vectors()):
                for name in ("put", "set", "append", "record", "create", "upsert"):
                    self.assertFalse(hasattr(handle, name))


class Tickets(StoreTest):
    def commit(self, key):
        txn = self.store.transaction()
        txn.kv()[key] = b"v"
        return txn.commit_async()

    def test_a_ticket_knows_its_receipt_and_waits(self):
        ticket = self.commit("k")
        self.assertEqual(ticket.wait(), ticket.receipt)
        self.assertEqual(self.store.durable_lsn, ticket.receipt.lsn)

    def test_a_future_is_resolved_by_the_store(self):
        tickets = [self.commit(f"k{number}") for number in range(20)]
        receipts = [ticket.future().result(timeout=60) for ticket in tickets]
        self.assertEqual([receipt.lsn for receipt in receipts], list(range(1, 21)))

    def test_tickets_are_awaited(self):
        async def commit_all():
            futures = [asyncio.wrap_future(self.commit(f"k{number}").future())
                       for number in range(20)]
            return await asyncio.gather(*futures)

        self.assertEqual([receipt.lsn for receipt in asyncio.run(commit_all())],
                         list(range(1, 21)))


if __name__ == "__main__":
    unittest.main()
