"""The package as it is installed: what pip makes of it, without a network."""

import importlib.util
import os
import shutil
import subprocess
import sys
import unittest
import zipfile

from store_fixture import SOURCE, FolderTest

_BUILD = ("import sys; from setuptools import build_meta; "
          "print(build_meta.build_wheel(sys.argv[1]))")


@unittest.skipUnless(importlib.util.find_spec("setuptools") and importlib.util.find_spec("wheel"),
                     "no setuptools: install python3-setuptools and python3-wheel")
class Wheel(FolderTest):
    def test_it_holds_the_package_and_works_where_it_was_put(self):
        shutil.copytree(SOURCE / "bindings/python", self.folder / "source")
        subprocess.run([sys.executable, "-B", "-c", _BUILD, self.folder], check=True,
                       cwd=self.folder / "source", stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        wheel, = self.folder.glob("varve-*-py3-none-any.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
            archive.extractall(self.folder / "site")
        sources = {f"varve/{path.name}" for path in (SOURCE / "bindings/python/varve").iterdir()
                   if path.suffix in (".py", ".typed")}
        self.assertEqual({name for name in names if name.startswith("varve/")}, sources)
        ran = subprocess.run(
            [sys.executable, "-B", "-c", "import varve; print(varve.__file__)"], check=True,
            env=dict(os.environ, PYTHONPATH=str(self.folder / "site")), cwd=self.folder,
            stdout=subprocess.PIPE, text=True)
        self.assertEqual(ran.stdout, f"{self.folder}/site/varve/__init__.py\n")


class Hints(unittest.TestCase):
    def test_every_public_name_is_documented(self):
        import varve
        for name in varve.__all__:
            thing = getattr(varve, name)
            if not isinstance(thing, (int, float)):
                with self.subTest(name):
                    self.assertTrue(thing.__doc__)
                    for member, value in vars(thing).items() if isinstance(thing, type) else ():
                        if not member.startswith("_") and callable(value):
                            self.assertTrue(value.__doc__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
