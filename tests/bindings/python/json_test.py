"""JSON through Python."""

import math
import unittest

from store_fixture import MemoryTest

import varve


class Documents(MemoryTest):
    def test_values_come_back_as_they_were(self):
        for value in ({}, [], "", None, True, 0, -1, 2**63 - 1, 2**64 - 1, -2**63, 0.1, 1e308,
                      5e-324, "h\u00e9 \U0001f600 \u0000 \" \\", {"b": {"c": [1, [2.5, None]]}}):
            with self.subTest(value=value):
                self.write(lambda txn: txn.json().set("d", value))
                read = self.read(lambda view: view.json()["d"])
                self.assertEqual((read, type(read)), (value, type(value)))

    def test_what_json_does_not_have_is_refused(self):
        for value in (math.nan, math.inf, {1, 2}, b"bytes"):
            with self.assertRaises((ValueError, TypeError)):
                self.write(lambda txn: txn.json().set("d", value))
        with self.assertRaises(varve.InvalidArgument):
            self.write(lambda txn: txn.json().set("d", [2**64]))

    def test_it_is_read_and_written_like_a_dict(self):
        with self.store.transaction() as txn:
            documents = txn.json()
            documents["d"] = {"tags": ["a", "b"], "none": None}
            self.assertIn("d", documents)
            self.assertEqual(documents["d"]["tags"], ["a", "b"])
            self.assertIsNone(documents.get("d", "/none", default=1))
            self.assertEqual(documents.get("d", "/other", default=1), 1)
            del documents["d"]
            with self.assertRaises(KeyError):
                documents["d"]
            with self.assertRaises(KeyError):
                del documents["d"]

    def test_parts_are_read_and_changed(self):
        with self.store.transaction() as txn:
            documents = txn.json()
            documents.create("d", {"n": 1, "tags": ["a"]})
            with self.assertRaises(varve.AlreadyExists):
                documents.create("d", {})
            documents.set("d", "deep", "/x/y")
            documents.push("d", "/tags", "c")
            documents.insert("d", "/tags", 1, "b")
            self.assertEqual(documents.array_length("d", "/tags"), 3)
            self.assertIsNone(documents.array_length("d", "/n"))
            self.assertEqual(documents.pop("d", "/tags"), "c")
            documents.increment("d", "/n", 2)
            self.assertEqual(documents.increment_and_get("d", "/n", 0.5), 3.5)
            documents.delete("d", "/x")
            documents.merge_patch("d", {"m": 1, "n": None})
            documents.patch("d", [{"op": "test", "path": "/m", "value": 1},
                                  {"op": "replace", "path": "/m", "value": 2}])
            self.assertEqual(documents["d"], {"m": 2, "tags": ["a", "b"]})
            self.assertTrue(documents.exists("d", "/tags/1"))
            self.assertFalse(documents.exists("d", "/tags/2"))

    def test_many_at_once(self):
        with self.store.transaction() as txn:
            txn.json().set_many([("a", "", {"x": 1}), ("a", "/y", None), ("b", "/z", [1])])
            self.assertEqual(txn.json().get_many([("a", "/y"), ("b", ""), ("c", "")], default="-"),
                             [None, {"z": [1]}, "-"])

    def test_queries_indexes_and_lists(self):
        def fill(txn):
            txn.json().create_index("by lang", "/lang", varve.JsonIndexKind.STRING)
            for number in range(4):
                txn.json()[f"d{number}"] = {"lang": "en" if number % 2 else "de", "n": [number]}
        self.write(fill)
        with self.store.view() as view:
            documents = view.json()
            self.assertEqual(documents.find("/lang", "en"), ["d1", "d3"])
            self.assertEqual(documents.find("/n", [2]), ["d2"])
            self.assertEqual(documents.query("d3", "$.n[0]"), [("/n/0", 3)])
            page = documents.list(prefix="d", limit=3)
            self.assertEqual(([info.name for info in page], page.more), (["d0", "d1", "d2"], True))
            rest = documents.list(prefix="d", after=page.cursor)
            self.assertEqual(([info.name for info in rest], rest.more), (["d3"], False))
            self.assertEqual(documents.describe("d1").lsn, 1)
            self.assertIsNone(documents.describe("none"))
            self.assertEqual(documents.indexes(),
                             [("by lang", "/lang", varve.JsonIndexKind.STRING)])
        self.write(lambda txn: txn.json().drop_index("by lang"))
        self.assertEqual(self.read(lambda view: view.json().indexes()), [])

    def test_compare_and_set_goes_by_the_version(self):
        self.write(lambda txn: txn.json().set("d", {"n": 1}))
        self.assertFalse(self.write(lambda txn: txn.json().compare_and_set("d", 7, {})))
        self.assertTrue(self.write(lambda txn: txn.json().compare_and_set("d", 1, 2, "/n")))
        self.assertEqual(self.read(lambda view: view.json()["d"]), {"n": 2})


if __name__ == "__main__":
    unittest.main()
