"""What calls raise, with code, message and damage."""

import pickle
import unittest

from store_fixture import FolderTest, StoreTest

import varve
from varve import _structures
from varve.enums import known
from varve.errors import error_for


class Errors(unittest.TestCase):
    def test_every_code_but_ok_has_a_class_of_its_own(self):
        kinds = {type(error_for(code, "")) for code in varve.Code if code != varve.Code.OK}
        self.assertEqual(len(kinds), len(varve.Code) - 1)
        for code in varve.Code:
            if code != varve.Code.OK:
                self.assertEqual(error_for(code, "").code, code)

    def test_a_code_that_is_not_known_is_unknown(self):
        error = error_for(99, "of a later library")
        self.assertIsInstance(error, varve.Unknown)
        self.assertEqual(error.code, varve.Code.UNKNOWN)

    def test_a_number_that_a_later_library_adds_stays_a_number(self):
        self.assertIs(known(varve.Metric, 2), varve.Metric.DOT)
        self.assertEqual(known(varve.Metric, 99), 99)

    def test_an_error_crosses_to_another_process(self):
        damage = varve.Damage(varve.DamageKind.CORRUPT, "f", 1, 2, "found", "evidence")
        error = pickle.loads(pickle.dumps(error_for(varve.Code.DATA_LOSS, "bad", damage)))
        self.assertIsInstance(error, varve.DataLoss)
        self.assertEqual((str(error), error.damage), ("bad", damage))

    def test_a_struct_refuses_a_number_that_does_not_fit(self):
        with self.assertRaisesRegex(varve.InvalidArgument, "limit cannot be -1"):
            _structures.KvScanOptions(limit=-1)
        with self.assertRaisesRegex(varve.InvalidArgument, "limit cannot be"):
            _structures.KvScanOptions(limit=2**64)


class Raised(StoreTest):
    def test_invalid_arguments_are_value_errors_that_name_what_is_wrong(self):
        with self.store.transaction() as txn:
            with self.assertRaisesRegex(ValueError, "key"):
                txn.kv()[b""] = b"v"
            txn.kv()["k"] = b"v"  # the transaction goes on

    def test_a_number_that_does_not_fit_is_refused_and_not_cut_off(self):
        with self.store.transaction() as txn:
            with self.assertRaisesRegex(varve.InvalidArgument, "18446744073709551617"):
                txn.kv().increment("n", 2**64 + 1)
            self.assertNotIn("n", txn.kv())

    def test_a_value_that_is_no_bytes_is_a_type_error(self):
        with self.store.transaction() as txn:
            with self.assertRaisesRegex(TypeError, "buffer protocol is needed, not int"):
                txn.kv()["k"] = 5

    def test_a_store_that_is_open_is_unavailable(self):
        with self.assertRaises(varve.Unavailable):
            varve.open(self.path)


class OfOpening(FolderTest):
    def test_a_store_that_is_not_there(self):
        with self.assertRaises(varve.NotFound):
            varve.open(self.folder / "none", create=False)

    def test_a_store_that_is_there(self):
        varve.open(self.folder / "store").close()
        with self.assertRaises(varve.AlreadyExists):
            varve.open(self.folder / "store", exclusive=True)

    def test_damage_says_where(self):
        path = self.folder / "store"
        with varve.open(path) as store:
            for number in range(20):
                store.update(lambda txn: txn.kv().put(f"key {number}", b"v" * 100))
        log = next((path / "wal").iterdir())
        data = bytearray(log.read_bytes())
        place = data.index(b"key 7")
        data[place] ^= 1
        log.write_bytes(data)
        (path / "state.mdb").unlink()
        for snapshot in (path / "snapshots").iterdir():
            snapshot.unlink()
        with self.assertRaises(varve.DataLoss) as caught:
            varve.open(path)
        damage = caught.exception.damage
        self.assertEqual(damage.kind, varve.DamageKind.CORRUPT)
        self.assertEqual(damage.file, str(log))
        self.assertLessEqual(damage.offset, place)
        self.assertEqual(damage.lsn, 8)
        self.assertTrue(damage.found)
        self.assertTrue(damage.evidence)
        salvaged = varve.salvage(path, self.folder / "saved")
        self.assertEqual((salvaged.lost[0].first, salvaged.lost[0].last), (8, 8))
        with varve.open(self.folder / "saved") as saved, saved.view() as view:
            self.assertEqual(view.kv().count("key"), 19)


if __name__ == "__main__":
    unittest.main()
