"""Lists that calls answer."""

from ctypes import byref, c_void_p
from typing import Any, Callable, Iterable, List, Optional, TypeVar

from varve._api import api
from varve._buffers import bytes_of, field
from varve._structures import NameOptions

Item = TypeVar("Item")


class Page(List[Item]):
    """A list, and whether its limit came before the end."""

    def __init__(self, items: Iterable[Item] = (), more: bool = False, cursor: bytes = b"") -> None:
        super().__init__(items)
        self.more = more
        self.cursor = cursor  # for the next page: a parameter `cursor`, or `after` as a name


def collect(call: Callable[[Any], Any], item: Callable[[Any, int], Any],
            convert: Callable[[Any], Item]) -> Page[Optional[Item]]:
    """`call(out)` makes a varve_result; each of its items converted, None for absent ones.

    Under the lock of the reader where items borrow from it.
    """
    result = c_void_p()
    call(byref(result))
    return listed(result, item, convert)


def listed(result: c_void_p, item: Callable[[Any, int], Any],
           convert: Callable[[Any], Item]) -> Page[Optional[Item]]:
    """The same of a result that is there; frees it."""
    try:
        page: Page[Optional[Item]] = Page()
        for index in range(api.result_count(result)):
            pointer = item(result, index)
            page.append(convert(pointer.contents) if pointer else None)
        page.more = bool(api.result_more(result))
        page.cursor = bytes_of(api.result_cursor(result)) if page.more else b""
        return page
    finally:
        api.result_free(result)


def first(page: Page[Optional[Item]]) -> Optional[Item]:
    """Of a list with one item or none."""
    return page[0] if page else None


def name_options(prefix: Any, after: Any, limit: int) -> Any:
    """Which names a list holds, as an argument."""
    return byref(NameOptions(prefix=field(prefix), after=field(after), limit=limit))
