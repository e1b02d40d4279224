"""Finds libvarve, and checks that it speaks the interface that this package was written for.

Looked for in this order: the file that the environment variable VARVE_LIBRARY names; libvarve.so.0
beside this package; in the lib of the prefix that `cmake --install` put both into; where the loader
looks.

It is opened as ctypes.CDLL, which gives up the interpreter's lock for the time of every call: while
one thread waits for the disk, for a commit or for an event, the others run.
"""

import ctypes
import os
import pathlib
from typing import List

ABI_VERSION = 0  # VARVE_ABI_VERSION
SONAME = f"libvarve.so.{ABI_VERSION}"


def _candidates() -> List[str]:
    named = os.environ.get("VARVE_LIBRARY")
    if named:
        return [named]
    package = pathlib.Path(__file__).resolve().parent
    places = [package / SONAME]
    if package.parts[-4:] == ("lib", "python3", "dist-packages", "varve"):
        places.append(package.parents[2] / SONAME)
    return [str(place) for place in places if place.exists()] + [SONAME]


def load() -> ctypes.CDLL:
    """The library, open and of the right version. ImportError says what to do where it is not."""
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise ImportError(
                f"varve cannot load its library: {error}. Install the Debian package libvarve0, "
                f"run `cmake --install`, or set VARVE_LIBRARY to the path of {SONAME}.") from error
        _check(library, path)
        return library
    raise AssertionError("there is always a candidate")


def _check(library: ctypes.CDLL, path: str) -> None:
    try:
        version = library.varve_abi_version
    except AttributeError:
        raise ImportError(f"{path} is not the shared library of Varve: it has no "
                          f"varve_abi_version. Set VARVE_LIBRARY to {SONAME}.") from None
    version.restype = ctypes.c_uint32
    if version() != ABI_VERSION:
        raise ImportError(
            f"{path} has version {version()} of Varve's C interface, and this package needs "
            f"{ABI_VERSION}: install the Python package of the same release as the library.")
