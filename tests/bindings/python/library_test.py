"""Finding the library, and refusing what is not it."""

import os
import pathlib
import shutil
import subprocess
import unittest

from store_fixture import FolderTest, finish, python

import varve
from varve import _library

_IMPORT = "import varve\nprint(varve.library_version())"


class Library(FolderTest):
    def import_with(self, **environment):
        """(exit code, output, errors) of an interpreter that imports the package."""
        variables = dict(os.environ, PYTHONPATH=os.pathsep.join(_path()))
        variables.pop("VARVE_LIBRARY", None)
        process = python(_IMPORT, env=dict(variables, **environment), stderr=subprocess.PIPE)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def compiled(self, source):
        """A shared library made of `source`."""
        compiler = os.environ.get("VARVE_C_COMPILER") or shutil.which("cc")
        if compiler is None:
            self.skipTest("no C compiler: install gcc, or set VARVE_C_COMPILER")
        (self.folder / "other.c").write_text(source)
        subprocess.run([compiler, "-shared", "-fPIC", self.folder / "other.c", "-o",
                        self.folder / "other.so"], check=True)
        return str(self.folder / "other.so")

    def test_the_library_says_its_version(self):
        self.assertEqual(varve.library_version(), varve.__version__)

    def test_a_library_that_is_missing_says_what_to_install(self):
        code, _, errors = self.import_with(VARVE_LIBRARY=str(self.folder / "none.so"))
        self.assertEqual(code, 1)
        self.assertIn("none.so", errors)
        self.assertIn("ImportError: varve cannot load its library", errors)
        self.assertIn("VARVE_LIBRARY", errors)

    def test_another_version_of_the_interface_is_refused(self):
        path = self.compiled("unsigned varve_abi_version(void) { return 7; }")
        code, _, errors = self.import_with(VARVE_LIBRARY=path)
        self.assertEqual(code, 1)
        self.assertIn(f"ImportError: {path} has version 7 of Varve's C interface", errors)

    def test_a_library_of_somebody_else_is_refused(self):
        path = self.compiled("int something_else(void) { return 7; }")
        code, _, errors = self.import_with(VARVE_LIBRARY=path)
        self.assertEqual(code, 1)
        self.assertIn("is not the shared library of Varve", errors)

    def test_a_call_that_an_older_library_lacks_says_so(self):
        path = self.compiled("unsigned varve_abi_version(void) { return 0; }")
        process = python("import varve\ntry:\n  varve.open('x')\n"
                         "except varve.Unimplemented as error: print(error)",
                         env=dict(os.environ, VARVE_LIBRARY=path,
                                  PYTHONPATH=os.pathsep.join(_path())))
        code, output = finish(process)
        self.assertEqual(code, 0)
        self.assertIn("has no varve_store_open", output)

    def import_installed(self, packages, library):
        """Imports a copy of the package below `packages`, with the library in `library`."""
        shutil.copytree(pathlib.Path(varve.__file__).parent, packages / "varve")
        shutil.copy(_library._candidates()[0], library / _library.SONAME)
        code, output, errors = self.import_with(PYTHONPATH=str(packages))
        self.assertEqual((code, output), (0, varve.__version__ + "\n"), errors)

    def test_the_library_beside_the_package_is_taken(self):
        self.import_installed(self.folder, self.folder / "varve")

    def test_the_library_of_the_prefix_is_taken(self):
        self.import_installed(self.folder / "lib/python3/dist-packages", self.folder / "lib")


def _path():
    return [str(pathlib.Path(varve.__file__).parents[1])]


if __name__ == "__main__":
    unittest.main()
