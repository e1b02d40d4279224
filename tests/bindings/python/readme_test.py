"""What the documents show of the package runs, and prints what they say it prints."""

import contextlib
import io
import os
import re
import unittest

from store_fixture import SOURCE, FolderTest

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PRINTED = re.compile(r"^ *print\(.*\)\s+# (.*)$", re.MULTILINE)


class Examples(FolderTest):
    def run_examples(self, path):
        """Each block after the one before it, in an empty folder, by the names that those made."""
        code = "\n".join(_BLOCK.findall((SOURCE / path).read_text()))
        self.assertTrue(code)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, path, "exec"), {"__name__": "example"})
        self.assertEqual(output.getvalue().splitlines(), _PRINTED.findall(code))
        self.assertEqual(code.count("print("), len(_PRINTED.findall(code)))

    def test_those_of_the_package(self):
        self.run_examples("bindings/python/README.md")

    def test_those_of_the_guide(self):
        self.run_examples("docs/python.md")


if __name__ == "__main__":
    unittest.main()
