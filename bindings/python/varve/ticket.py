"""A commit on its way to the disk."""

import concurrent.futures
import itertools
import threading
from ctypes import byref
from typing import Any, Dict, Union

from varve import _structures as c
from varve._api import api, borrowed
from varve._handles import Locked, Owner
from varve.errors import Error
from varve.receipt import Receipt, receipt_of

_lock = threading.Lock()
_numbers = itertools.count(1)
_waiting: Dict[int, "concurrent.futures.Future[Receipt]"] = {}


def _done(number: Any, receipt: Any, error: Any) -> None:
    """Called by a thread of the store. Never raises."""
    with _lock:
        future = _waiting.pop(number)
    if receipt:
        future.set_result(receipt_of(receipt.contents))
    else:
        future.set_exception(borrowed(error))


# One for all of them, and for ever: C may call it at any time.
_DONE = c.TicketDone(_done)


class _TicketHandle(Locked):
    """A ticket of C. Where its store ends it, it remembers the answer, which is there then."""

    __slots__ = ("_answer",)

    def __init__(self, pointer: Any, store: Owner) -> None:
        super().__init__(pointer, api.ticket_free)
        self._answer: Union[Receipt, Error, None] = None
        store.own(self)

    def wait(self) -> Receipt:
        """As Ticket.wait."""
        with self._lock:
            if self._answer is None:
                self._answer = self._ask()
        if isinstance(self._answer, Error):
            raise self._answer
        return self._answer

    def _ask(self) -> Union[Receipt, Error]:
        receipt = c.Receipt()
        try:
            with self as ticket:
                api.ticket_wait(ticket, byref(receipt))
            return receipt_of(receipt)
        except Error as error:
            return error

    def end(self, why: str) -> None:
        """By its store, which is closed: so the answer is there."""
        with self._lock:
            if self._answer is None and not self._ended:
                self._answer = self._ask()
        super().end(why)

    def __del__(self) -> None:
        super().end("collected")  # without waiting


class Ticket:
    """What Transaction.commit_async gives. Any thread."""

    __slots__ = ("_handle", "receipt")

    def __init__(self, pointer: Any, store: Owner) -> None:
        self._handle = _TicketHandle(pointer, store)
        receipt = c.Receipt()
        api.ticket_receipt(pointer, byref(receipt))
        self.receipt: Receipt = receipt_of(receipt)  # what it will be once it is durable

    def wait(self) -> Receipt:
        """Blocks until it is durable; then as Transaction.commit."""
        return self._handle.wait()

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
            with self._handle as ticket:
                api.ticket_then(ticket, _DONE, number)
        except BaseException:
            with _lock:
                _waiting.pop(number, None)
            raise
        return future
