"""Transactions and views: what everything is read through, and what everything is written in."""

from ctypes import byref, c_void_p
from types import TracebackType
from typing import Any, Optional, Type

from varve import _structures as c
from varve._api import api
from varve._buffers import RunLike
from varve._handles import ReaderHandle
from varve.changes import Change, change_struct
from varve.enums import Durability
from varve.event import Events, EventsReader
from varve.json import Json, JsonReader
from varve.kv import Kv, KvReader
from varve.receipt import Receipt, receipt_of
from varve.run import Runs, RunsReader
from varve.state import State, StateReader
from varve.ticket import Ticket
from varve.trace import Trace, TraceReader
from varve.vector import Vectors, VectorsReader


class Reader:
    """What transactions and views have in common.

    Threads may share one: their calls come one after the other.
    """

    __slots__ = ("_handle", "__weakref__")

    def __init__(self, handle: ReaderHandle) -> None:
        self._handle = handle

    @property
    def lsn(self) -> int:
        """It sees every transaction up to this one and none later."""
        with self._handle:
            return int(api.reader_lsn(self._handle.reader))

    @property
    def now(self) -> int:
        """When it began: what expiries are measured against. 0 for a view of the past."""
        with self._handle:
            return int(api.reader_now(self._handle.reader))

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._handle.ended


class View(Reader):
    """The store at one LSN, for ever the same. Never waits for writers, nor they for it.

    While it lives, what it reads stays on disk and in memory: close it within seconds.
    """

    __slots__ = ()

    def close(self) -> None:
        """Ends it, and every scan through it. Closing again does nothing."""
        self._handle.end("the view is closed")

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def kv(self, run: RunLike = None) -> KvReader:
        """Bytes under keys."""
        return KvReader(self._handle, run)

    def json(self, run: RunLike = None) -> JsonReader:
        """Documents."""
        return JsonReader(self._handle, run)

    def events(self, run: RunLike = None) -> EventsReader:
        """Streams of events."""
        return EventsReader(self._handle, run)

    def state(self, run: RunLike = None) -> StateReader:
        """Cells and leases."""
        return StateReader(self._handle, run)

    def trace(self, run: RunLike = None) -> TraceReader:
        """Spans."""
        return TraceReader(self._handle, run)

    def runs(self) -> RunsReader:
        """The register of runs."""
        return RunsReader(self._handle)

    def vectors(self, run: RunLike = None) -> VectorsReader:
        """Collections of vectors."""
        return VectorsReader(self._handle, run)


class Transaction(Reader):
    """One atomic change of a store, through any number of primitives. Serializable.

    Reads the store as of its beginning plus its own writes. As a context manager it commits at the
    end of the block, and leaves no trace where the block raises. A commit raises Aborted where
    anything it read was changed since: begin again, or let `Store.update` do so.
    """

    __slots__ = ("_durability", "receipt")

    def __init__(self, handle: ReaderHandle, durability: Durability) -> None:
        super().__init__(handle)
        self._durability = durability
        self.receipt: Optional[Receipt] = None  # once it is committed

    def commit(self, durability: Optional[Durability] = None) -> Receipt:
        """Makes it durable (or buffered) and visible, all of it or nothing. Ends it either way.

        Aborted, ResourceExhausted, FailedPrecondition: it is absent. Unknown: the disk failed while
        it was being made durable, and after a reopen it is there in whole or not at all.
        """
        receipt = c.Receipt()
        wanted = self._durability if durability is None else durability
        with self._handle as txn:
            self._handle.free_cursors()
            try:
                api.txn_commit(txn, wanted, byref(receipt))
            finally:
                self._handle.end("the transaction has ended")
        self.receipt = receipt_of(receipt)
        return self.receipt

    def commit_async(self) -> Ticket:
        """As a durable commit, without waiting for the disk. Visible to readers once durable."""
        ticket = c_void_p()
        with self._handle as txn:
            store = self._handle.store
            self._handle.free_cursors()
            try:
                api.txn_commit_async(txn, byref(ticket))
            finally:
                self._handle.end("the transaction has ended")
        return Ticket(ticket.value, store)

    def abort(self) -> None:
        """Ends it without a trace. Of one that has ended, does nothing."""
        self._handle.end("the transaction was aborted")

    @property
    def bytes(self) -> int:
        """Bytes of log entries so far; 64 MiB at most."""
        with self._handle as txn:
            return int(api.txn_bytes(txn))

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        if kind is not None:
            self.abort()
        elif not self._handle.ended:
            self.commit()

    def repeat(self, change: Change) -> None:
        """Does here what the entry did in another store: for replicas. Unimplemented: the primitive
        is unknown here."""
        struct = change_struct(change)
        with self._handle as txn:
            api.txn_repeat(txn, byref(struct))

    def kv(self, run: RunLike = None) -> Kv:
        """Bytes under keys."""
        return Kv(self._handle, run)

    def json(self, run: RunLike = None) -> Json:
        """Documents."""
        return Json(self._handle, run)

    def events(self, run: RunLike = None) -> Events:
        """Streams of events."""
        return Events(self._handle, run)

    def state(self, run: RunLike = None) -> State:
        """Cells and leases."""
        return State(self._handle, run)

    def trace(self, run: RunLike = None) -> Trace:
        """Spans."""
        return Trace(self._handle, run)

    def runs(self) -> Runs:
        """The register of runs."""
        return Runs(self._handle)

    def vectors(self, run: RunLike = None) -> Vectors:
        """Collections of vectors."""
        return Vectors(self._handle, run)
