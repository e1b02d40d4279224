"""Every function of the C interface: what it answers and what it takes.

The one place with signatures. A test compares each of them with bindings/c/varve_*.h, both ways.
"""

from ctypes import (POINTER as P, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64,
                    c_void_p)
from typing import Any, Dict, Tuple

from varve._structures import (
    BackupReport, Bool, Bytes, Cell, Change, ChangesOptions, Collection, Consumer, Control,
    Damage, Error, Event, EventScanOptions, Floats, Footprint, GivenSlice, Handle, HandleOut, Int64,
    JsonIndex, JsonInfo, JsonMatch, KvPutOptions, KvRow, KvScanOptions, Lease, Lost,
    NameOptions, OpenOptions, Receipt, Recovery, RowChange, RunChanges, RunFilter, RunInfo,
    RunOptions, RunStep, SearchOptions, Slice, Snapshot, Span, SpanAnnotation, SpanFinish,
    SpanQuery, SpanRecord, Stat, Status, Stream, TicketDone, Transition, TreeQuery, UpdateBody,
    UInt32, UInt64, UpdateOptions, Uuid, VectorRow, VectorScanOptions)

Run = P(Uuid)  # NULL: the default run

FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    # varve_types.h
    "varve_version": (c_char_p,),
    "varve_abi_version": (c_uint32,),
    "varve_bytes_free": (None, P(Bytes)),
    "varve_uuid_format": (None, P(Uuid), c_char_p),
    "varve_uuid_parse": (Bool, GivenSlice, P(Uuid)),
    "varve_status_name": (c_char_p, Status),
    "varve_error_new": (Handle, Status, GivenSlice),
    "varve_error_free": (None, Handle),
    "varve_error_status": (Status, Handle),
    "varve_error_message": (c_char_p, Handle),
    "varve_error_damage": (Bool, Handle, P(Damage)),
    # varve_result.h
    "varve_result_free": (None, Handle),
    "varve_result_count": (c_size_t, Handle),
    "varve_result_more": (Bool, Handle),
    "varve_result_cursor": (Slice, Handle),
    "varve_result_text": (P(Slice), Handle, c_size_t),
    "varve_cursor_free": (None, Handle),
    "varve_cursor_next": (None, Handle),
    "varve_cursor_status": (Status, Handle, Error),
    "varve_cursor_token": (Slice, Handle),
    "varve_cursor_position": (Bool, Handle, P(c_uint64)),
    # varve_store.h
    "varve_result_recovery": (P(Recovery), Handle, c_size_t),
    "varve_store_open": (Status, GivenSlice, P(OpenOptions), HandleOut, Error),
    "varve_store_open_in_memory": (Status, P(OpenOptions), HandleOut, Error),
    "varve_store_close": (Status, Handle, Error),
    "varve_store_free": (None, Handle),
    "varve_store_recovery": (P(Recovery), Handle),
    "varve_store_directory": (Slice, Handle),
    "varve_store_read_only": (Bool, Handle),
    "varve_store_uuid": (None, Handle, P(Uuid)),
    "varve_store_visible_lsn": (c_uint64, Handle),
    "varve_store_durable_lsn": (c_uint64, Handle),
    "varve_store_applied_lsn": (c_uint64, Handle),
    "varve_store_status": (Status, Handle, Error),
    "varve_store_maintenance_status": (Status, Handle, Error),
    "varve_store_footprint": (Status, Handle, P(Footprint), Error),
    "varve_store_sync": (Status, Handle, Error),
    "varve_store_checkpoint": (Status, Handle, Error),
    "varve_store_wait_visible": (Status, Handle, UInt64, UInt64, P(c_uint64), Error),
    # varve_transaction.h
    "varve_txn_reader": (Handle, Handle),
    "varve_view_reader": (Handle, Handle),
    "varve_reader_lsn": (c_uint64, Handle),
    "varve_reader_now": (c_uint64, Handle),
    "varve_store_begin": (Status, Handle, HandleOut, Error),
    "varve_txn_free": (None, Handle),
    "varve_txn_bytes": (c_uint64, Handle),
    "varve_txn_commit": (Status, Handle, c_int32, P(Receipt), Error),
    "varve_txn_commit_async": (Status, Handle, HandleOut, Error),
    "varve_ticket_wait": (Status, Handle, P(Receipt), Error),
    "varve_ticket_then": (Status, Handle, TicketDone, c_void_p, Error),
    "varve_ticket_receipt": (Status, Handle, P(Receipt), Error),
    "varve_ticket_free": (None, Handle),
    "varve_store_update": (
        Status, Handle, UpdateBody, c_void_p, P(UpdateOptions), P(Receipt), Error),
    "varve_store_view": (Status, Handle, HandleOut, Error),
    "varve_store_view_at": (Status, Handle, UInt64, HandleOut, Error),
    "varve_view_free": (None, Handle),
    # varve_kv.h
    "varve_result_kv_row": (P(KvRow), Handle, c_size_t),
    "varve_cursor_kv_row": (P(KvRow), Handle),
    "varve_kv_get": (Status, Handle, Run, GivenSlice, P(KvRow), P(Bool), Error),
    "varve_kv_get_many": (Status, Handle, Run, P(GivenSlice), UInt64, HandleOut, Error),
    "varve_kv_exists": (Status, Handle, Run, GivenSlice, P(Bool), Error),
    "varve_kv_scan": (Status, Handle, Run, P(KvScanOptions), HandleOut, Error),
    "varve_kv_count": (Status, Handle, Run, P(KvScanOptions), P(c_uint64), Error),
    "varve_kv_history": (Status, Handle, Run, GivenSlice, UInt64, UInt64, HandleOut, Error),
    "varve_kv_put": (Status, Handle, Run, GivenSlice, GivenSlice, P(KvPutOptions), Error),
    "varve_kv_put_many": (
        Status, Handle, Run, P(GivenSlice), P(GivenSlice), UInt64, P(KvPutOptions), Error),
    "varve_kv_delete": (Status, Handle, Run, GivenSlice, Error),
    "varve_kv_put_if_absent": (
        Status, Handle, Run, GivenSlice, GivenSlice, P(KvPutOptions), P(Bool), Error),
    "varve_kv_compare_and_set": (
        Status, Handle, Run, GivenSlice, UInt64, GivenSlice, P(KvPutOptions), P(Bool), Error),
    "varve_kv_compare_value_and_set": (
        Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, P(KvPutOptions), P(Bool), Error),
    "varve_kv_increment": (Status, Handle, Run, GivenSlice, Int64, P(c_int64), Error),
    "varve_kv_sweep_expired": (Status, Handle, Run, UInt64, P(c_uint64), P(Bool), Error),
    # varve_json.h
    "varve_json_get": (Status, Handle, Run, GivenSlice, GivenSlice, P(Bytes), P(Bool), Error),
    "varve_json_get_many": (
        Status, Handle, Run, P(GivenSlice), P(GivenSlice), UInt64, HandleOut, Error),
    "varve_json_exists": (Status, Handle, Run, GivenSlice, GivenSlice, P(Bool), Error),
    "varve_json_array_length": (
        Status, Handle, Run, GivenSlice, GivenSlice, P(c_uint32), P(Bool), Error),
    "varve_result_json_info": (P(JsonInfo), Handle, c_size_t),
    "varve_json_describe": (Status, Handle, Run, GivenSlice, HandleOut, Error),
    "varve_json_list": (Status, Handle, Run, P(NameOptions), HandleOut, Error),
    "varve_result_json_match": (P(JsonMatch), Handle, c_size_t),
    "varve_json_query": (Status, Handle, Run, GivenSlice, GivenSlice, HandleOut, Error),
    "varve_json_find": (
        Status, Handle, Run, GivenSlice, GivenSlice, P(NameOptions), HandleOut, P(Bytes), Error),
    "varve_result_json_index": (P(JsonIndex), Handle, c_size_t),
    "varve_json_indexes": (Status, Handle, Run, HandleOut, Error),
    "varve_json_create": (Status, Handle, Run, GivenSlice, GivenSlice, Error),
    "varve_json_set": (Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, Error),
    "varve_json_set_many": (
        Status, Handle, Run, P(GivenSlice), P(GivenSlice), P(GivenSlice), UInt64, Error),
    "varve_json_delete": (Status, Handle, Run, GivenSlice, GivenSlice, Error),
    "varve_json_destroy": (Status, Handle, Run, GivenSlice, Error),
    "varve_json_merge_patch": (Status, Handle, Run, GivenSlice, GivenSlice, Error),
    "varve_json_patch": (Status, Handle, Run, GivenSlice, GivenSlice, Error),
    "varve_json_push": (Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, Error),
    "varve_json_insert": (Status, Handle, Run, GivenSlice, GivenSlice, UInt32, GivenSlice, Error),
    "varve_json_pop": (Status, Handle, Run, GivenSlice, GivenSlice, P(Bytes), P(Bool), Error),
    "varve_json_increment": (Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, Error),
    "varve_json_increment_and_get": (
        Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, P(Bytes), Error),
    "varve_json_compare_and_set": (
        Status, Handle, Run, GivenSlice, UInt64, GivenSlice, GivenSlice, P(Bool), Error),
    "varve_json_create_index": (Status, Handle, Run, GivenSlice, GivenSlice, c_int32, Error),
    "varve_json_drop_index": (Status, Handle, Run, GivenSlice, Error),
    # varve_event.h
    "varve_result_event": (P(Event), Handle, c_size_t),
    "varve_cursor_event": (P(Event), Handle),
    "varve_event_append": (
        Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, P(c_uint64), Error),
    "varve_event_append_many": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), P(GivenSlice), UInt64, P(c_uint64),
        Error),
    "varve_event_appended": (
        Status, Handle, Run, GivenSlice, UInt64, P(c_uint64), P(c_uint64), Error),
    "varve_event_get": (Status, Handle, Run, GivenSlice, UInt64, P(Event), P(Bool), Error),
    "varve_event_last": (Status, Handle, Run, GivenSlice, P(Event), P(Bool), Error),
    "varve_event_scan": (Status, Handle, Run, GivenSlice, P(EventScanOptions), HandleOut, Error),
    "varve_event_first_since": (Status, Handle, Run, GivenSlice, UInt64, P(c_uint64), Error),
    "varve_event_length": (Status, Handle, Run, GivenSlice, P(c_uint64), Error),
    "varve_result_stream": (P(Stream), Handle, c_size_t),
    "varve_event_describe": (Status, Handle, Run, GivenSlice, HandleOut, Error),
    "varve_event_list_streams": (Status, Handle, Run, P(NameOptions), HandleOut, Error),
    "varve_event_commit_position": (Status, Handle, Run, GivenSlice, GivenSlice, UInt64, Error),
    "varve_event_reset_position": (Status, Handle, Run, GivenSlice, GivenSlice, UInt64, Error),
    "varve_event_forget_consumer": (Status, Handle, Run, GivenSlice, GivenSlice, Error),
    "varve_event_position": (
        Status, Handle, Run, GivenSlice, GivenSlice, P(c_uint64), P(Bool), Error),
    "varve_result_consumer": (P(Consumer), Handle, c_size_t),
    "varve_event_list_consumers": (
        Status, Handle, Run, GivenSlice, P(NameOptions), HandleOut, Error),
    "varve_event_verify": (Status, Handle, Run, GivenSlice, P(Bool), P(c_uint64), P(Bytes), Error),
    "varve_event_tail": (
        Status, Handle, Run, GivenSlice, UInt64, UInt64, UInt64, HandleOut, Error),
    # varve_state.h
    "varve_result_cell": (P(Cell), Handle, c_size_t),
    "varve_state_get": (Status, Handle, Run, GivenSlice, P(Cell), P(Bool), Error),
    "varve_state_list": (Status, Handle, Run, P(NameOptions), HandleOut, Error),
    "varve_state_history": (Status, Handle, Run, GivenSlice, UInt64, UInt64, HandleOut, Error),
    "varve_state_init": (Status, Handle, Run, GivenSlice, GivenSlice, P(Bool), Error),
    "varve_state_set": (Status, Handle, Run, GivenSlice, GivenSlice, P(c_uint64), Error),
    "varve_state_delete": (Status, Handle, Run, GivenSlice, Error),
    "varve_state_compare_and_set": (
        Status, Handle, Run, GivenSlice, UInt64, GivenSlice, P(Bool), Error),
    "varve_state_compare_and_delete": (Status, Handle, Run, GivenSlice, UInt64, P(Bool), Error),
    "varve_state_transition": (
        Status, Handle, Run, GivenSlice, Transition, c_void_p, P(c_uint64), P(Bool), Error),
    "varve_state_set_with_lease": (
        Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, UInt64, P(Bool), Error),
    "varve_state_watch": (
        Status, Handle, Run, GivenSlice, UInt64, UInt64, P(Bool), HandleOut, Error),
    "varve_lease_get": (Status, Handle, Run, GivenSlice, P(Lease), P(Bool), Error),
    "varve_lease_acquire": (
        Status, Handle, Run, GivenSlice, GivenSlice, UInt64, P(Lease), P(Bool), Error),
    "varve_lease_renew": (
        Status, Handle, Run, GivenSlice, UInt64, UInt64, P(Lease), P(Bool), Error),
    "varve_lease_release": (Status, Handle, Run, GivenSlice, UInt64, P(Bool), Error),
    # varve_trace.h
    "varve_result_span": (P(Span), Handle, c_size_t),
    "varve_trace_record": (Status, Handle, Run, P(SpanRecord), P(c_uint64), Error),
    "varve_trace_finish": (Status, Handle, Run, UInt64, P(SpanFinish), Error),
    "varve_trace_annotate": (Status, Handle, Run, UInt64, P(SpanAnnotation), Error),
    "varve_trace_delete_tree": (Status, Handle, Run, UInt64, Error),
    "varve_trace_get": (Status, Handle, Run, UInt64, HandleOut, Error),
    "varve_trace_find": (Status, Handle, Run, P(SpanQuery), HandleOut, Error),
    "varve_trace_count": (Status, Handle, Run, P(SpanQuery), P(c_uint64), Error),
    "varve_trace_tree": (Status, Handle, Run, P(TreeQuery), HandleOut, Error),
    "varve_trace_export_otlp": (
        Status, Handle, Run, P(SpanQuery), P(Uuid), GivenSlice, P(Bytes), P(c_uint64), P(Bytes),
        Error),
    "varve_trace_import_otlp": (
        Status, Handle, Run, GivenSlice, P(Uuid), P(c_uint64), P(c_uint64), P(Uuid), Error),
    # varve_run.h
    "varve_result_run": (P(RunInfo), Handle, c_size_t),
    "varve_run_create": (Status, Handle, P(RunOptions), P(Uuid), Error),
    "varve_run_begin": (Status, Handle, Run, Error),
    "varve_run_end": (Status, Handle, Run, c_int32, GivenSlice, Error),
    "varve_run_update": (Status, Handle, Run, P(RunChanges), Error),
    "varve_run_delete": (Status, Handle, Run, Bool, Error),
    "varve_run_get": (Status, Handle, Run, HandleOut, Error),
    "varve_run_list": (Status, Handle, P(RunFilter), HandleOut, Error),
    "varve_run_orphans": (Status, Handle, UInt64, HandleOut, Error),
    "varve_result_run_step": (P(RunStep), Handle, c_size_t),
    "varve_run_steps": (Status, Handle, Run, UInt64, UInt64, HandleOut, Error),
    "varve_run_step_count": (Status, Handle, Run, P(c_uint64), Error),
    "varve_run_replay": (Status, Handle, Run, UInt64, HandleOut, HandleOut, Error),
    "varve_run_fork": (Status, Handle, Run, UInt64, P(RunOptions), P(Uuid), Error),
    "varve_result_row_change": (P(RowChange), Handle, c_size_t),
    "varve_run_diff": (Status, Handle, P(Uuid), Handle, P(Uuid), UInt64, HandleOut, Error),
    "varve_run_digest": (Status, Handle, Run, P(Bytes), Error),
    # varve_vector.h
    "varve_result_collection": (P(Collection), Handle, c_size_t),
    "varve_vector_create": (Status, Handle, Run, GivenSlice, UInt64, c_int32, Error),
    "varve_vector_drop": (Status, Handle, Run, GivenSlice, Error),
    "varve_vector_describe": (Status, Handle, Run, GivenSlice, HandleOut, Error),
    "varve_vector_list": (Status, Handle, Run, GivenSlice, UInt64, HandleOut, Error),
    "varve_vector_insert": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), Floats, UInt64, P(GivenSlice), UInt64,
        Error),
    "varve_vector_upsert": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), Floats, UInt64, P(GivenSlice), UInt64,
        Error),
    "varve_vector_update": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), Floats, UInt64, UInt64, Error),
    "varve_vector_set_metadata": (Status, Handle, Run, GivenSlice, GivenSlice, GivenSlice, Error),
    "varve_vector_delete": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), UInt64, P(c_uint64), Error),
    "varve_result_vector_row": (P(VectorRow), Handle, c_size_t),
    "varve_vector_get": (
        Status, Handle, Run, GivenSlice, P(GivenSlice), UInt64, HandleOut, Error),
    "varve_vector_scan": (Status, Handle, Run, GivenSlice, P(VectorScanOptions), HandleOut, Error),
    "varve_vector_count": (Status, Handle, Run, GivenSlice, P(c_uint64), Error),
    "varve_vector_search": (
        Status, Handle, Run, GivenSlice, Floats, UInt64, P(SearchOptions), HandleOut, Error),
    "varve_vector_search_many": (
        Status, Handle, Run, GivenSlice, Floats, UInt64, UInt64, P(SearchOptions), P(c_size_t),
        P(Slice), Floats, HandleOut, Error),
    # varve_changes.h
    "varve_store_changes": (Status, Handle, P(ChangesOptions), HandleOut, Error),
    "varve_changes_free": (None, Handle),
    "varve_changes_next": (Status, Handle, UInt64, P(Receipt), P(c_size_t), Error),
    "varve_changes_entry": (P(Change), Handle, c_size_t),
    "varve_changes_position": (c_uint64, Handle),
    "varve_txn_repeat": (Status, Handle, P(Change), Error),
    # varve_backup.h
    "varve_result_snapshot": (P(Snapshot), Handle, c_size_t),
    "varve_store_snapshot": (Status, Handle, P(Control), HandleOut, Error),
    "varve_store_snapshots": (Status, Handle, HandleOut, Error),
    "varve_snapshot_verify": (Status, GivenSlice, P(Control), HandleOut, Error),
    "varve_snapshot_restore": (Status, GivenSlice, GivenSlice, P(OpenOptions), HandleOut, Error),
    "varve_result_backup": (P(BackupReport), Handle, c_size_t),
    "varve_backup": (Status, GivenSlice, GivenSlice, P(Control), HandleOut, Error),
    "varve_restore": (
        Status, GivenSlice, GivenSlice, UInt64, UInt64, P(OpenOptions), HandleOut, Error),
    "varve_result_lost": (P(Lost), Handle, c_size_t),
    "varve_salvage": (
        Status, GivenSlice, GivenSlice, P(OpenOptions), HandleOut, P(c_uint64), P(c_uint64), Error),
    # varve_stats.h
    "varve_result_stat": (P(Stat), Handle, c_size_t),
    "varve_store_stats": (Status, Handle, HandleOut, Error),
    "varve_store_metrics_text": (
        Status, Handle, P(GivenSlice), P(GivenSlice), UInt64, P(Bytes), Error),
}
