// The bytes of every struct, which programs compiled earlier rely on. A struct may grow: then its
// size and last field here change with it, and the new field begins where the struct ended before
// (never in its padding, which an earlier program did not set to zero). Nothing else may change.
#include "tests/bindings/c/expect.h"

// The size of a struct and the place of its last field.
#define EXPECT_LAYOUT(type, size, field, offset) \
  EXPECT(sizeof(type) == (size) && offsetof(type, field) == (offset))

static void structs_are_what_earlier_programs_know(void) {
  EXPECT_LAYOUT(varve_slice, 16, size, 8);
  EXPECT_LAYOUT(varve_bytes, 16, size, 8);
  EXPECT_LAYOUT(varve_uuid, 16, bytes, 0);
  EXPECT_LAYOUT(varve_damage, 80, evidence, 64);
  EXPECT_LAYOUT(varve_progress, 32, total, 24);
  EXPECT_LAYOUT(varve_control, 32, cancelled, 24);
  EXPECT_LAYOUT(varve_name_options, 48, limit, 40);
  EXPECT_LAYOUT(varve_open_options, 128, control, 120);
  EXPECT_LAYOUT(varve_recovery, 152, text, 136);
  EXPECT_LAYOUT(varve_footprint, 64, memtable_bytes, 56);
  EXPECT_LAYOUT(varve_receipt, 24, commit_time, 16);
  EXPECT_LAYOUT(varve_update_options, 16, attempts_max, 12);
  EXPECT_LAYOUT(varve_kv_row, 72, deleted, 64);
  EXPECT_LAYOUT(varve_kv_scan_options, 88, cursor, 72);
  EXPECT_LAYOUT(varve_kv_put_options, 24, ttl_us, 16);
  EXPECT_LAYOUT(varve_json_info, 48, commit_time, 40);
  EXPECT_LAYOUT(varve_json_match, 40, value, 24);
  EXPECT_LAYOUT(varve_json_index, 48, kind, 40);
  EXPECT_LAYOUT(varve_event, 96, lsn, 88);
  EXPECT_LAYOUT(varve_event_scan_options, 72, limit, 64);
  EXPECT_LAYOUT(varve_stream, 88, head, 56);
  EXPECT_LAYOUT(varve_consumer, 32, position, 24);
  EXPECT_LAYOUT(varve_cell, 72, deleted, 64);
  EXPECT_LAYOUT(varve_lease, 40, expires, 32);
  EXPECT_LAYOUT(varve_span, 144, commit_time, 136);
  EXPECT_LAYOUT(varve_span_record, 112, attributes, 96);
  EXPECT_LAYOUT(varve_span_finish, 40, status_message, 24);
  EXPECT_LAYOUT(varve_span_annotation, 56, attributes, 40);
  EXPECT_LAYOUT(varve_span_query, 104, cursor, 88);
  EXPECT_LAYOUT(varve_tree_query, 56, cursor, 40);
  EXPECT_LAYOUT(varve_run_info, 160, status_lsn, 152);
  EXPECT_LAYOUT(varve_run_options, 96, paused, 88);
  EXPECT_LAYOUT(varve_run_changes, 72, metadata, 56);
  EXPECT_LAYOUT(varve_run_filter, 72, limit, 64);
  EXPECT_LAYOUT(varve_run_step, 64, payload, 48);
  EXPECT_LAYOUT(varve_row_change, 112, key, 96);
  EXPECT_LAYOUT(varve_collection, 56, created_time, 48);
  EXPECT_LAYOUT(varve_vector_row, 80, commit_time, 72);
  EXPECT_LAYOUT(varve_vector_scan_options, 56, include_vectors, 48);
  EXPECT_LAYOUT(varve_search_options, 64, unguarded, 56);
  EXPECT_LAYOUT(varve_changes_options, 48, describe, 40);
  EXPECT_LAYOUT(varve_change, 96, detail, 80);
  EXPECT_LAYOUT(varve_snapshot, 96, digest, 80);
  EXPECT_LAYOUT(varve_backup_report, 112, warnings, 104);
  EXPECT_LAYOUT(varve_lost, 72, refused, 64);
  EXPECT_LAYOUT(varve_stat, 128, p999, 120);
}

static void a_struct_as_it_is_made_has_its_size_and_zeros(void) {
  varve_search_options options = VARVE_INIT(varve_search_options);
  EXPECT(options.struct_size == sizeof(options));
  EXPECT(options.k == 0 && options.filter.data == NULL && !options.unguarded);
}

void layout_facts(void) {
  FACT(structs_are_what_earlier_programs_know);
  FACT(a_struct_as_it_is_made_has_its_size_and_zeros);
}
