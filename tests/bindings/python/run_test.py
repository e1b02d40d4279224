"""Run through Python."""

import unittest
import uuid

from store_fixture import MemoryTest

import varve
from varve import RowChangeKind, RunStatus


class Runs(MemoryTest):
    def test_the_register_knows_what_became_of_a_run(self):
        with self.store.transaction() as txn:
            runs = txn.runs()
            run = runs.create("first", tags=["b", "a"], metadata={"n": 1}, paused=True)
            child = runs.create(parent=run)
            runs.begin(run)
            runs.update(run, name="renamed", tags=["c"])
            runs.end(run, RunStatus.CANCELLED, "why")
            with self.assertRaises(varve.AlreadyExists):
                runs.create(id=run)
        with self.store.view() as view:
            info = view.runs().get(run)
            self.assertEqual((info.name, info.tags, info.metadata, info.status, info.outcome),
                             ("renamed", ["c"], {"n": 1}, RunStatus.CANCELLED, "why"))
            self.assertEqual([found.id for found in view.runs().list()], sorted([run, child]))
            self.assertEqual([found.id for found in view.runs().list(parent=run)], [child])
            self.assertEqual([found.id for found in view.runs().list(tag="c")], [run])
            self.assertEqual(view.runs().list(RunStatus.ACTIVE)[0].parent, run)
            self.assertIsNone(view.runs().get(uuid.uuid4()))
            self.assertEqual(view.runs().orphans(), [])
        with self.assertRaises(varve.FailedPrecondition):
            self.write(lambda txn: txn.kv(run).put("k", b"v"))
        with self.assertRaises(varve.FailedPrecondition):
            self.write(lambda txn: txn.runs().delete(run))
        self.write(lambda txn: txn.runs().delete(run, with_children=True))
        self.assertEqual(self.read(lambda view: view.runs().list()), [])

    def test_a_block_completes_its_run(self):
        with self.store.run("work", tags=["t"]) as run:
            self.write(lambda txn: txn.kv(run).put("k", b"v"))
            run.outcome = "done"
        info = self.read(lambda view: view.runs().get(run))
        self.assertEqual((info.status, info.outcome, info.tags),
                         (RunStatus.COMPLETED, "done", ["t"]))

    def test_a_block_that_raises_fails_its_run(self):
        with self.assertRaises(RuntimeError):
            with self.store.run() as run:
                raise RuntimeError("broken")
        info = self.read(lambda view: view.runs().get(run))
        self.assertEqual((info.status, info.outcome), (RunStatus.FAILED, "RuntimeError: broken"))

    def filled(self):
        run = self.write(lambda txn: txn.runs().create())
        for number in range(3):
            self.write(lambda txn: txn.kv(run).put("k", str(number)))
        return run

    def test_steps_replay_and_fork(self):
        run = self.filled()
        with self.store.view() as view:
            self.assertEqual(view.runs().step_count(run), 3)
            self.assertEqual([step.number for step in view.runs().steps(run, 2)], [2, 3])
        past, last = self.store.replay(run, 1)
        with past:
            self.assertEqual((past.kv(run)["k"], last.number), (b"0", 1))
        with self.assertRaises(varve.NotFound):
            self.store.replay(run, 99)
        forked = self.store.fork(run, 2, name="other")
        with self.store.view() as view:
            self.assertEqual(view.kv(forked)["k"], b"1")
            info = view.runs().get(forked)
            self.assertEqual((info.forked_from, info.name), (run, "other"))

    def test_differences_and_digests(self):
        run = self.filled()
        forked = self.store.fork(run)
        with self.store.view() as view:
            self.assertEqual(view.runs().digest(run), view.runs().digest(forked))
            self.assertEqual(view.runs().diff(run, forked), [])
        self.write(lambda txn: (txn.kv(forked).put("k", b"x"), txn.kv(forked).put("new", b"y")))
        with self.store.view() as view:
            changes = view.runs().diff(run, forked)
            self.assertEqual([(each.kind, each.primitive, each.subject) for each in changes],
                             [(RowChangeKind.MODIFIED, "varve.kv", "k"),
                              (RowChangeKind.ADDED, "varve.kv", "new")])
            with self.store.as_of(2) as past:
                changed = past.runs().diff(run, run, other_reader=view)
                self.assertEqual([change.kind for change in changed], [RowChangeKind.MODIFIED])


if __name__ == "__main__":
    unittest.main()
