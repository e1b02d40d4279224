"""The change feed: what was committed, transaction by transaction, as the log holds it.

Shows durable transactions only: what it has shown, no crash takes back. Each one comes once, in LSN
order. It does not keep the log from being trimmed: a follower that stays behind for longer than two
snapshots starts again from a view.
"""

import uuid
from ctypes import POINTER, byref, c_char_p, c_size_t, c_uint8, c_void_p, cast, pointer
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional

from varve import _structures as c
from varve._api import api
from varve._buffers import RunLike, bytes_of, text_of, uuid_of, uuid_struct
from varve._handles import Locked, Owner
from varve._time import Duration, waits


class Change(NamedTuple):
    """One entry of a transaction."""

    entry_type: int  # docs/format/registry.md
    payload_version: int
    safe_ignore: bool  # a reader without the primitive may skip it
    run: Optional[uuid.UUID]  # None: the default run
    payload: bytes
    operation: str  # what its primitive says of it: "put"; empty unless asked for
    subject: str  # what it is about: a key, a path, a name
    detail: str  # the rest, shortened where it is long


class Committed(NamedTuple):
    """One transaction."""

    lsn: int
    commit_time: int  # microseconds since 1970
    changes: List[Change]


def _change(change: Any) -> Change:
    return Change(change.entry_type, change.payload_version, bool(change.safe_ignore),
                  uuid_of(change.run), bytes_of(change.payload), text_of(change.operation),
                  text_of(change.subject), text_of(change.detail))


def change_struct(change: Change) -> c.Change:
    """For Transaction.repeat. `change` must outlive it."""
    data = cast(c_char_p(change.payload), c_void_p).value
    return c.Change(entry_type=change.entry_type, payload_version=change.payload_version,
                    safe_ignore=change.safe_ignore, run=uuid_struct(change.run),
                    payload=c.Slice(data, len(change.payload)))


def change_feed_options(after: int, primitives: Iterable[int], run: RunLike,
                        every_run: bool, describe: bool) -> c.ChangesOptions:
    """From the arguments of Store.changes."""
    wanted = bytes(primitives)
    options = c.ChangesOptions(after=after, primitive_count=len(wanted), describe=describe)
    if wanted:
        options.primitives = cast((c_uint8 * len(wanted))(*wanted), POINTER(c_uint8))
    if not every_run:
        options.run = pointer(uuid_struct(run))
    return options


class ChangeFeed:
    """What Store.changes gives: an iterator over transactions, blocking for the next one.

    Ends once nothing became durable for `timeout` (None: never). May be iterated again after that:
    it goes on where it stood. After an error it also stands where it stood.
    """

    def __init__(self, store: Owner, options: c.ChangesOptions,
                 timeout: Optional[Duration]) -> None:
        feed = c_void_p()
        api.store_changes(store, byref(options), byref(feed))
        self._handle = Locked(feed.value, api.changes_free)
        store.own(self._handle)
        self._timeout = timeout

    @property
    def position(self) -> int:
        """Everything up to here was shown or did not pass the filter: `after` of a later feed."""
        with self._handle as feed:
            return int(api.changes_position(feed))

    def next(self, timeout: Optional[Duration] = None) -> Optional[Committed]:
        """The next transaction; None where none became durable within `timeout` (None: for ever).
        FailedPrecondition: the store was closed. OutOfRange: the log was trimmed."""
        receipt, count = c.Receipt(), c_size_t()
        for wait_us in waits(timeout):
            with self._handle as feed:
                api.changes_next(feed, wait_us, byref(receipt), byref(count))
                if count.value:
                    entries = (api.changes_entry(feed, index) for index in range(count.value))
                    return Committed(receipt.lsn, receipt.commit_time,
                                     [_change(entry.contents) for entry in entries])
        return None

    def close(self) -> None:
        """Ends it. Closing again does nothing."""
        self._handle.end("the change feed is closed")

    def __iter__(self) -> Iterator[Committed]:
        return self

    def __next__(self) -> Committed:
        committed = self.next(self._timeout)
        if committed is None:
            raise StopIteration
        return committed

    def __enter__(self) -> "ChangeFeed":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
