"""The files that the rules look at, and what a rule reports."""

import dataclasses
import os
import pathlib

SKIPPED_FOLDERS = {".git", ".cache", "build", "__pycache__"}
TEXT_SUFFIXES = {".h", ".cc", ".c", ".md", ".py", ".sh", ".cmake", ".txt", ".capnp", ".json"}
TEXT_NAMES = {"run.sh", "test.sh", ".ci/run", ".clang-format", ".clang-tidy", ".gitignore",
              "examples/ledger/Makefile"}


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One broken rule: where, which, what, and what to do about it."""

    path: str
    line: int
    rule: str
    message: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}. Remedy: {self.remedy}."


class SourceTree:
    """Every text file below a root, by its path relative to it."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self._texts = {}
        for path in sorted(self._walk()):
            self._texts[path] = (self.root / path).read_bytes().decode("utf-8", "surrogateescape")

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            for name in names:
                path = (pathlib.Path(folder) / name).relative_to(self.root).as_posix()
                if pathlib.Path(name).suffix in TEXT_SUFFIXES or path in TEXT_NAMES:
                    yield path

    def paths(self, *suffixes, under=()):
        """Paths with one of `suffixes` (any where none is given), below one of `under`."""
        for path in self._texts:
            if suffixes and not path.endswith(suffixes):
                continue
            if under and not path.startswith(tuple(folder + "/" for folder in under)):
                continue
            yield path

    def has(self, path):
        return path in self._texts

    def text(self, path):
        return self._texts[path]

    def lines(self, path):
        """(number from 1, line) of one file."""
        return enumerate(self._texts[path].splitlines(), start=1)
