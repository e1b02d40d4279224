"""The change feed through Python."""

import threading
import unittest
import uuid

from store_fixture import StoreTest

import varve

KV = 1  # docs/format/registry.md


class Feed(StoreTest):
    def setUp(self):
        super().setUp()
        self.reopen(durability=varve.DURABLE)

    def put(self, key, run=None):
        self.store.update(lambda txn: txn.kv(run).put(key, b"v"))

    def test_transactions_come_once_and_in_order(self):
        for number in range(3):
            self.put(f"k{number}")
        with self.store.changes(timeout=0, describe=True) as feed:
            seen = list(feed)
            self.assertEqual([(committed.lsn, committed.changes[0].operation,
                               committed.changes[0].subject) for committed in seen],
                             [(1, "put", "k0"), (2, "put", "k1"), (3, "put", "k2")])
            self.assertEqual(list(feed), [])
            self.put("k3")
            self.assertEqual([committed.lsn for committed in feed], [4])
            position = feed.position
        self.assertEqual(position, 4)
        self.assertEqual([committed.lsn for committed in self.store.changes(2, timeout=0)], [3, 4])
        with self.assertRaisesRegex(varve.FailedPrecondition, "the change feed is closed"):
            feed.next()

    def test_a_feed_waits_for_the_next_transaction(self):
        feed = self.store.changes()
        writer = threading.Thread(target=lambda: self.put("k"))
        writer.start()
        self.assertEqual(next(feed).lsn, 1)
        writer.join()
        self.assertIsNone(feed.next(timeout=0))

    def test_a_feed_shows_what_it_was_asked_for(self):
        run = uuid.uuid4()
        self.put("out")
        self.put("in", run)
        self.store.update(lambda txn: txn.json(run).set("d", 1))

        def lsns(**options):
            return [committed.lsn for committed in self.store.changes(timeout=0, **options)]

        self.assertEqual(lsns(), [1, 2, 3])
        self.assertEqual(lsns(run=run), [2, 3])
        self.assertEqual(lsns(run=None), [1])
        self.assertEqual(lsns(primitives=[KV]), [1, 2])
        self.assertEqual(lsns(primitives=[KV], run=run), [2])

    def test_a_replica_repeats_what_it_is_shown(self):
        self.store.update(lambda txn: (txn.kv().put("k", b"\x00v"), txn.json().set("d", {"n": 1}),
                                       txn.events().append("log", "a", {"n": 1})))
        with varve.open_in_memory() as replica:
            for committed in self.store.changes(timeout=0):
                with replica.transaction() as txn:
                    for change in committed.changes:
                        txn.repeat(change)
            with replica.view() as view:
                self.assertEqual(view.kv()["k"], b"\x00v")
                self.assertEqual(view.json()["d"], {"n": 1})
                self.assertEqual(view.events().last("log").payload, {"n": 1})

    def test_a_store_in_memory_has_no_feed(self):
        with varve.open_in_memory() as store:
            with self.assertRaises(varve.FailedPrecondition):
                store.changes()

    def test_a_feed_ends_with_its_store(self):
        ended = []
        started = threading.Event()

        def follow():
            try:
                for _ in self.store.changes():
                    started.set()
            except varve.FailedPrecondition as error:
                ended.append(error)

        self.put("k")
        follower = threading.Thread(target=follow)
        follower.start()
        started.wait(60)
        self.store.close()
        follower.join(60)
        self.assertEqual(len(ended), 1)


if __name__ == "__main__":
    unittest.main()
