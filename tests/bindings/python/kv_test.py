"""KV through Python."""

import array
import datetime
import unittest
import uuid

from store_fixture import MemoryTest

import varve


class Kv(MemoryTest):
    def test_it_is_read_and_written_like_a_dict(self):
        with self.store.transaction() as txn:
            kv = txn.kv()
            kv["b"] = "text"
            kv[b"\x00\xff"] = b"\x00binary\x00"
            self.assertEqual(kv["b"], b"text")
            self.assertIn("b", kv)
            self.assertEqual(list(kv), [b"\x00\xff", b"b"])
            self.assertEqual(dict(kv.items()), {b"\x00\xff": b"\x00binary\x00", b"b": b"text"})
            self.assertEqual(dict(kv), {b"\x00\xff": b"\x00binary\x00", b"b": b"text"})
            del kv["b"]
            with self.assertRaises(KeyError):
                kv["b"]
            with self.assertRaises(KeyError):
                del kv["b"]
            kv.delete("b")

    def test_buffers_are_taken_as_they_are(self):
        values = [b"bytes", bytearray(b"bytearray"), memoryview(b"a view"), b"",
                  memoryview(bytearray(b"writable")), array.array("d", [1.5, 2.5])]
        self.write(lambda txn: txn.kv().put_many(
            {f"k{number}": value for number, value in enumerate(values)}))
        read = self.read(lambda view: view.kv().get_many(
            [f"k{number}" for number in range(len(values))] + ["none"]))
        self.assertEqual(read, [bytes(value) for value in values] + [None])
        with self.assertRaises(BufferError):
            self.write(lambda txn: txn.kv().put("k", memoryview(b"abcdef")[::2]))

    def test_a_buffer_is_given_back_after_the_call(self):
        value = bytearray(b"abc")
        self.write(lambda txn: txn.kv().put("k", value))
        value.append(0)  # BufferError while it is exported

    def test_a_large_value(self):
        value = bytes(range(256)) * 4096 * 16
        self.write(lambda txn: txn.kv().put("k", value))
        self.assertEqual(self.read(lambda view: view.kv()["k"]), value)
        with self.assertRaises(varve.ResourceExhausted):
            self.write(lambda txn: txn.kv().put("k", value + b"!"))

    def test_a_row_has_version_time_and_expiry(self):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        self.write(lambda txn: txn.kv().put("k", b"v", expires=until))
        row = self.read(lambda view: view.kv().row("k"))
        self.assertEqual((row.key, row.value, row.lsn), (b"k", b"v", 1))
        self.assertEqual(varve.to_datetime(row.expires), until)
        self.assertLess(abs(varve.to_datetime(row.commit_time)
                            - datetime.datetime.now(datetime.timezone.utc)),
                        datetime.timedelta(minutes=10))
        self.write(lambda txn: txn.kv().put("k", b"v"))
        self.assertIsNone(self.read(lambda view: view.kv().row("k")).expires)
        self.assertIsNone(self.read(lambda view: view.kv().row("none")))

    def test_ttl_counts_from_the_beginning_of_the_transaction(self):
        with self.store.transaction() as txn:
            txn.kv().put("k", b"v", ttl=datetime.timedelta(minutes=1))
            self.assertEqual(txn.kv().row("k").expires, txn.now + 60_000_000)
            with self.assertRaises(varve.InvalidArgument):
                txn.kv().put("k", b"v", ttl=1, expires=1)
            for wrong in ({"ttl": -1}, {"ttl": 0}, {"ttl": 1e-9}, {"expires": 0}):
                with self.assertRaises(ValueError):
                    txn.kv().put("k", b"v", **wrong)

    def test_what_has_expired_is_absent_and_can_be_swept(self):
        self.write(lambda txn: txn.kv().put("k", b"v", expires=1))
        self.assertIsNone(self.read(lambda view: view.kv().get("k")))
        self.assertEqual(self.write(lambda txn: txn.kv().sweep_expired()), (1, False))

    def test_scans_are_bounded_and_go_on_where_the_limit_ended_them(self):
        self.write(lambda txn: txn.kv().put_many([(f"k{n}", str(n)) for n in range(9)]))
        with self.store.view() as view:
            kv = view.kv()

            def keys(**options):
                return [row.key.decode() for row in kv.scan(**options)]

            self.assertEqual(keys(begin="k3", end="k6"), ["k3", "k4", "k5"])
            self.assertEqual(keys(prefix="k", reverse=True, limit=2), ["k8", "k7"])
            scan = kv.scan(limit=4)
            self.assertEqual(len(list(scan)), 4)
            self.assertEqual(keys(cursor=scan.cursor), ["k4", "k5", "k6", "k7", "k8"])
            self.assertEqual(next(iter(kv.scan(prefix="zz")), None), None)
            self.assertEqual(kv.count(begin="k3"), 6)

    def test_scans_that_are_left_early_do_no_harm(self):
        self.write(lambda txn: txn.kv().put_many([(f"k{n}", str(n)) for n in range(9)]))
        view = self.store.view()
        scans = [view.kv().scan() for _ in range(5)]
        self.assertEqual([next(scan).key for scan in scans], [b"k0"] * 5)
        del scans[0]
        self.assertEqual(next(scans[0]).key, b"k1")
        self.assertEqual(len(view._handle._cursors), 4)  # the call after it freed the dropped one
        view.close()
        self.assertEqual(len(view._handle._cursors), 0)
        with self.assertRaisesRegex(varve.FailedPrecondition, "the view is closed"):
            next(scans[0])

    def test_history_shows_what_a_row_was(self):
        for value in (b"one", b"two"):
            self.write(lambda txn: txn.kv().put("k", value))
        self.write(lambda txn: txn.kv().delete("k"))
        history = self.read(lambda view: view.kv().history("k"))
        self.assertEqual([(version.value, version.lsn) for version in history],
                         [(None, 3), (b"two", 2), (b"one", 1)])
        self.assertEqual(self.read(lambda view: view.kv().history("k", before=2))[0].lsn, 1)
        page = self.read(lambda view: view.kv().history("k", limit=1))
        self.assertEqual((len(page), page.more), (1, True))

    def test_conditional_writes(self):
        with self.store.transaction() as txn:
            self.assertTrue(txn.kv().put_if_absent("k", b"v"))
            self.assertFalse(txn.kv().put_if_absent("k", b"w"))
        with self.store.transaction() as txn:
            self.assertFalse(txn.kv().compare_and_set("k", 7, b"w"))
            self.assertTrue(txn.kv().compare_and_set("k", 1, b"w"))
            self.assertFalse(txn.kv().compare_value_and_set("k", b"v", b"x"))
            self.assertTrue(txn.kv().compare_value_and_set("k", b"w", b"x"))
            self.assertEqual(txn.kv()["k"], b"x")

    def test_counters(self):
        with self.store.transaction() as txn:
            self.assertEqual(txn.kv().increment("n"), 1)
            self.assertEqual(txn.kv().increment("n", -2**63), 1 - 2**63)
            with self.assertRaises(varve.OutOfRange):
                txn.kv().increment("n", -2)
            txn.kv()["t"] = b"text"
            with self.assertRaises(varve.FailedPrecondition):
                txn.kv().increment("t")

    def test_runs_are_apart(self):
        run = uuid.uuid4()
        self.write(lambda txn: (txn.kv(run).put("k", b"in"), txn.kv().put("k", b"out")))
        self.assertEqual(self.read(lambda view: [view.kv(run)["k"], view.kv(str(run))["k"],
                                                 view.kv()["k"]]), [b"in", b"in", b"out"])
        with self.assertRaises(TypeError):
            self.read(lambda view: view.kv(7))


if __name__ == "__main__":
    unittest.main()
