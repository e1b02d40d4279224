"""The structs, handles and callbacks of the C interface (bindings/c/varve_*.h), for ctypes.

A struct is named like that of C without its varve_: varve_kv_row is KvRow. A test compares every
field of every struct with the headers, and every offset with what a C compiler says.
"""

from ctypes import (CFUNCTYPE, POINTER as P, Structure, c_char_p, c_double, c_float, c_int32,
                    c_int64, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p, sizeof)
from typing import Any, Sequence

from varve.errors import InvalidArgument


class UInt32(c_uint32):
    """An argument that is refused, instead of cut off, where it does not fit."""

    @classmethod
    def from_param(cls, value: Any) -> Any:
        return _in_range(c_uint32, value, 0, 2**32 - 1)


class UInt64(c_uint64):
    """The same with 64 bits; also for size_t."""

    @classmethod
    def from_param(cls, value: Any) -> Any:
        return _in_range(c_uint64, value, 0, 2**64 - 1)


class Int64(c_int64):
    """The same with a sign."""

    @classmethod
    def from_param(cls, value: Any) -> Any:
        return _in_range(c_int64, value, -2**63, 2**63 - 1)


def _in_range(kind: Any, value: Any, least: int, most: int) -> Any:
    if not least <= value <= most:
        raise ValueError(f"{value} is not within {least} and {most}")
    return kind(value)


Bool = c_int32
Status = c_int32
Handle = c_void_p  # a pointer to a type without a definition
HandleOut = P(c_void_p)
Error = P(c_void_p)  # varve_error**, the last parameter of every call that can fail
Floats = c_void_p  # const float*: an address


class Slice(Structure):
    """varve_slice as Varve gives it: an address, since bytes may hold a NUL."""

    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class GivenSlice(Structure):
    """varve_slice as it is given to Varve: `data` takes bytes, which it then keeps alive."""

    _fields_ = [("data", c_char_p), ("size", c_size_t)]


class Sized(Structure):
    """A struct that begins with its own size, which making one sets."""

    _fields_: Sequence[Any] = [("struct_size", c_size_t)]

    def __init__(self, **fields: Any) -> None:
        super().__init__(sizeof(type(self)), **fields)
        for name, value in fields.items():  # ctypes cuts off what does not fit
            if isinstance(value, int) and getattr(self, name) != value:
                raise InvalidArgument(f"{name} cannot be {value}")


class Bytes(Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class Uuid(Structure):
    _fields_ = [("bytes", c_uint8 * 16)]


class Damage(Sized):
    _fields_ = [
        ("kind", c_int32), ("file", Slice), ("offset", c_uint64), ("lsn", c_uint64),
        ("found", Slice), ("evidence", Slice)]


class Progress(Sized):
    _fields_ = [("stage", c_int32), ("done", c_uint64), ("total", c_uint64)]


ProgressCallback = CFUNCTYPE(None, c_void_p, P(Progress))
CancelledCallback = CFUNCTYPE(Bool, c_void_p)


class Control(Sized):
    _fields_ = [
        ("user", c_void_p), ("progress", ProgressCallback), ("cancelled", CancelledCallback)]


class NameOptions(Sized):
    _fields_ = [("prefix", GivenSlice), ("after", GivenSlice), ("limit", c_uint64)]


class OpenOptions(Sized):
    _fields_ = [
        ("must_exist", Bool), ("must_not_exist", Bool), ("read_only", Bool),
        ("carry_unknown", Bool), ("allow_network_file_system", Bool),
        ("no_background_threads", Bool), ("lock_timeout_ms", c_uint64),
        ("keep_history_us", c_uint64), ("memtable_bytes", c_uint64),
        ("checkpoint_interval_ms", c_uint64), ("unsynced_bytes_max", c_uint64),
        ("unsynced_ms_max", c_uint64), ("segment_bytes_min", c_uint64),
        ("segment_bytes_max", c_uint64), ("snapshot_log_bytes_min", c_uint64),
        ("snapshot_log_to_state_ratio", c_double), ("snapshots_retained", c_int32),
        ("control", P(Control))]


class Recovery(Sized):
    _fields_ = [
        ("base", c_int32), ("clean_close", Bool), ("materialized_rebuilt", Bool),
        ("base_lsn", c_uint64), ("last_lsn", c_uint64), ("records_replayed", c_uint64),
        ("bytes_replayed", c_uint64), ("torn_tail_bytes", c_uint64), ("plan_us", c_uint64),
        ("load_base_us", c_uint64), ("replay_us", c_uint64), ("rebuild_indexes_us", c_uint64),
        ("primitive_count", c_size_t), ("primitive_names", P(Slice)),
        ("primitive_entries", P(c_uint64)), ("warning_count", c_size_t), ("warnings", P(Slice)),
        ("text", Slice)]


class Footprint(Sized):
    _fields_ = [
        ("log_bytes", c_uint64), ("snapshot_bytes", c_uint64),
        ("materialized_file_bytes", c_uint64), ("materialized_live_bytes", c_uint64),
        ("materialized_free_bytes", c_uint64), ("rows", c_uint64), ("memtable_bytes", c_uint64)]


class Receipt(Sized):
    _fields_ = [("lsn", c_uint64), ("commit_time", c_uint64)]


TicketDone = CFUNCTYPE(None, c_void_p, P(Receipt), Handle)


class UpdateOptions(Sized):
    _fields_ = [("durability", c_int32), ("attempts_max", c_int32)]


UpdateBody = CFUNCTYPE(Status, c_void_p, Handle, Error)


class KvRow(Sized):
    _fields_ = [
        ("key", Slice), ("value", Slice), ("lsn", c_uint64), ("commit_time", c_uint64),
        ("expires", c_uint64), ("deleted", Bool)]


class KvScanOptions(Sized):
    _fields_ = [
        ("prefix", GivenSlice), ("begin", GivenSlice), ("end", GivenSlice), ("reverse", Bool),
        ("limit", c_uint64), ("cursor", GivenSlice)]


class KvPutOptions(Sized):
    _fields_ = [("expires", c_uint64), ("ttl_us", c_uint64)]


class JsonInfo(Sized):
    _fields_ = [("name", Slice), ("bytes", c_uint64), ("lsn", c_uint64), ("commit_time", c_uint64)]


class JsonMatch(Sized):
    _fields_ = [("pointer", Slice), ("value", Slice)]


class JsonIndex(Sized):
    _fields_ = [("name", Slice), ("pointer", Slice), ("kind", c_int32)]


class Event(Sized):
    _fields_ = [
        ("sequence", c_uint64), ("type", Slice), ("payload", Slice), ("time", c_uint64),
        ("hash", c_uint8 * 32), ("lsn", c_uint64)]


class EventScanOptions(Sized):
    _fields_ = [
        ("from", c_uint64), ("to", c_uint64), ("type", GivenSlice), ("since", c_uint64),
        ("until", c_uint64), ("reverse", Bool), ("limit", c_uint64)]


class Stream(Sized):
    _fields_ = [
        ("name", Slice), ("length", c_uint64), ("first_time", c_uint64), ("last_time", c_uint64),
        ("payload_bytes", c_uint64), ("head", c_uint8 * 32)]


class Consumer(Sized):
    _fields_ = [("name", Slice), ("position", c_uint64)]


class Cell(Sized):
    _fields_ = [
        ("name", Slice), ("value", Slice), ("version", c_uint64), ("lsn", c_uint64),
        ("commit_time", c_uint64), ("deleted", Bool)]


Transition = CFUNCTYPE(Status, c_void_p, Slice, P(GivenSlice), Error)


class Lease(Sized):
    _fields_ = [("owner", Slice), ("token", c_uint64), ("expires", c_uint64)]


class Span(Sized):
    _fields_ = [
        ("id", c_uint64), ("parent", c_uint64), ("depth", c_uint64), ("kind", c_int32),
        ("status", c_int32), ("name", Slice), ("status_message", Slice), ("start", c_uint64),
        ("end", c_uint64), ("finished", Bool), ("tag_count", c_size_t), ("tags", P(Slice)),
        ("attributes", Slice), ("lsn", c_uint64), ("commit_time", c_uint64)]


class SpanRecord(Sized):
    _fields_ = [
        ("id", c_uint64), ("parent", c_uint64), ("kind", c_int32), ("status", c_int32),
        ("name", GivenSlice), ("status_message", GivenSlice), ("start", c_uint64),
        ("end", c_uint64), ("tag_count", c_size_t), ("tags", P(GivenSlice)),
        ("attributes", GivenSlice)]


class SpanFinish(Sized):
    _fields_ = [
        ("end", c_uint64), ("has_status", Bool), ("status", c_int32),
        ("status_message", GivenSlice)]


class SpanAnnotation(Sized):
    _fields_ = [
        ("add_count", c_size_t), ("add_tags", P(GivenSlice)), ("remove_count", c_size_t),
        ("remove_tags", P(GivenSlice)), ("attributes", GivenSlice)]


class SpanQuery(Sized):
    _fields_ = [
        ("parent", c_uint64), ("roots", Bool), ("kind", c_int32), ("tag_count", c_size_t),
        ("tags", P(GivenSlice)), ("from", c_uint64), ("until", c_uint64), ("name", GivenSlice),
        ("finished", c_int32), ("reverse", Bool), ("limit", c_uint64), ("cursor", GivenSlice)]


class TreeQuery(Sized):
    _fields_ = [
        ("root", c_uint64), ("has_depth_max", Bool), ("depth_max", c_uint64), ("limit", c_uint64),
        ("cursor", GivenSlice)]


class RunInfo(Sized):
    _fields_ = [
        ("id", Uuid), ("parent", Uuid), ("forked_from", Uuid), ("forked_at", c_uint64),
        ("status", c_int32), ("name", Slice), ("tag_count", c_size_t), ("tags", P(Slice)),
        ("metadata", Slice), ("outcome", Slice), ("created", c_uint64), ("status_since", c_uint64),
        ("status_lsn", c_uint64)]


class RunOptions(Sized):
    _fields_ = [
        ("id", Uuid), ("parent", Uuid), ("name", GivenSlice), ("tag_count", c_size_t),
        ("tags", P(GivenSlice)), ("metadata", GivenSlice), ("paused", Bool)]


class RunChanges(Sized):
    _fields_ = [
        ("has_name", Bool), ("has_tags", Bool), ("has_metadata", Bool), ("name", GivenSlice),
        ("tag_count", c_size_t), ("tags", P(GivenSlice)), ("metadata", GivenSlice)]


class RunFilter(Sized):
    _fields_ = [
        ("status", c_int32), ("tag", GivenSlice), ("parent", Uuid), ("after", Uuid),
        ("limit", c_uint64)]


class RunStep(Sized):
    _fields_ = [
        ("number", c_uint64), ("lsn", c_uint64), ("commit_time", c_uint64), ("entry_type", c_uint8),
        ("payload_version", c_uint8), ("payload_bytes", c_uint64), ("payload", Slice)]


class RowChange(Sized):
    _fields_ = [
        ("kind", c_int32), ("primitive", Slice), ("table", Slice), ("subject", Slice),
        ("before", Slice), ("after", Slice), ("key", Slice)]


class Collection(Sized):
    _fields_ = [
        ("name", Slice), ("dimension", c_size_t), ("metric", c_int32), ("created", c_uint64),
        ("created_time", c_uint64)]


class VectorRow(Sized):
    _fields_ = [
        ("key", Slice), ("vector", Floats), ("dimension", c_size_t), ("metadata", Slice),
        ("score", c_float), ("lsn", c_uint64), ("commit_time", c_uint64)]


class VectorScanOptions(Sized):
    _fields_ = [
        ("prefix", GivenSlice), ("after", GivenSlice), ("limit", c_uint64),
        ("include_vectors", Bool)]


class SearchOptions(Sized):
    _fields_ = [
        ("k", c_size_t), ("has_threshold", Bool), ("threshold", c_float), ("filter", GivenSlice),
        ("include_vectors", Bool), ("omit_metadata", Bool), ("threads", c_size_t),
        ("unguarded", Bool)]


class ChangesOptions(Sized):
    _fields_ = [
        ("after", c_uint64), ("primitives", P(c_uint8)), ("primitive_count", c_size_t),
        ("run", P(Uuid)), ("describe", Bool)]


class Change(Sized):
    _fields_ = [
        ("entry_type", c_uint8), ("payload_version", c_uint8), ("safe_ignore", Bool), ("run", Uuid),
        ("payload", Slice), ("operation", Slice), ("subject", Slice), ("detail", Slice)]


class Snapshot(Sized):
    _fields_ = [
        ("path", Slice), ("file_bytes", c_uint64), ("store", Uuid), ("lsn", c_uint64),
        ("commit_time", c_uint64), ("history_from", c_uint64), ("created", c_uint64),
        ("digest", Slice)]


class BackupReport(Sized):
    _fields_ = [
        ("store", Uuid), ("first", Bool), ("first_lsn", c_uint64), ("last_lsn", c_uint64),
        ("last_commit_time", c_uint64), ("bytes_copied", c_uint64), ("bytes_present", c_uint64),
        ("snapshots_copied", c_uint64), ("segments_copied", c_uint64), ("time_us", c_uint64),
        ("warning_count", c_size_t), ("warnings", P(Slice))]


class Lost(Sized):
    _fields_ = [
        ("first", c_uint64), ("last", c_uint64), ("file", Slice), ("offset", c_uint64),
        ("found", Slice), ("refused", Bool)]


class Stat(Sized):
    _fields_ = [
        ("name", Slice), ("help", Slice), ("label_key", Slice), ("label_value", Slice),
        ("kind", c_int32), ("unit", c_int32), ("value", c_uint64), ("sum", c_uint64),
        ("p50", c_double), ("p90", c_double), ("p99", c_double), ("p999", c_double)]
