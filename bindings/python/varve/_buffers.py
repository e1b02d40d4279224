"""Bytes on their way in and out.

In: str as UTF-8, bytes and everything with the buffer protocol as they are, without a copy. Out:
bytes, or str where the thing is a name. Names that are not UTF-8 survive as surrogate escapes, the
way Python treats file names.
"""

import ctypes
import os
import uuid
from ctypes import POINTER, byref, c_int, c_ssize_t, c_void_p, py_object, string_at
from typing import Any, Iterable, List, Optional, Sequence, Union

from varve._api import api
from varve._structures import Bytes, GivenSlice, Slice, Uuid

# What is taken where bytes are asked for: str, bytes, bytearray, memoryview, array, NumPy arrays.
BytesLike = Union[str, bytes, bytearray, memoryview, Any]


class _PyBuffer(ctypes.Structure):
    """Py_buffer of the C interface of CPython (PEP 3118)."""

    _fields_ = [("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t), ("itemsize", c_ssize_t),
                ("readonly", c_int), ("ndim", c_int), ("format", c_void_p), ("shape", c_void_p),
                ("strides", c_void_p), ("suboffsets", c_void_p), ("internal", c_void_p)]


_PyObject_GetBuffer = ctypes.pythonapi.PyObject_GetBuffer
_PyObject_GetBuffer.argtypes = [py_object, POINTER(_PyBuffer), c_int]
_PyBuffer_Release = ctypes.pythonapi.PyBuffer_Release
_PyBuffer_Release.argtypes = [POINTER(_PyBuffer)]
_PyBuffer_Release.restype = None


class Export:
    """The memory of an object with the buffer protocol, which cannot move while this lives."""

    def __init__(self, value: Any) -> None:
        view = _PyBuffer()
        _PyObject_GetBuffer(value, byref(view), 0)  # PyBUF_SIMPLE: contiguous bytes
        self._view = view
        self.address: Optional[int] = view.buf
        self.size: int = view.len

    def __del__(self, release: Any = _PyBuffer_Release, by: Any = byref) -> None:
        view = self.__dict__.pop("_view", None)
        if view is not None:
            release(by(view))


def _export(value: Any) -> Export:
    try:
        return Export(value)
    except TypeError:
        raise TypeError("str, bytes or an object with the buffer protocol is needed, not "
                        f"{type(value).__name__}") from None


def given(value: BytesLike) -> GivenSlice:
    """`value` as an argument. Keeps alive what it points to; copies nothing but text."""
    if type(value) is bytes:
        return GivenSlice(value, len(value))
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogateescape")
        return GivenSlice(text, len(text))
    export = _export(value)
    slice_ = GivenSlice(export.address, export.size)
    slice_.export = export
    return slice_


def field(value: Optional[BytesLike]) -> GivenSlice:
    """The same for a field of a struct, where buffers other than bytes are copied. None: empty."""
    if value is None:
        return GivenSlice(None, 0)
    return given(value if isinstance(value, (str, bytes)) else bytes(value))


def given_list(values: Sequence[BytesLike]) -> Any:
    """An array of slices."""
    slices = [given(value) for value in values]
    array: Any = (GivenSlice * len(slices))(*slices)
    array.kept = slices
    return array


def given_path(path: Any) -> GivenSlice:
    """A path of the file system."""
    return given(os.fsencode(path))


def bytes_of(slice_: Any) -> bytes:
    """A copy of what a slice of Varve points to."""
    return string_at(slice_.data, slice_.size)


def text_of(slice_: Any) -> str:
    """The same as a name."""
    return string_at(slice_.data, slice_.size).decode("utf-8", "surrogateescape")


def texts_of(slices: Any, count: int) -> List[str]:
    """The names in an array of Varve."""
    return [text_of(slices[index]) for index in range(count)]


def take_bytes(owned: Bytes) -> bytes:
    """What a varve_bytes holds; frees it."""
    try:
        return string_at(owned.data, owned.size)
    finally:
        api.bytes_free(byref(owned))


RunLike = Union[None, uuid.UUID, str, Any]


def uuid_struct(value: RunLike) -> Uuid:
    """A uuid.UUID, its text, or something with an `id` that is one. None: all zeros."""
    if value is None:
        return Uuid()
    value = getattr(value, "id", value)
    if isinstance(value, str):
        value = uuid.UUID(value)
    if not isinstance(value, uuid.UUID):
        raise TypeError(f"a run is a uuid.UUID, its text or a run, not {type(value).__name__}")
    return Uuid.from_buffer_copy(value.bytes)


def run_argument(run: RunLike) -> Any:
    """A run as an argument; may be used for several calls."""
    return None if run is None else byref(uuid_struct(run))


def uuid_of(struct: Uuid) -> Optional[uuid.UUID]:
    """None for all zeros."""
    raw = bytes(struct.bytes)
    return uuid.UUID(bytes=raw) if any(raw) else None


def names(values: Iterable[str]) -> List[str]:
    """A list of names; one string is refused, since it would be taken letter by letter."""
    if isinstance(values, (str, bytes)):
        raise TypeError("a list of names is needed, not one name")
    return list(values)
