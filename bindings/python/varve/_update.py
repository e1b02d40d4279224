"""A body that is run in a transaction, and again after a conflict."""

from ctypes import byref
from typing import Any, Callable, Optional, TypeVar

from varve import _structures as c
from varve._api import api
from varve._handles import Owner, ReaderHandle
from varve.enums import Code, Durability
from varve.receipt import receipt_of
from varve.transaction import Transaction

Result = TypeVar("Result")


class _Call:
    """`body` as C calls it; keeps what it returned or raised."""

    def __init__(self, store: Owner, body: Callable[[Transaction], Any],
                 durability: Durability) -> None:
        self._store = store
        self._body = body
        self._durability = durability
        self.transaction: Optional[Transaction] = None
        self.result: Any = None
        self.raised: Optional[BaseException] = None
        self.function = c.UpdateBody(self._call)

    def _call(self, _: Any, txn: Any, __: Any) -> int:
        try:
            handle = ReaderHandle(txn, None, api.txn_reader, self._store)
            self.transaction = Transaction(handle, self._durability)
            try:
                self.result = self._body(self.transaction)
            finally:
                handle.end("the transaction was that of Store.update, whose body has returned")
            return Code.OK
        except BaseException as error:
            self.raised = error
            return Code.CANCELLED


def run_update(store: Owner, body: Callable[[Transaction], Result], attempts: int,
               durability: Durability) -> Result:
    """The call behind Store.update."""
    if attempts < 1:
        raise ValueError("attempts must be at least 1")
    call, receipt = _Call(store, body, durability), c.Receipt()
    options = c.UpdateOptions(durability=durability, attempts_max=attempts)
    try:
        api.store_update(store, call.function, None, byref(options), byref(receipt))
    finally:
        del call.function  # a cycle: it refers to the call
        if call.raised is not None:
            raise call.raised
    if call.transaction is not None:
        call.transaction.receipt = receipt_of(receipt)
    return call.result  # type: ignore[no-any-return]
