"""A commit on its way to the disk."""

import concurrent.futures
import itertools
import threading
from ctypes import byref
from typing import TYPE_CHECKING, Any, Dict

from varve import _structures as c
from varve._api import api, borrowed
from varve._handles import Owner

if TYPE_CHECKING:
    from varve.transaction import Receipt

_lock = threading.Lock()
_numbers = itertools.count(1)
_waiting: Dict[int, "concurrent.futures.Future[Receipt]"] = {}


def _receipt(struct: Any) -> "Receipt":
    from varve.transaction import receipt_of
    return receipt_of(struct)


def _done(number: Any, receipt: Any, error: Any) -> None:
    """Called by a thread of the store. Never raises."""
    with _lock:
        future = _waiting.pop(number)
    if receipt:
        future.set_result(_receipt(receipt.contents))
    else:
        future.set_exception(borrowed(error))


# One for all of them, and for ever: C may call it at any time.
_DONE = c.TicketDone(_done)


class Ticket:
    """What Transaction.commit_async gives. Any thread."""

    __slots__ = ("_handle",)

    def __init__(self, handle: Owner) -> None:
        self._handle = handle

    @property
    def receipt(self) -> "Receipt":
        """What the receipt will be once it is durable."""
        receipt = c.Receipt()
        api.ticket_receipt(self._handle, byref(receipt))
        return _receipt(receipt)

    def wait(self) -> "Receipt":
        """Blocks until it is durable; then as Transaction.commit."""
        receipt = c.Receipt()
        api.ticket_wait(self._handle, byref(receipt))
        return _receipt(receipt)

    def future(self) -> "concurrent.futures.Future[Receipt]":
        """The same without blocking; asyncio.wrap_future(ticket.future()) can be awaited.

        It is resolved by a thread of the store: what is added to it as a callback must be short.
        """
        future: "concurrent.futures.Future[Receipt]" = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        with _lock:
            number = next(_numbers)
            _waiting[number] = future
        try:
            api.ticket_then(self._handle, _DONE, number)
        except BaseException:
            with _lock:
                _waiting.pop(number, None)
            raise
        return future
