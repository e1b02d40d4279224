"""How a store is opened."""

from ctypes import pointer
from dataclasses import dataclass
from typing import Optional

from varve import _structures as c
from varve._control import Watched
from varve._time import Duration, microseconds, milliseconds


@dataclass(frozen=True)
class Tuning:
    """What hardly anybody needs to set. None and 0: the default."""

    carry_unknown: bool = False  # keep entries of primitives that the library does not know
    allow_network_file_system: bool = False  # they lie about locks and flushes
    no_background_threads: bool = False  # checkpoints and flushes happen inside of calls
    memtable_bytes: int = 0  # a checkpoint starts there; 64 MiB
    checkpoint_interval: Optional[Duration] = None  # or at this age; a minute
    unsynced_bytes_max: int = 0  # of buffered commits; 1 MiB
    unsynced_max: Optional[Duration] = None  # 0.1 seconds
    segment_bytes_min: int = 0  # of the log; 1 MiB
    segment_bytes_max: int = 0  # 64 MiB
    snapshot_log_bytes_min: int = 0  # a snapshot is due behind that much log; 64 MiB
    snapshot_log_to_state_ratio: float = 0.0  # and this part of the state; 1.0
    snapshots_retained: int = 0  # 2


def open_options(*, must_exist: bool = False, must_not_exist: bool = False, read_only: bool = False,
                 lock_timeout: Duration = 0, keep_history: Duration = 0,
                 tuning: Optional[Tuning] = None,
                 watched: Optional[Watched] = None) -> c.OpenOptions:
    """As C takes them."""
    rare = tuning or Tuning()
    options = c.OpenOptions(
        must_exist=must_exist, must_not_exist=must_not_exist, read_only=read_only,
        carry_unknown=rare.carry_unknown,
        allow_network_file_system=rare.allow_network_file_system,
        no_background_threads=rare.no_background_threads,
        lock_timeout_ms=milliseconds(lock_timeout), keep_history_us=microseconds(keep_history),
        memtable_bytes=rare.memtable_bytes,
        checkpoint_interval_ms=milliseconds(rare.checkpoint_interval or 0),
        unsynced_bytes_max=rare.unsynced_bytes_max,
        unsynced_ms_max=milliseconds(rare.unsynced_max or 0),
        segment_bytes_min=rare.segment_bytes_min, segment_bytes_max=rare.segment_bytes_max,
        snapshot_log_bytes_min=rare.snapshot_log_bytes_min,
        snapshot_log_to_state_ratio=rare.snapshot_log_to_state_ratio,
        snapshots_retained=rare.snapshots_retained)
    if watched is not None and watched.struct is not None:
        options.control = pointer(watched.struct)
    return options
