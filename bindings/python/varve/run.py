"""Run: who is active, what became of it, what it was at a step.

Every primitive keeps its rows in runs (`txn.kv(run)`); this one keeps the register of them. A
closed run refuses writes with FailedPrecondition. A run that was never created needs no register:
it is open, and unlisted. `Store.run` creates one for a block of code.
"""

import uuid
from ctypes import byref, c_uint64
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from varve import _structures as c
from varve._api import api
from varve._buffers import (RunLike, bytes_of, field, given, given_list, names, run_argument,
                            take_bytes, text_of, texts_of, uuid_of, uuid_struct)
from varve._handles import ReaderHandle
from varve._json_text import loaded_object, optional_object
from varve._results import Page, collect, first
from varve.enums import RowChangeKind, RunStatus, known


class RunInfo(NamedTuple):
    """A run as the register has it."""

    id: uuid.UUID
    parent: Optional[uuid.UUID]
    forked_from: Optional[uuid.UUID]
    forked_at: int  # what the fork saw of it: an LSN
    status: RunStatus
    name: str
    tags: List[str]
    metadata: Dict[str, Any]
    outcome: str
    created: int  # microseconds since 1970
    status_since: int
    status_lsn: int  # of the transaction that made it what it is


class RunStep(NamedTuple):
    """One entry that was written into a run."""

    number: int  # from 1, without gaps
    lsn: int
    commit_time: int
    entry_type: int  # docs/format/registry.md
    payload_version: int
    payload_bytes: int
    payload: bytes  # whole where it has at most 4096 bytes, else empty


class RowChange(NamedTuple):
    """A row in which two runs differ."""

    kind: RowChangeKind
    primitive: str  # "varve.kv"
    table: str
    subject: str  # which row, as its primitive names it
    before: str  # what it held, as its primitive describes it
    after: str
    key: bytes


def _info(info: Any) -> RunInfo:
    return RunInfo(uuid_of(info.id) or uuid.UUID(int=0), uuid_of(info.parent),
                   uuid_of(info.forked_from), info.forked_at, known(RunStatus, info.status),
                   text_of(info.name), texts_of(info.tags, info.tag_count),
                   loaded_object(info.metadata), text_of(info.outcome), info.created,
                   info.status_since, info.status_lsn)


def run_step(step: Any) -> RunStep:
    """From C."""
    return RunStep(step.number, step.lsn, step.commit_time, step.entry_type, step.payload_version,
                   step.payload_bytes, bytes_of(step.payload))


def _row_change(change: Any) -> RowChange:
    return RowChange(known(RowChangeKind, change.kind), text_of(change.primitive),
                     text_of(change.table), text_of(change.subject), text_of(change.before),
                     text_of(change.after), bytes_of(change.key))


def run_options(name: str = "", *, id: RunLike = None, parent: RunLike = None,
                tags: Iterable[str] = (), metadata: Optional[Dict[str, Any]] = None,
                paused: bool = False) -> Any:
    """What a new run is. The arguments of `create`, `Store.run` and `Store.fork`.

    id: None draws one, whose order is that of time. paused: not active before `begin`.
    """
    wanted = given_list(names(tags))
    return c.RunOptions(id=uuid_struct(id), parent=uuid_struct(parent), name=field(name),
                        tag_count=len(wanted), tags=wanted,
                        metadata=field(optional_object(metadata)), paused=paused)


class RunsReader:
    """Reads the register, and what runs did."""

    __slots__ = ("_handle",)

    def __init__(self, handle: ReaderHandle) -> None:
        self._handle = handle

    def get(self, run: RunLike) -> Optional[RunInfo]:
        """One run, or None."""
        wanted = run_argument(run)
        with self._handle:
            return first(collect(lambda out: api.run_get(self._handle.reader, wanted, out),
                                 api.result_run, _info))

    def list(self, status: int = 0, tag: str = "", parent: RunLike = None, after: RunLike = None,
             limit: int = 1000) -> Page[RunInfo]:
        """Runs in the order of their ids; everything that is given must hold."""
        wanted = byref(c.RunFilter(status=status, tag=field(tag), parent=uuid_struct(parent),
                                   after=uuid_struct(after), limit=limit))
        with self._handle:
            return collect(lambda out: api.run_list(self._handle.reader, wanted, out),
                           api.result_run, _info)  # type: ignore[return-value]

    def orphans(self, limit: int = 1000) -> Page[RunInfo]:
        """Active runs that nobody has begun since the store was opened: a crash left them open."""
        with self._handle:
            return collect(lambda out: api.run_orphans(self._handle.reader, limit, out),
                           api.result_run, _info)  # type: ignore[return-value]

    def steps(self, run: RunLike, start: int = 1, limit: int = 1000) -> Page[RunStep]:
        """What was written into the run, from a step on."""
        wanted = run_argument(run)
        with self._handle:
            return collect(lambda out: api.run_steps(self._handle.reader, wanted, start, limit,
                                                     out),
                           api.result_run_step, run_step)  # type: ignore[return-value]

    def step_count(self, run: RunLike) -> int:
        """How many steps it has."""
        count, wanted = c_uint64(), run_argument(run)
        with self._handle:
            api.run_step_count(self._handle.reader, wanted, byref(count))
        return count.value

    def digest(self, run: RunLike) -> str:
        """Of everything the run holds: 32 hexadecimal digits, independent of LSNs and times."""
        digest, wanted = c.Bytes(), run_argument(run)
        with self._handle:
            api.run_digest(self._handle.reader, wanted, byref(digest))
        return take_bytes(digest).decode("ascii")

    def diff(self, run: RunLike, other: RunLike, *, other_reader: Any = None,
             limit: int = 0) -> Page[RowChange]:
        """Every row in which `other` differs from `run`, at most `limit` (0: all).

        `other` is read through `other_reader`, where that is given: a view of another moment.
        """
        start, end = byref(uuid_struct(run)), byref(uuid_struct(other))
        theirs = self._handle if other_reader is None else other_reader._handle
        # Always in the same order, so that two that ask crosswise do not wait for each other.
        outer, inner = sorted((self._handle, theirs), key=id)
        with outer, inner:
            return collect(lambda out: api.run_diff(self._handle.reader, start, theirs.reader, end,
                                                    limit, out),
                           api.result_row_change, _row_change)  # type: ignore[return-value]


class Runs(RunsReader):
    """Reads and changes the register."""

    __slots__ = ()

    def create(self, name: str = "", **options: Any) -> uuid.UUID:
        """A new run; the keywords are those of `run_options`. AlreadyExists: the id is taken."""
        made, wanted = c.Uuid(), byref(run_options(name, **options))
        with self._handle as txn:
            api.run_create(txn, wanted, byref(made))
        return uuid.UUID(bytes=bytes(made.bytes))

    def begin(self, run: RunLike) -> None:
        """Paused to active. Of an active run: takes it over, so that it is no orphan any more."""
        wanted = run_argument(run)
        with self._handle as txn:
            api.run_begin(txn, wanted)

    def end(self, run: RunLike, status: RunStatus = RunStatus.COMPLETED, outcome: str = "") -> None:
        """Any other status than active. FailedPrecondition: not from the present one."""
        wanted, text = run_argument(run), given(outcome)
        with self._handle as txn:
            api.run_end(txn, wanted, status, text)

    def update(self, run: RunLike, *, name: Optional[str] = None,
               tags: Optional[Iterable[str]] = None,
               metadata: Optional[Dict[str, Any]] = None) -> None:
        """What is None stays. Also of a closed run."""
        wanted, kept = run_argument(run), given_list(names(tags or ()))
        changes = c.RunChanges(
            has_name=name is not None, has_tags=tags is not None,
            has_metadata=metadata is not None, name=field(name), tag_count=len(kept), tags=kept,
            metadata=field(optional_object(metadata)))
        with self._handle as txn:
            api.run_update(txn, wanted, byref(changes))

    def delete(self, run: RunLike, with_children: bool = False) -> None:
        """The run and every row in it, of every primitive. FailedPrecondition: it has children."""
        wanted = run_argument(run)
        with self._handle as txn:
            api.run_delete(txn, wanted, with_children)


class ActiveRun:
    """What Store.run gives: completed at the end of the block, failed where the block raises.

    Give it, or its `id`, wherever a run is asked for.
    """

    def __init__(self, store: Any, options: Dict[str, Any]) -> None:
        self._store = store
        self.outcome = ""  # may be set until the block ends
        self.id: uuid.UUID = store.update(lambda txn: txn.runs().create(**options))

    def __enter__(self) -> "ActiveRun":
        return self

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        status, outcome = RunStatus.COMPLETED, self.outcome
        if error is not None:
            status, outcome = RunStatus.FAILED, self.outcome or f"{kind.__name__}: {error}"
        self._store.update(lambda txn: txn.runs().end(self, status, outcome))
