"""What an open did, and where the data of a store is."""

from typing import Any, Dict, List, NamedTuple

from varve._buffers import text_of, texts_of
from varve.enums import Base, known


class Recovery(NamedTuple):
    """What an open did to get from files to a serving store."""

    base: Base
    clean_close: bool  # the session before ended with a close
    materialized_rebuilt: bool  # state.mdb was missing, damaged or foreign
    base_lsn: int  # state taken over from the base
    last_lsn: int  # state served
    records_replayed: int
    bytes_replayed: int
    torn_tail_bytes: int  # discarded behind the last intact record
    plan_us: int
    load_base_us: int
    replay_us: int
    rebuild_indexes_us: int
    entries: Dict[str, int]  # replayed, by primitive
    warnings: List[str]
    text: str  # all of it, several lines, for people


class Footprint(NamedTuple):
    """Where the data is. Bytes."""

    log_bytes: int
    snapshot_bytes: int
    materialized_file_bytes: int
    materialized_live_bytes: int
    materialized_free_bytes: int  # which the next checkpoints will use again
    rows: int  # of the last checkpoint, history not counted
    memtable_bytes: int  # memory, not disk


def recovery_of(report: Any) -> Recovery:
    """From C."""
    names = texts_of(report.primitive_names, report.primitive_count)
    entries = {name: report.primitive_entries[index] for index, name in enumerate(names)}
    return Recovery(
        known(Base, report.base), bool(report.clean_close), bool(report.materialized_rebuilt),
        report.base_lsn, report.last_lsn, report.records_replayed, report.bytes_replayed,
        report.torn_tail_bytes, report.plan_us, report.load_base_us, report.replay_us,
        report.rebuild_indexes_us, entries, texts_of(report.warnings, report.warning_count),
        text_of(report.text))


def footprint_of(footprint: Any) -> Footprint:
    """From C."""
    return Footprint(*(getattr(footprint, name) for name in Footprint._fields))
