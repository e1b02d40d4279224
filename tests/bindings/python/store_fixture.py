"""A store in a folder of its own, for tests; and other processes."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import varve

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class FolderTest(unittest.TestCase):
    """Has an empty folder that goes away with the test."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="varve-"))
        self.addCleanup(shutil.rmtree, self.folder)


class StoreTest(FolderTest):
    """Has an open store too. Buffered where nothing else is said: these tests are not of disks."""

    def setUp(self):
        super().setUp()
        self.path = self.folder / "store"
        self.store = self.open()

    def open(self, **options):
        """Opens it; closed with the test."""
        store = varve.open(self.path, **{"durability": varve.BUFFERED, **options})
        self.addCleanup(store.close)
        return store

    def reopen(self, **options):
        """Closes it and opens it again."""
        self.store.close()
        self.store = self.open(**options)


class MemoryTest(unittest.TestCase):
    """Has an open store without files."""

    def setUp(self):
        self.store = varve.open_in_memory(keep_history=varve.FOREVER)
        self.addCleanup(self.store.close)

    def write(self, body):
        """What `body` gives of a transaction that then commits."""
        return self.store.update(body)

    def read(self, body):
        """What `body` gives of a view."""
        with self.store.view() as view:
            return body(view)


def python(program, *arguments, **options):
    """Starts another interpreter on `program`, with pipes."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    return subprocess.Popen([sys.executable, "-B", "-c", program, *map(str, arguments)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            **{"env": environment, **options})


def finish(process, given=""):
    """(exit code, what it printed)."""
    printed, _ = process.communicate(given, timeout=60)
    return process.returncode, printed
