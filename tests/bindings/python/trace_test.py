"""Trace through Python."""

import unittest
import uuid

from store_fixture import MemoryTest

import varve
from varve import SpanKind, SpanStatus


class Spans(MemoryTest):
    def test_spans_are_recorded_finished_and_found(self):
        with self.store.transaction() as txn:
            trace = txn.trace()
            root = trace.record("plan", kind=SpanKind.DECISION, tags=["b", "a", "b"],
                                attributes={"model": "m", "n": 2}, start=1000)
            child = trace.record("call", parent=root, start=2000, end=3000,
                                 status=SpanStatus.ERROR, status_message="no")
            trace.annotate(root, add_tags=["c"], remove_tags=["a"],
                           attributes={"n": None, "x": [1]})
            trace.finish(root, SpanStatus.OK, end=4000)
            with self.assertRaises(varve.FailedPrecondition):
                trace.finish(root)
            with self.assertRaises(varve.NotFound):
                trace.record("orphan", parent=12345)
        with self.store.view() as view:
            span = view.trace().get(root)
            self.assertEqual((span.kind, span.status, span.tags, span.attributes, span.start,
                              span.end), (SpanKind.DECISION, SpanStatus.OK, ["b", "c"],
                                          {"model": "m", "x": [1]}, 1000, 4000))
            self.assertEqual([(span.id, span.depth) for span in view.trace().tree()],
                             [(root, 0), (child, 1)])
            self.assertEqual([span.id for span in view.trace().find(tags=["b", "c"])], [root])
            self.assertEqual(view.trace().find(parent=root)[0].status_message, "no")
            self.assertEqual(view.trace().count(kind=SpanKind.CUSTOM), 1)
            self.assertEqual(len(view.trace().tree(depth_max=0)), 1)
            with self.assertRaises(TypeError):
                view.trace().find(no_such_condition=1)
        self.write(lambda txn: txn.trace().delete_tree(root))
        self.assertIsNone(self.read(lambda view: view.trace().get(child)))

    def test_pages_go_on_behind_the_last_one(self):
        self.write(lambda txn: [txn.trace().record(f"s{n}", start=n + 1) for n in range(5)])
        with self.store.view() as view:
            page = view.trace().find(limit=3)
            self.assertTrue(page.more)
            rest = view.trace().find(limit=3, cursor=page.cursor)
            self.assertEqual([span.name for span in page + rest], ["s0", "s1", "s2", "s3", "s4"])
            self.assertFalse(rest.more)

    def test_a_block_is_a_span(self):
        with self.store.span("outer", tags=["t"]) as outer:
            with outer.span("inner", kind=SpanKind.TOOL_CALL) as inner:
                inner.annotate(attributes={"n": 1})
            self.assertIsNone(self.read(lambda view: view.trace().get(outer.id)).end)
        spans = self.read(lambda view: view.trace().tree())
        self.assertEqual([(span.name, span.status, span.end is not None) for span in spans],
                         [("outer", SpanStatus.OK, True), ("inner", SpanStatus.OK, True)])
        self.assertEqual(spans[1].attributes, {"n": 1})

    def test_a_block_that_raises_is_a_span_with_an_error(self):
        with self.assertRaises(RuntimeError):
            with self.store.span("work") as span:
                raise RuntimeError("broken")
        read = self.read(lambda view: view.trace().get(span.id))
        self.assertEqual((read.status, read.status_message),
                         (SpanStatus.ERROR, "RuntimeError: broken"))

    def test_spans_cross_to_opentelemetry_and_back(self):
        run, other = uuid.uuid4(), uuid.uuid4()
        self.write(lambda txn: txn.trace(run).record("s", start=1000, end=2000,
                                                     attributes={"n": 1}))
        exported = self.read(lambda view: view.trace(run).export_otlp(service_name="mine"))
        self.assertEqual((exported.spans, exported.cursor), (1, b""))
        imported = self.write(lambda txn: txn.trace(other).import_otlp(exported.request))
        self.assertEqual(imported, (1, 0, run))
        self.assertEqual(self.read(lambda view: view.trace(other).find())[0].attributes, {"n": 1})


if __name__ == "__main__":
    unittest.main()
