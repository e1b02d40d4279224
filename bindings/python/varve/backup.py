"""Snapshots, backups, going back to a moment, and saving what is left. The guide: docs/backup.md.

`progress` is called now and then with a Progress; what it raises stops the work and is raised.
"""

import os
import uuid
from ctypes import byref, c_uint64, c_void_p
from typing import Any, Callable, List, NamedTuple, Optional, Union

from varve._api import api
from varve._buffers import given_path, text_of, texts_of, uuid_of
from varve._control import Progress, Watched
from varve._results import Page, listed
from varve._time import Moment, moment
from varve.options import Tuning, open_options
from varve.recovery import Recovery, recovery_of

Path = Union[str, bytes, "os.PathLike[Any]"]
OnProgress = Optional[Callable[[Progress], None]]


class Snapshot(NamedTuple):
    """One snapshot file."""

    path: str
    file_bytes: int
    store: Optional[uuid.UUID]
    lsn: int  # the state is that after this transaction
    commit_time: int  # microseconds since 1970, of that transaction
    history_from: int
    created: int
    digest: str  # 32 hexadecimal digits


class BackupReport(NamedTuple):
    """What a backup did."""

    store: Optional[uuid.UUID]
    first: bool  # the target held no backup before
    first_lsn: int  # the oldest moment that can be restored; 0: the empty store
    last_lsn: int  # the newest
    last_commit_time: int  # 0 where nothing was ever committed
    bytes_copied: int
    bytes_present: int  # of the store's files now, and already there
    snapshots_copied: int
    segments_copied: int
    time_us: int
    warnings: List[str]


class Lost(NamedTuple):
    """LSNs of transactions of a damaged store that could not be saved."""

    first: int
    last: int
    file: str  # where they stood; empty where nothing tells
    offset: int  # of the first byte there that is wrong
    found: str  # what is wrong with it
    refused: bool  # whole, but left out, since it rests on what is lost; `found` says why


class Salvaged(NamedTuple):
    """What was saved of a damaged store, and what was not."""

    lost: Page[Lost]  # first what is lost, then what was refused; empty: nothing was
    records_taken: int
    last_lsn: int  # of the new store


def _snapshot(snapshot: Any) -> Snapshot:
    return Snapshot(text_of(snapshot.path), snapshot.file_bytes, uuid_of(snapshot.store),
                    snapshot.lsn, snapshot.commit_time, snapshot.history_from, snapshot.created,
                    text_of(snapshot.digest))


def _report(report: Any) -> BackupReport:
    return BackupReport(
        uuid_of(report.store), bool(report.first), report.first_lsn, report.last_lsn,
        report.last_commit_time, report.bytes_copied, report.bytes_present,
        report.snapshots_copied, report.segments_copied, report.time_us,
        texts_of(report.warnings, report.warning_count))


def _lost(lost: Any) -> Lost:
    return Lost(lost.first, lost.last, text_of(lost.file), lost.offset, text_of(lost.found),
                bool(lost.refused))


def _only(result: c_void_p, item: Any, convert: Any) -> Any:
    return listed(result, item, convert)[0]


def take_snapshot(store: Any, progress: OnProgress) -> Snapshot:
    """The call behind Store.snapshot."""
    result = c_void_p()
    with Watched(progress) as watched:
        api.store_snapshot(store, watched.argument, byref(result))
    return _only(result, api.result_snapshot, _snapshot)  # type: ignore[no-any-return]


def list_snapshots(store: Any) -> Page[Snapshot]:
    """The call behind Store.snapshots."""
    result = c_void_p()
    api.store_snapshots(store, byref(result))
    return listed(result, api.result_snapshot, _snapshot)  # type: ignore[return-value]


def verify_snapshot(path: Path, *, progress: OnProgress = None) -> Snapshot:
    """Every checksum and the digest of one snapshot file, of whatever store. DataLoss."""
    result = c_void_p()
    with Watched(progress) as watched:
        api.snapshot_verify(given_path(path), watched.argument, byref(result))
    return _only(result, api.result_snapshot, _snapshot)  # type: ignore[no-any-return]


def restore_snapshot(path: Path, target: Path, *, tuning: Optional[Tuning] = None,
                     progress: OnProgress = None) -> Recovery:
    """Makes a new store in `target`, which must not exist or be empty, from one snapshot file."""
    result = c_void_p()
    with Watched(progress) as watched:
        options = open_options(tuning=tuning, watched=watched)
        api.snapshot_restore(given_path(path), given_path(target), byref(options), byref(result))
    return _only(result, api.result_recovery, recovery_of)  # type: ignore[no-any-return]


def backup(source: Path, target: Path, *, progress: OnProgress = None) -> BackupReport:
    """Brings the backup in `target` up to the newest whole record of the store in `source`, beside
    whoever writes to it. Whenever this stops, the backup that was there before is whole.

    FailedPrecondition: the backup of another store. AlreadyExists: `target` holds something that is
    no backup. OutOfRange: the store has trimmed log that the backup lacks; start a new one.
    """
    result = c_void_p()
    with Watched(progress) as watched:
        api.backup(given_path(source), given_path(target), watched.argument, byref(result))
    return _only(result, api.result_backup, _report)  # type: ignore[no-any-return]


def restore(source: Path, target: Path, *, lsn: int = 0, time: Optional[Moment] = None,
            tuning: Optional[Tuning] = None, progress: OnProgress = None) -> Recovery:
    """Makes a new store in `target` with the state that the store or backup in `source` had at
    `lsn` and at `time`, both as upper bounds. OutOfRange: the log that leads there is trimmed."""
    result = c_void_p()
    with Watched(progress) as watched:
        options = open_options(tuning=tuning, watched=watched)
        api.restore(given_path(source), given_path(target), lsn, moment(time), byref(options),
                    byref(result))
    return _only(result, api.result_recovery, recovery_of)  # type: ignore[no-any-return]


def salvage(source: Path, target: Path, *, tuning: Optional[Tuning] = None,
            progress: OnProgress = None) -> Salvaged:
    """Makes a new store in `target` from everything whole in `source`, whose log is damaged."""
    result, taken, last = c_void_p(), c_uint64(), c_uint64()
    with Watched(progress) as watched:
        options = open_options(tuning=tuning, watched=watched)
        api.salvage(given_path(source), given_path(target), byref(options), byref(result),
                    byref(taken), byref(last))
    lost: Any = listed(result, api.result_lost, _lost)
    return Salvaged(lost, taken.value, last.value)
