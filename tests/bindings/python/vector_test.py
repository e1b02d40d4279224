"""Vector through Python: with NumPy where there is one, and without."""

import array
import importlib.util
import math
import unittest
from unittest import mock

from store_fixture import MemoryTest

import varve
from varve import Metric, _floats

HAS_NUMPY = importlib.util.find_spec("numpy") is not None


class VectorTest(MemoryTest):
    """A collection of three directions."""

    def setUp(self):
        super().setUp()
        self.write(lambda txn: txn.vectors().create("c", 3))
        self.write(lambda txn: txn.vectors().insert(
            "c", ["x", "y", "z"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [{"lang": "en", "year": 2020}, {"lang": "de"}, None]))

    def vector_of(self, key):
        return list(self.read(lambda view: view.vectors().get("c", key))[0].vector)


class WithoutNumpy(VectorTest):
    def setUp(self):
        patched = mock.patch.object(_floats, "numpy", lambda: None)
        patched.start()
        self.addCleanup(patched.stop)
        super().setUp()

    def test_rows_are_read(self):
        with self.store.view() as view:
            vectors = view.vectors()
            rows = vectors.get("c", ["y", "none", "x"])
            self.assertIsNone(rows[1])
            self.assertEqual([(row.key, row.vector, row.metadata) for row in rows if row],
                             [(b"y", array.array("f", [0, 1, 0]), {"lang": "de"}),
                              (b"x", array.array("f", [1, 0, 0]), {"lang": "en", "year": 2020})])
            self.assertEqual([row.key for row in vectors.scan("c", after="x")], [b"y", b"z"])
            self.assertIsNone(vectors.scan("c")[0].vector)
            self.assertEqual(vectors.scan("c", include_vectors=True, limit=1)[0].vector[0], 1)
            self.assertEqual(vectors.count("c"), 3)
            self.assertEqual([(info.name, info.dimension, info.metric)
                              for info in vectors.list()], [("c", 3, Metric.COSINE)])
            self.assertIsNone(vectors.describe("none"))

    def test_a_search_gives_the_most_alike_first(self):
        with self.store.view() as view:
            hits = view.vectors().search("c", [3, 4, 0], 2)
            self.assertEqual([hit.key for hit in hits], [b"y", b"x"])
            self.assertAlmostEqual(hits[0].score, 0.8, places=6)
            self.assertEqual(hits[1].metadata, {"lang": "en", "year": 2020})
            self.assertIsNone(hits[0].vector)
            hit = view.vectors().search("c", [0, 0, 2], 1, include_vectors=True,
                                        metadata=False)[0]
            self.assertEqual((list(hit.vector), hit.metadata), ([0, 0, 1], {}))

    def test_a_search_is_narrowed_by_threshold_and_filter(self):
        with self.store.view() as view:
            vectors = view.vectors()
            self.assertEqual([hit.key for hit in vectors.search("c", [3, 4, 0], threshold=0.7)],
                             [b"y"])
            wanted = {"and": [{"eq": ["lang", "en"]}, {"ge": ["year", 2020]}]}
            self.assertEqual([hit.key for hit in vectors.search("c", [3, 4, 0], filter=wanted)],
                             [b"x"])
            with self.assertRaises(varve.InvalidArgument):
                vectors.search("c", [3, 4, 0], filter={"no": "filter"})

    def test_many_searches_at_once(self):
        with self.store.view() as view:
            found = view.vectors().search_many("c", [[1, 0, 0], [0, 3, 4]], 2)
            self.assertEqual((found.counts, found.keys), ([2, 2], [[b"x", b"y"], [b"z", b"y"]]))
            self.assertEqual([round(score, 6) for score in found.scores], [1, 0, 0.8, 0.6])
            with self.assertRaises(ValueError):
                view.vectors().search_many("c", [[1, 0, 0]], 0)
            few = view.vectors().search_many("c", [[1, 0, 0]], 5, threshold=0.5)
            self.assertEqual((few.counts, few.keys, len(few.scores)), ([1], [[b"x"]], 5))

    def test_vectors_come_as_lists_arrays_and_buffers(self):
        given = {"list": [1, 2, 3], "tuple": (1.0, 2.0, 3.0), "rows": [[1, 2, 3]],
                 "floats": array.array("f", [1, 2, 3]), "doubles": array.array("d", [1, 2, 3]),
                 "integers": array.array("i", [1, 2, 3]),
                 "view": memoryview(array.array("f", [1, 2, 3])),
                 "strided": memoryview(array.array("f", [1, 9, 2, 9, 3, 9]))[::2]}
        for kind, vector in given.items():
            with self.subTest(kind):
                self.write(lambda txn: txn.vectors().upsert("c", "k", vector))
                self.assertEqual(self.vector_of("k"), [1, 2, 3])

    def test_wrong_shapes_are_refused(self):
        for keys, vectors in (("k", [1, 2]), (["a", "b"], [[1, 2, 3]]), (["a"], [[1, 2, 3]] * 2),
                              (["a", "b"], [[1, 2, 3], [1, 2]]), ("k", [math.nan, 1, 1]),
                              ("k", [0, 0, 0]), ("k", [])):
            with self.assertRaises(ValueError, msg=vectors):
                self.write(lambda txn: txn.vectors().insert("c", keys, vectors))
        with self.assertRaises(ValueError):
            self.write(lambda txn: txn.vectors().insert("c", ["a"], [[1, 2, 3]], [{}, {}]))

    def test_vectors_are_changed(self):
        with self.store.transaction() as txn:
            vectors = txn.vectors()
            with self.assertRaises(varve.AlreadyExists):
                vectors.insert("c", "x", [1, 1, 1])
            vectors.update("c", ["x", "y"], [[1, 1, 1], [2, 2, 2]])
            vectors.set_metadata("c", "x", {"new": True})
            vectors.set_metadata("c", "y", None)
            self.assertEqual(vectors.delete("c", ["z", "none"]), 1)
            rows = vectors.get("c", ["x", "y", "z"])
            self.assertEqual([row and (list(row.vector), row.metadata) for row in rows],
                             [([1, 1, 1], {"new": True}), ([2, 2, 2], {}), None])
            vectors.drop("c")
            with self.assertRaises(varve.NotFound):
                vectors.search("c", [1, 0, 0])

    def test_a_search_in_a_transaction_guards_the_collection_unless_told_otherwise(self):
        for guard in (True, False):
            with self.subTest(guard=guard):
                txn = self.store.transaction()
                txn.vectors().search("c", [1, 0, 0], 1, guard=guard)
                txn.kv()["k"] = b"v"
                self.write(lambda other: other.vectors().upsert("c", "far", [0, -1, 0]))
                if guard:
                    self.assertRaises(varve.Aborted, txn.commit)
                else:
                    txn.commit()


@unittest.skipUnless(HAS_NUMPY, "no NumPy: install python3-numpy")
class WithNumpy(VectorTest):
    def setUp(self):
        import numpy
        self.numpy = numpy
        super().setUp()

    def test_rows_of_an_array_go_in_without_a_copy(self):
        rows = self.numpy.random.default_rng(1).random((5, 3), dtype=self.numpy.float32)
        floats = _floats.vector_rows(rows, 5)
        self.assertEqual((floats.address, floats.rows, floats.dimension), (rows.ctypes.data, 5, 3))
        rows.flags.writeable = False
        self.assertEqual(_floats.vector_rows(rows, 5).address, rows.ctypes.data)
        keys = [f"k{number}" for number in range(5)]
        self.write(lambda txn: txn.vectors().insert("c", keys, rows))
        read = self.read(lambda view: view.vectors().get("c", keys))
        self.assertTrue(self.numpy.array_equal(rows, [row.vector for row in read]))
        self.assertEqual(read[0].vector.dtype, self.numpy.float32)

    def test_other_arrays_are_converted(self):
        whole = self.numpy.arange(12, dtype=self.numpy.float64).reshape(3, 4)
        for rows in (whole[:, 1:], whole[:, 1:].astype(self.numpy.float32),
                     whole[:, 1:].astype(">f4"), whole[:, 1:].astype(self.numpy.int64)):
            self.write(lambda txn: txn.vectors().upsert("c", ["a", "b", "d"], rows))
            self.assertEqual(self.vector_of("b"), [5, 6, 7])
        with self.assertRaises(ValueError):
            self.write(lambda txn: txn.vectors().upsert("c", ["a"], whole.reshape(1, 3, 4)))

    def test_scores_are_an_array_with_a_row_for_each_query(self):
        queries = self.numpy.eye(3, dtype=self.numpy.float32)
        found = self.read(lambda view: view.vectors().search_many("c", queries, 1))
        self.assertEqual((found.scores.shape, found.scores.dtype), ((3, 1), self.numpy.float32))
        self.assertTrue((found.scores == 1).all())
        self.assertEqual(found.keys, [[b"x"], [b"y"], [b"z"]])

    def test_a_bulk_of_vectors_is_searched_as_numpy_would(self):
        rows = self.numpy.random.default_rng(2).normal(size=(500, 16)).astype(self.numpy.float32)
        keys = [f"{number:04}" for number in range(500)]

        def fill(txn):
            txn.vectors().create("dots", 16, Metric.DOT)
            txn.vectors().insert("dots", keys, rows)

        self.write(fill)
        found = self.read(lambda view: view.vectors().search_many("dots", rows[:20], 5))
        expected = self.numpy.argsort(-(rows[:20] @ rows.T), axis=1)[:, :5]
        self.assertEqual(found.keys, [[keys[place].encode() for place in row] for row in expected])

    def test_a_value_of_kv_may_be_an_array(self):
        rows = self.numpy.arange(6, dtype=self.numpy.int32).reshape(2, 3)
        self.write(lambda txn: txn.kv().put("k", rows))
        self.assertEqual(self.read(lambda view: view.kv()["k"]), rows.tobytes())




if __name__ == "__main__":
    unittest.main()
