"""What a store counts and measures about itself."""

import os
import unittest

from store_fixture import StoreTest

import varve


class Stats(StoreTest):
    def put(self, **options):
        self.store.update(lambda txn: txn.kv().put("k", b"v"), **options)

    def test_a_store_counts_what_it_did(self):
        self.put(durability=varve.DURABLE)
        self.put(durability=varve.DURABLE)
        self.put(durability=varve.BUFFERED)
        stats = self.store.stats()
        durable = stats['varve_commits_total{durability="durable"}']
        self.assertEqual((durable.name, durable.label, durable.value),
                         ("varve_commits_total", {"durability": "durable"}, 2))
        self.assertEqual((durable.kind, durable.unit),
                         (varve.StatKind.COUNTER, varve.Unit.COUNT))
        self.assertIn("Transactions logged", durable.help)
        self.assertEqual(stats['varve_commits_total{durability="buffered"}'].value, 1)
        self.assertEqual(stats["varve_visible_lsn"].value, self.store.visible_lsn)
        self.assertEqual(stats["varve_poisoned"][4:6], (varve.Unit.FLAG, 0))
        self.assertEqual([key for key, stat in stats.items() if key != stat.key], [])

    def test_a_histogram_has_its_values_in_order(self):
        self.put(durability=varve.DURABLE)
        took = self.store.stats()["varve_commit_duration_seconds"]
        self.assertEqual((took.kind, took.unit), (varve.StatKind.HISTOGRAM, varve.Unit.NANOSECONDS))
        self.assertEqual(took.value, 1)
        self.assertGreater(took.sum, 0)
        self.assertLessEqual(0 < took.p50, took.p90 <= took.p99 <= took.p999)

    def test_prometheus_reads_the_same_with_labels(self):
        self.put(durability=varve.DURABLE)
        self.assertIn('\nvarve_commits_total{durability="durable"} 1\n', self.store.metrics_text())
        text = self.store.metrics_text({"store": "orders", "zone": "\u00fc \"b\""})
        self.assertIn('\nvarve_visible_lsn{store="orders",zone="\u00fc \\"b\\""} 1\n', text)
        with self.assertRaises(varve.InvalidArgument):
            self.store.metrics_text({"le": "1"})

    def test_every_stat_is_in_the_text(self):
        text = self.store.metrics_text()
        for stat in self.store.stats().values():
            self.assertIn(f"\n# TYPE {stat.name} {stat.kind.name.lower()}\n", "\n" + text)

    def test_the_child_of_a_fork_is_refused(self):
        child = os.fork()
        if child == 0:
            try:
                self.store.stats()
            except varve.FailedPrecondition:
                os._exit(0)
            os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)


if __name__ == "__main__":
    unittest.main()
