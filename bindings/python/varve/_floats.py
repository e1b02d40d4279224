"""Vectors on their way in and out: 32-bit floats in one piece.

In, without a copy: a NumPy array of float32, array("f"), a memoryview of format "f"; one vector, or
several as rows. Everything else (lists, other number types) is converted. Out: NumPy arrays where
NumPy can be imported, else array("f").
"""

import array
import ctypes
from functools import lru_cache
from typing import Any, NamedTuple, Sequence, Union

from varve._buffers import Export

# One vector: a NumPy array, array("f"), a buffer of floats, a list of numbers.
Vector = Union[Sequence[float], Any]
# Several: a NumPy array of two dimensions, a list of vectors.
Vectors = Union[Sequence[Sequence[float]], Any]


class Floats(NamedTuple):
    """Vectors in memory, one after the other."""

    address: Any
    rows: int
    dimension: int
    kept: Any  # what the address belongs to


@lru_cache(maxsize=None)
def numpy() -> Any:
    """The module, or None."""
    try:
        import numpy as module
        return module
    except ImportError:
        return None


def one_vector(vector: Vector) -> Floats:
    """A single vector."""
    floats = _floats(vector)
    if floats.rows != 1:
        raise ValueError(f"one vector is needed, not {floats.rows}")
    return floats


def vector_rows(vectors: Vectors, count: int) -> Floats:
    """`count` vectors of one dimension; a single one may stand for itself."""
    if count == 0 and len(vectors) == 0:
        return Floats(None, 0, 0, None)
    floats = _floats(vectors)
    if floats.rows != count:
        raise ValueError(f"{count} vectors are needed, one for each key, not {floats.rows}")
    return floats


def query_rows(queries: Vectors) -> Floats:
    """One vector or more."""
    return _floats(queries)


def _floats(value: Any) -> Floats:
    view = _float_view(value)
    if view is None:
        value = _converted(value)
        view = memoryview(value)
    if view.ndim > 2:
        raise ValueError(f"vectors are rows of numbers, not an array of {view.ndim} dimensions")
    shape = view.shape if view.ndim == 2 else (1, len(view))
    export = Export(value)
    return Floats(export.address, shape[0], shape[1], export)


def _float_view(value: Any) -> Any:
    """Of something that is 32-bit floats in one piece; else None."""
    try:
        view = memoryview(value)
    except (TypeError, ValueError):
        return None
    return view if view.format == "f" and view.c_contiguous else None


def _converted(value: Any) -> Any:
    if numpy() is not None:
        return numpy().ascontiguousarray(value, dtype=numpy().float32)
    if len(value) > 0 and hasattr(value[0], "__len__"):
        return _rows(value)
    return array.array("f", value)


def _rows(rows: Any) -> Any:
    dimension = len(rows[0])
    flat = array.array("f")
    for row in rows:
        if len(row) != dimension:
            raise ValueError(f"vectors of {dimension} and of {len(row)} components")
        flat.extend(array.array("f", row))
    return memoryview(flat).cast("B").cast("f", (len(rows), dimension))


def floats_at(address: int, count: int) -> Any:
    """A copy of `count` floats of Varve."""
    floats = new_floats(count)
    if count:
        ctypes.memmove(address_of(floats), address, 4 * count)
    return floats


def new_floats(count: int) -> Any:
    """Room for `count` floats."""
    if numpy() is not None:
        return numpy().zeros(count, dtype=numpy().float32)
    return array.array("f", bytes(4 * count))


def address_of(floats: Any) -> int:
    """Of what new_floats gave."""
    if numpy() is not None:
        return int(floats.ctypes.data)
    return floats.buffer_info()[0]  # type: ignore[no-any-return]


def as_rows(floats: Any, count: int, columns: int) -> Any:
    """What new_floats gave, in rows where NumPy can be imported."""
    return floats if numpy() is None else floats.reshape(count, columns)
