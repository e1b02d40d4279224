"""State: cells, each a value with a version that counts its writes; and leases.

A version is 1 at first and one more with each write. Leases have one holder at a time, for a while,
under a token that is larger than every one before it for that name. `Store.lease` holds one for a
block of code.
"""

from ctypes import byref, c_int32, c_uint64, c_void_p
from typing import Any, Callable, Iterator, NamedTuple, Optional

from varve import _structures as c
from varve._api import api
from varve._buffers import BytesLike, RunLike, bytes_of, given, run_argument, text_of
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect, first, listed, name_options
from varve._time import Duration, microseconds, waits
from varve.enums import Code


class Cell(NamedTuple):
    """One cell."""

    name: str  # of one that is watched: empty
    value: bytes
    version: int
    lsn: int  # of the transaction that wrote it; 0 for this transaction's own write
    commit_time: int


class CellVersion(NamedTuple):
    """What a cell was."""

    value: Optional[bytes]  # None: deleted
    version: int
    lsn: int
    commit_time: int


class LeaseInfo(NamedTuple):
    """Who holds a lease, and until when."""

    owner: str
    token: int
    expires: int  # microseconds since 1970


def _cell(cell: Any) -> Cell:
    return Cell(text_of(cell.name), bytes_of(cell.value), cell.version, cell.lsn,
                cell.commit_time)


def _version(cell: Any) -> CellVersion:
    return CellVersion(None if cell.deleted else bytes_of(cell.value), cell.version, cell.lsn,
                       cell.commit_time)


def _lease(lease: Any) -> LeaseInfo:
    return LeaseInfo(text_of(lease.owner), lease.token, lease.expires)


class StateReader(PrimitiveHandle):
    """Reads cells and leases."""

    __slots__ = ()

    def get(self, name: str) -> Optional[Cell]:
        """The cell, or None."""
        cell, found, wanted = c.Cell(), c_int32(), given(name)
        with self._handle:
            api.state_get(self._handle.reader, self._run, wanted, byref(cell), byref(found))
            return _cell(cell)._replace(name=name) if found.value else None

    def list(self, prefix: str = "", after: BytesLike = "", limit: int = 1000) -> Page[Cell]:
        """By name: those that begin with `prefix`, behind `after`."""
        options = name_options(prefix, after, limit)
        with self._handle:
            return collect(lambda out: api.state_list(self._handle.reader, self._run, options, out),
                           api.result_cell, _cell)  # type: ignore[return-value]

    def history(self, name: str, before: int = 0, limit: int = 100) -> Page[CellVersion]:
        """The versions that are kept and older than LSN `before` (0: all), newest first."""
        wanted = given(name)
        with self._handle:
            return collect(lambda out: api.state_history(self._handle.reader, self._run, wanted,
                                                         before, limit, out),
                           api.result_cell, _version)  # type: ignore[return-value]

    def lease(self, name: str) -> Optional[LeaseInfo]:
        """Who holds it; None where nobody does, or the holder let it run out."""
        lease, held, wanted = c.Lease(), c_int32(), given(name)
        with self._handle:
            api.lease_get(self._handle.reader, self._run, wanted, byref(lease), byref(held))
            return _lease(lease) if held.value else None


class State(StateReader):
    """Reads and writes cells and leases."""

    __slots__ = ()

    def init(self, name: str, value: BytesLike) -> bool:
        """Makes the cell, at version 1. False: there is one."""
        written, wanted, data = c_int32(), given(name), given(value)
        with self._handle as txn:
            api.state_init(txn, self._run, wanted, data, byref(written))
        return bool(written.value)

    def set(self, name: str, value: BytesLike) -> int:
        """Whatever is there; never conflicts. The version that it has in this transaction."""
        version, wanted, data = c_uint64(), given(name), given(value)
        with self._handle as txn:
            api.state_set(txn, self._run, wanted, data, byref(version))
        return version.value

    def delete(self, name: str) -> None:
        """Also where there is no such cell; never conflicts."""
        wanted = given(name)
        with self._handle as txn:
            api.state_delete(txn, self._run, wanted)

    def compare_and_set(self, name: str, expected: int, value: BytesLike) -> bool:
        """Only where the cell has the version `expected`."""
        written, wanted, data = c_int32(), given(name), given(value)
        with self._handle as txn:
            api.state_compare_and_set(txn, self._run, wanted, expected, data, byref(written))
        return bool(written.value)

    def compare_and_delete(self, name: str, expected: int) -> bool:
        """Only where the cell has the version `expected`."""
        deleted, wanted = c_int32(), given(name)
        with self._handle as txn:
            api.state_compare_and_delete(txn, self._run, wanted, expected, byref(deleted))
        return bool(deleted.value)

    def transition(self, name: str, next_value: Callable[[bytes], BytesLike]) -> Optional[int]:
        """Writes what `next_value` makes of the cell's value, and gives the new version.

        None: there is no such cell. What `next_value` raises is raised, and nothing is written.
        """
        version, found, wanted = c_uint64(), c_int32(), given(name)
        call = _TransitionCall(next_value)
        with self._handle as txn:
            try:
                api.state_transition(txn, self._run, wanted, call.function, None, byref(version),
                                     byref(found))
            finally:
                call.finish()
        return version.value if found.value else None

    def set_with_lease(self, name: str, value: BytesLike, lease: str, token: int) -> bool:
        """Only while the lease of the same run is held under `token`: what a holder that was too
        slow writes is refused."""
        written, wanted, data, holder = c_int32(), given(name), given(value), given(lease)
        with self._handle as txn:
            api.state_set_with_lease(txn, self._run, wanted, data, holder, token, byref(written))
        return bool(written.value)

    def acquire_lease(self, name: str, owner: str, ttl: Duration) -> Optional[LeaseInfo]:
        """Takes it for `ttl` under a new token. None: somebody has it, perhaps the same owner."""
        lease, held = c.Lease(), c_int32()
        wanted, holder, ttl_us = given(name), given(owner), microseconds(ttl)
        with self._handle as txn:
            api.lease_acquire(txn, self._run, wanted, holder, ttl_us, byref(lease), byref(held))
            return _lease(lease) if held.value else None

    def renew_lease(self, name: str, token: int, ttl: Duration) -> Optional[LeaseInfo]:
        """Holds it for `ttl` from now on. None: it is not held under `token`."""
        lease, held, wanted, ttl_us = c.Lease(), c_int32(), given(name), microseconds(ttl)
        with self._handle as txn:
            api.lease_renew(txn, self._run, wanted, token, ttl_us, byref(lease), byref(held))
            return _lease(lease) if held.value else None

    def release_lease(self, name: str, token: int) -> bool:
        """Gives it back before its time. False: it is not held under `token`."""
        released, wanted = c_int32(), given(name)
        with self._handle as txn:
            api.lease_release(txn, self._run, wanted, token, byref(released))
        return bool(released.value)


class _TransitionCall:
    """`next_value` as C calls it; what it raised is raised by `finish`."""

    def __init__(self, next_value: Callable[[bytes], BytesLike]) -> None:
        self._next_value = next_value
        self._raised: Optional[BaseException] = None
        self._made: Any = None  # stays valid until the call is over
        self.function = c.Transition(self._call)

    def _call(self, _: Any, value: Any, answer: Any, __: Any) -> int:
        try:
            self._made = given(self._next_value(bytes_of(value)))
            answer[0] = self._made
            return Code.OK
        except BaseException as error:
            self._raised = error
            return Code.CANCELLED

    def finish(self) -> None:
        """After the call; breaks the cycle of this object and its callback."""
        del self.function
        if self._raised is not None:
            raise self._raised


def watch(store: Any, name: str, run: RunLike, seen: int,
          timeout: Optional[Duration]) -> Iterator[Optional[Cell]]:
    """The generator behind Store.watch."""
    wanted, inside = given(name), run_argument(run)
    while True:
        changed, cell = _changed(store, wanted, inside, seen, timeout)
        if not changed:
            return
        seen = 0 if cell is None else cell.lsn
        yield None if cell is None else cell._replace(name=name)


def _changed(store: Any, name: Any, run: Any, seen: int, timeout: Optional[Duration]) -> Any:
    for wait_us in waits(timeout):
        changed, result = c_int32(), c_void_p()
        api.state_watch(store._handle, run, name, seen, wait_us, byref(changed), byref(result))
        cell = first(listed(result, api.result_cell, _cell))
        if changed.value:
            return True, cell
    return False, None
