"""An open store."""

import atexit
import warnings
import weakref
from ctypes import byref, c_uint64, c_void_p
from typing import (Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple,
                    TypeVar)
from uuid import UUID

from varve import _structures as c
from varve import lease as lease_module
from varve._api import api
from varve._buffers import RunLike, given_path, run_argument, text_of, uuid_struct
from varve._control import Watched
from varve._handles import Owner, ReaderHandle
from varve._results import Page, listed
from varve._time import Duration, microseconds, waits
from varve._update import run_update
from varve.backup import OnProgress, Path, Snapshot, list_snapshots, take_snapshot
from varve.changes import ChangeFeed, change_feed_options
from varve.enums import Durability
from varve.errors import Error, FailedPrecondition
from varve.event import Event, tail
from varve.lease import Lease
from varve.options import Tuning, open_options
from varve.recovery import Footprint, Recovery, footprint_of, recovery_of
from varve.run import ActiveRun, RunStep, run_options, run_step
from varve.state import Cell, watch
from varve.stats import Stat, metrics_text, stats_of
from varve.trace import ActiveSpan
from varve.transaction import Transaction, View

Result = TypeVar("Result")

_EVERY_RUN: Any = object()


class Store:
    """An open store. Any thread, all of it.

    Transactions, views and feeds may outlive this object and be collected in any order; `close`
    ends them. A child of fork() must not use it: calls there raise FailedPrecondition.
    """

    def __init__(self, handle: Owner, durability: Durability) -> None:
        """Use varve.open."""
        self._owner: Optional[Owner] = handle
        self._durability = durability
        _open_stores.add(self)

    # Its life.

    def close(self) -> None:
        """Finishes commits, makes everything durable, checkpoints, marks the store cleanly closed.

        Ends its transactions (without a trace), views and feeds. Raises the first error, but
        everything is attempted. Later calls, also those that wait in another thread, raise
        FailedPrecondition. Closing again does nothing.
        """
        owner, self._owner = self._owner, None
        if owner is None:
            return
        _open_stores.discard(self)
        try:
            api.store_close(owner)  # wakes those that wait
        finally:
            owner.end_children("the store is closed")

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._owner is None

    @property
    def _handle(self) -> Owner:
        owner = self._owner
        if owner is None:
            raise FailedPrecondition("the store is closed")
        return owner

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_owner", None) is not None:
            warn("a varve.Store was not closed", ResourceWarning)

    # Transactions.

    def transaction(self, *, durability: Optional[Durability] = None) -> Transaction:
        """A transaction on the newest visible state; `with` commits it at the end of the block."""
        pointer, store = c_void_p(), self._handle
        api.store_begin(store, byref(pointer))
        handle = ReaderHandle(pointer.value, api.txn_free, api.txn_reader, store)
        return Transaction(handle, self._durability if durability is None else durability)

    def update(self, body: Callable[[Transaction], Result], *, attempts: int = 64,
               durability: Optional[Durability] = None) -> Result:
        """Runs `body` in a transaction, commits it, and gives what `body` returned.

        On a conflict runs it again on fresh data, at most `attempts` times, so it must have no
        other effects. What it raises is raised, and nothing is written.
        """
        return run_update(self._handle, body, attempts,
                          self._durability if durability is None else durability)

    def view(self) -> View:
        """The newest visible state, for reading."""
        pointer, store = c_void_p(), self._handle
        api.store_view(store, byref(pointer))
        return _view(pointer, store)

    def as_of(self, lsn: int) -> View:
        """The state after an earlier transaction. OutOfRange: in the future, or before the history
        that is kept (`keep_history`)."""
        pointer, store = c_void_p(), self._handle
        api.store_view_at(store, lsn, byref(pointer))
        return _view(pointer, store)

    # What it is.

    @property
    def path(self) -> str:
        """The folder as it was given; empty for a store in memory."""
        return text_of(api.store_directory(self._handle))

    @property
    def uuid(self) -> UUID:
        """Its identity."""
        identity = c.Uuid()
        api.store_uuid(self._handle, byref(identity))
        return UUID(bytes=bytes(identity.bytes))

    @property
    def read_only(self) -> bool:
        """Whether it was opened so."""
        return bool(api.store_read_only(self._handle))

    @property
    def visible_lsn(self) -> int:
        """The newest LSN that a new view sees."""
        return int(api.store_visible_lsn(self._handle))

    @property
    def durable_lsn(self) -> int:
        """The newest LSN that is on stable storage."""
        return int(api.store_durable_lsn(self._handle))

    @property
    def applied_lsn(self) -> int:
        """The newest LSN that is in the materialized store."""
        return int(api.store_applied_lsn(self._handle))

    @property
    def recovery(self) -> Optional[Recovery]:
        """What the open did. None for a store in memory."""
        report = api.store_recovery(self._handle)
        return recovery_of(report.contents) if report else None

    def footprint(self) -> Footprint:
        """Where the data is."""
        footprint = c.Footprint()
        api.store_footprint(self._handle, byref(footprint))
        return footprint_of(footprint)

    def stats(self) -> Dict[str, Stat]:
        """What it has counted and measured since it was opened, by the names that Prometheus gives:
        docs/metrics.md. Asks the file system for sizes: for every few seconds."""
        return stats_of(self._handle)

    def metrics_text(self, labels: Mapping[str, str] = {}) -> str:
        """The same in the text format that Prometheus scrapes, every line with `labels`, such as
        {"store": "orders"}."""
        return metrics_text(self._handle, labels)

    def check_status(self) -> None:
        """Raises the error that poisoned the store, if one did: it then refuses writes."""
        api.store_status(self._handle)

    def check_maintenance(self) -> None:
        """Raises the last error of background checkpoints and snapshots, until they succeed."""
        api.store_maintenance_status(self._handle)

    # Durability and files.

    def sync(self) -> None:
        """Makes every earlier commit durable."""
        api.store_sync(self._handle)

    def checkpoint(self) -> None:
        """Moves everything committed into the materialized store; happens by itself."""
        api.store_checkpoint(self._handle)

    def snapshot(self, *, progress: OnProgress = None) -> Snapshot:
        """Writes a snapshot, reads it back and verifies it, and trims the log. Never blocks
        writers."""
        return take_snapshot(self._handle, progress)

    def snapshots(self) -> Page[Snapshot]:
        """Those that the store keeps, oldest first."""
        return list_snapshots(self._handle)

    # Following it.

    def wait_visible(self, after: int, timeout: Optional[Duration] = None) -> int:
        """Blocks until something later than `after` is visible, or `timeout` is over; gives the
        newest visible LSN either way."""
        visible = 0
        for wait_us in waits(timeout):
            visible = self._wait_visible_us(after, wait_us)
            if visible > after:
                break
        return visible

    def _wait_visible_us(self, after: int, wait_us: int) -> int:
        visible = c_uint64()
        api.store_wait_visible(self._handle, after, wait_us, byref(visible))
        return visible.value

    def changes(self, after: int = 0, *, timeout: Optional[Duration] = None,
                primitives: Iterable[int] = (), run: RunLike = _EVERY_RUN,
                describe: bool = False) -> ChangeFeed:
        """Every durable transaction behind LSN `after`, as an iterator that blocks for the next.

        Only entries of `primitives` (ids: docs/format/registry.md) and of `run` (None: the default
        run), where they are given. `describe` fills in what the primitives say of each.
        """
        options = change_feed_options(after, primitives, None if run is _EVERY_RUN else run,
                                      run is _EVERY_RUN, describe)
        return ChangeFeed(self._handle, options, timeout)

    def tail(self, stream: str, start: int = 0, *, run: RunLike = None,
             timeout: Optional[Duration] = None, batch: int = 1000) -> Iterator[Event]:
        """Events of a stream from sequence `start` on, blocking for the next one.

        Ends once none came for `timeout` (None: never). Use it without an open view of your own.
        """
        return tail(self, stream, run, start, timeout, batch)

    def watch(self, name: str, *, run: RunLike = None, seen: int = 0,
              timeout: Optional[Duration] = None) -> Iterator[Optional[Cell]]:
        """A cell of State each time that it has become another one than that of LSN `seen` (0:
        there was none). None: it was deleted. Ends as `tail` does."""
        return watch(self, name, run, seen, timeout)

    # Blocks of code.

    def lease(self, name: str, owner: str, ttl: Duration, *, timeout: Optional[Duration] = None,
              run: RunLike = None) -> Lease:
        """Takes a lease for `ttl`; `with` gives it back at the end of the block.

        Waits for another holder up to `timeout` (None: for ever), then DeadlineExceeded.
        """
        return lease_module.acquire(self, name, owner, ttl, timeout, run)

    def span(self, name: str, *, run: RunLike = None, durability: Optional[Durability] = None,
             **record: Any) -> ActiveSpan:
        """Records a span around a block; further keywords are those of Trace.record."""
        return ActiveSpan(self, run, durability, name, record)

    def run(self, name: str = "", **options: Any) -> ActiveRun:
        """Begins a run for a block; further keywords are those of varve.run.run_options."""
        return ActiveRun(self, dict(options, name=name))

    # The past of a run.

    def replay(self, run: RunLike, step: int) -> Tuple[View, Optional[RunStep]]:
        """The whole store as of the transaction that holds the step, and the last step of that."""
        pointer, last, store, wanted = c_void_p(), c_void_p(), self._handle, run_argument(run)
        api.run_replay(store, wanted, step, byref(pointer), byref(last))
        view = _view(pointer, store)
        steps = listed(last, api.result_run_step, run_step)
        return view, steps[0] if steps else None

    def fork(self, run: RunLike, step: int = 0, **options: Any) -> UUID:
        """A new run with what `run` held after `step` (0: with what it holds now)."""
        made, wanted, new = c.Uuid(), byref(uuid_struct(run)), byref(run_options(**options))
        api.run_fork(self._handle, wanted, step, new, byref(made))
        return UUID(bytes=bytes(made.bytes))


def _view(pointer: c_void_p, store: Owner) -> View:
    return View(ReaderHandle(pointer.value, api.view_free, api.view_reader, store))


_open_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """A store that nobody closed is closed when the interpreter ends, as well as may be."""
    for store in list(_open_stores):
        try:
            store.close()
        except Error as error:
            warnings.warn(f"closing a varve.Store: {error}", ResourceWarning)


def open(path: Path, *, create: bool = True, exclusive: bool = False, read_only: bool = False,
         durability: Durability = Durability.DURABLE, lock_timeout: Duration = 0,
         keep_history: Duration = 0, tuning: Optional[Tuning] = None,
         progress: OnProgress = None) -> Store:
    """Opens the store in the folder `path`.

    create: makes it where there is none; else NotFound. exclusive: AlreadyExists where there is
    one. read_only: writes nothing and works beside a writing process; sees the state of the moment
    of opening. durability: of commits that say nothing else. lock_timeout: how long to wait for
    another holder. keep_history: how long superseded versions are kept (varve.FOREVER). progress:
    is called now and then with a Progress; what it raises stops the open.

    Unavailable: it is open elsewhere. DataLoss: damage, nothing was written.
    """
    pointer = c_void_p()
    try:
        with Watched(progress) as watched:
            options = open_options(must_exist=not create, must_not_exist=exclusive,
                                   read_only=read_only, lock_timeout=lock_timeout,
                                   keep_history=keep_history, tuning=tuning, watched=watched)
            api.store_open(given_path(path), byref(options), byref(pointer))
    except BaseException:
        if pointer:  # `progress` raised too late to stop it
            api.store_free(pointer)
        raise
    return Store(Owner(pointer.value, api.store_free), durability)


def open_in_memory(*, durability: Durability = Durability.DURABLE, keep_history: Duration = 0,
                   tuning: Optional[Tuning] = None) -> Store:
    """A store without files, gone when closed."""
    pointer, options = c_void_p(), open_options(keep_history=keep_history, tuning=tuning)
    api.store_open_in_memory(byref(options), byref(pointer))
    return Store(Owner(pointer.value, api.store_free), durability)
