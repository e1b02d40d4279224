"""Event through Python."""

import hashlib
import threading
import unittest

from store_fixture import MemoryTest

import varve


class Events(MemoryTest):
    def test_events_come_back_in_order_with_their_bytes(self):
        with self.store.transaction() as txn:
            events = txn.events()
            self.assertEqual(events.append("log", "a", {"n": 1}), 0)
            self.assertEqual(events.append_many("log", [("b", b'{ "n" : 2 }'), ("a", {})]), 1)
        with self.store.view() as view:
            events = view.events()
            self.assertEqual(events.length("log"), 3)
            self.assertEqual([(event.sequence, event.type, event.text) for event
                              in events.scan("log")],
                             [(0, "a", b'{"n":1}'), (1, "b", b'{ "n" : 2 }'), (2, "a", b"{}")])
            self.assertEqual(events.get("log", 1).payload, {"n": 2})
            self.assertIsNone(events.get("log", 3))
            self.assertEqual(events.last("log").sequence, 2)
            self.assertIsNone(events.last("none"))
            self.assertEqual(events.appended("log", 1), (0, 3))
            self.assertEqual(len(events.get("log", 0).hash), hashlib.sha256().digest_size)
            self.assertEqual(events.describe("log").head, events.last("log").hash)
            self.assertEqual([stream.name for stream in events.streams()], ["log"])
            self.assertEqual(events.verify("log"), (True, 3, ""))

    def test_a_payload_is_a_json_object(self):
        for payload in (b"[1]", b"{", "text"):
            with self.assertRaises(varve.InvalidArgument):
                self.write(lambda txn: txn.events().append("log", "a", payload))

    def test_scans_by_type_time_and_place(self):
        self.write(lambda txn: txn.events().append_many(
            "log", [("even" if number % 2 == 0 else "odd", {"n": number}) for number in range(9)]))
        with self.store.view() as view:
            events = view.events()

            def sequences(*arguments, **options):
                return [event.sequence for event in events.scan("log", *arguments, **options)]

            self.assertEqual(sequences(3, 6), [3, 4, 5])
            self.assertEqual(sequences(type="odd", reverse=True), [7, 5, 3, 1])
            scan = events.scan("log", limit=4)
            self.assertEqual(len(list(scan)), 4)
            self.assertEqual(sequences(scan.position), [4, 5, 6, 7, 8])
            time = events.get("log", 0).time
            self.assertEqual(sequences(until=time), [])
            self.assertEqual(len(sequences(since=varve.to_datetime(time))), 9)
            self.assertEqual(events.first_since("log", time), 0)
            self.assertEqual(events.first_since("log", time + 1), 9)

    def test_consumers_keep_their_positions(self):
        self.write(lambda txn: txn.events().append_many("log", [("a", {})] * 5))
        self.write(lambda txn: txn.events().commit_position("log", "me", 3))
        self.write(lambda txn: txn.events().commit_position("log", "me", 2))
        self.assertEqual(self.read(lambda view: view.events().position("log", "me")), 3)
        self.write(lambda txn: txn.events().reset_position("log", "me", 1))
        self.assertEqual(self.read(lambda view: view.events().consumers("log")), [("me", 1)])
        self.write(lambda txn: txn.events().forget_consumer("log", "me"))
        self.assertIsNone(self.read(lambda view: view.events().position("log", "me")))


class Tails(MemoryTest):
    def test_a_tail_gives_what_is_there_and_ends_with_its_time(self):
        self.write(lambda txn: txn.events().append_many("log", [("a", {})] * 5))
        self.assertEqual([event.sequence for event in self.store.tail("log", 2, timeout=0)],
                         [2, 3, 4])
        self.assertEqual([event.sequence for event in self.store.tail("log", timeout=0, batch=2)],
                         [0, 1, 2, 3, 4])

    def test_a_tail_waits_for_the_next_event(self):
        tail = self.store.tail("log")
        # The append needs the interpreter while this thread waits for it inside of the library.
        writer = threading.Thread(
            target=lambda: self.write(lambda txn: txn.events().append("log", "a", {"n": 1})))
        writer.start()
        self.assertEqual(next(tail).payload, {"n": 1})
        writer.join()

    def test_a_tail_ends_with_the_store(self):
        ended = []

        def follow():
            try:
                for _ in self.store.tail("log"):
                    started.set()
            except varve.FailedPrecondition as error:
                ended.append(error)

        started = threading.Event()
        self.write(lambda txn: txn.events().append("log", "a", {}))
        follower = threading.Thread(target=follow)
        follower.start()
        started.wait(60)
        self.store.close()
        follower.join(60)
        self.assertEqual(len(ended), 1)


if __name__ == "__main__":
    unittest.main()
