"""Snapshots, backups and restores through Python."""

import pathlib
import unittest

from store_fixture import StoreTest

import varve


class Backups(StoreTest):
    def setUp(self):
        super().setUp()
        self.reopen(durability=varve.DURABLE)
        for number in range(3):
            self.store.update(lambda txn: txn.kv().put("k", str(number)))

    def value_in(self, path):
        with varve.open(path, create=False) as store, store.view() as view:
            return view.kv()["k"]

    def test_a_snapshot_is_listed_verified_and_restored(self):
        stages = []
        snapshot = self.store.snapshot(progress=stages.append)
        self.assertTrue(stages)
        self.assertEqual((snapshot.lsn, snapshot.store), (3, self.store.uuid))
        self.assertEqual(self.store.snapshots(), [snapshot])
        self.assertEqual(varve.verify_snapshot(snapshot.path), snapshot)
        recovery = varve.restore_snapshot(pathlib.Path(snapshot.path), self.folder / "copy")
        self.assertEqual(recovery.last_lsn, 3)
        self.assertEqual(self.value_in(self.folder / "copy"), b"2")

    def test_a_snapshot_that_is_damaged_is_refused(self):
        path = pathlib.Path(self.store.snapshot().path)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        with self.assertRaises(varve.DataLoss) as caught:
            varve.verify_snapshot(path)
        self.assertEqual(caught.exception.damage.file, str(path))

    def test_a_backup_beside_a_writer_goes_back_to_any_moment(self):
        report = varve.backup(self.path, self.folder / "backup")
        self.assertEqual((report.first, report.last_lsn), (True, 3))
        self.store.update(lambda txn: txn.kv().put("k", b"later"))
        self.assertFalse(varve.backup(self.path, self.folder / "backup").first)
        varve.restore(self.folder / "backup", self.folder / "then", lsn=2)
        self.assertEqual(self.value_in(self.folder / "then"), b"1")
        varve.restore(self.folder / "backup", self.folder / "now")
        self.assertEqual(self.value_in(self.folder / "now"), b"later")
        with self.assertRaises(varve.AlreadyExists):
            varve.backup(self.path, self.folder / "now" / "..")

    def test_what_progress_raises_stops_a_verification(self):
        path = self.store.snapshot().path

        class Stopped(Exception):
            pass

        def stop(progress):
            raise Stopped

        with self.assertRaises(Stopped):
            varve.verify_snapshot(path, progress=stop)


if __name__ == "__main__":
    unittest.main()
