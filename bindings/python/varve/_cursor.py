"""A scan: items of a reader, one by one."""

from ctypes import byref, c_uint64, c_void_p
from typing import Any, Callable, Generic, Iterator, Optional, TypeVar

from varve._api import api
from varve._buffers import bytes_of
from varve._handles import ReaderHandle

Item = TypeVar("Item")


class Scan(Generic[Item]):
    """An iterator over what a scan covers. Ends early where its transaction or view ends.

    Once its limit ended it, `cursor` (of kv) or `position` (of events) says with what to go on;
    before, and where nothing is left, they are empty and None. Reading only a part of it is fine.
    """

    def __init__(self, handle: ReaderHandle, open_: Callable[[Any, Any], Any],
                 current: Callable[[Any], Any], convert: Callable[[Any], Item]) -> None:
        """`open_(reader, out)` makes the cursor, `current(cursor)` gives its item's struct."""
        self._handle = handle
        self._current = current
        self._convert = convert
        self._pointer: Optional[int] = None
        self.cursor = b""
        self.position: Optional[int] = None
        pointer = c_void_p()
        with handle:
            open_(handle.reader, byref(pointer))
            handle.own_cursor(pointer.value)  # type: ignore[arg-type]
            self._pointer = pointer.value

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._pointer is None:
            raise StopIteration
        with self._handle:
            if self._pointer is None:  # another thread came first
                raise StopIteration
            item = self._current(self._pointer)
            if item:
                converted = self._convert(item.contents)
                api.cursor_next(self._pointer)
                return converted
            self._finish()
        raise StopIteration

    def _finish(self) -> None:
        pointer, self._pointer = self._pointer, None
        try:
            api.cursor_status(pointer)
            self.cursor = bytes_of(api.cursor_token(pointer))
            after = c_uint64()
            if api.cursor_position(pointer, byref(after)):
                self.position = after.value
        finally:
            self._handle.free_cursor(pointer)  # type: ignore[arg-type]

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._handle.abandon_cursor(self._pointer)  # type: ignore[arg-type]
