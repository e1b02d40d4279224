#!/usr/bin/env python3
"""make_reference.py ROOT FOLDER DOXYGEN DOXYFILE HEADER...: the HTML of the headers (paths below ROOT), in FOLDER/html.

The headers are filtered into FOLDER/headers first, all in one go: a filter that Doxygen starts itself is started
hundreds of times.
"""

import pathlib
import shutil
import subprocess
import sys

from doxygen_filter import Header


def main():
    root, folder, doxygen, doxyfile = map(pathlib.Path, sys.argv[1:5])
    shutil.rmtree(folder, ignore_errors=True)
    for path in sys.argv[5:]:
        filtered = folder / "headers" / path
        filtered.parent.mkdir(parents=True, exist_ok=True)
        text = (root / path).read_text(encoding="ascii")
        filtered.write_text(Header(path, text).filtered(), encoding="ascii")
    return subprocess.run([doxygen, doxyfile], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
