#include "tests/bindings/c/expect.h"

static varve_store* store;

static void put(const char* key, const char* value) {
  varve_txn* txn = begin(store);
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text(key), varve_text(value), NULL, &error));
  commit(txn);
}

static void expect_value(const char* name, const char* value) {
  varve_store* other = open_scratch(name);
  varve_view* view = view_of(other);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("k"), &row, &found, &error));
  EXPECT_TEXT(row.value, value);
  varve_view_free(view);
  varve_store_free(other);
}

static void count_call(void* user, const varve_progress* progress) {
  (void)progress;
  ++*(int*)user;
}

static varve_bool say_yes(void* user) {
  (void)user;
  return 1;
}

static void a_snapshot_is_taken_listed_verified_and_restored(void) {
  varve_result* snapshot = NULL;
  varve_result* kept = NULL;
  varve_result* verified = NULL;
  varve_result* recovery = NULL;
  varve_control control = VARVE_INIT(varve_control);
  varve_slice path;
  int calls = 0;
  control.user = &calls;
  control.progress = count_call;
  EXPECT_OK(varve_store_snapshot(store, &control, &snapshot, &error));
  EXPECT(varve_result_snapshot(snapshot, 0)->lsn == 2);
  EXPECT(calls > 0);
  EXPECT_OK(varve_store_snapshots(store, &kept, &error));
  EXPECT(varve_result_count(kept) == 1);
  path = varve_result_snapshot(kept, 0)->path;
  EXPECT_OK(varve_snapshot_verify(path, NULL, &verified, &error));
  EXPECT(varve_result_snapshot(verified, 0)->digest.size == 32);
  EXPECT(memcmp(varve_result_snapshot(verified, 0)->digest.data,
                varve_result_snapshot(snapshot, 0)->digest.data, 32) == 0);
  EXPECT_OK(varve_snapshot_restore(path, scratch_path("from_snapshot"), NULL, &recovery, &error));
  EXPECT(varve_result_recovery(recovery, 0) != NULL);
  expect_value("from_snapshot", "second");
  control.cancelled = say_yes;
  put("k", "third");
  varve_result_free(snapshot);
  EXPECT_STATUS(VARVE_CANCELLED, varve_store_snapshot(store, &control, &snapshot, &error));
  EXPECT(snapshot == NULL);
  varve_result_free(recovery);
  varve_result_free(verified);
  varve_result_free(kept);
}

static void a_backup_is_made_beside_the_writer_and_any_moment_restored(void) {
  varve_result* report = NULL;
  varve_result* recovery = NULL;
  EXPECT_OK(varve_backup(scratch_path("origin"), scratch_path("copy"), NULL, &report, &error));
  EXPECT(varve_result_backup(report, 0)->first);
  EXPECT(varve_result_backup(report, 0)->last_lsn == 3);
  EXPECT(varve_result_backup(report, 0)->bytes_copied > 0);
  varve_result_free(report);
  EXPECT_OK(
      varve_restore(scratch_path("copy"), scratch_path("then"), 1, 0, NULL, &recovery, &error));
  varve_result_free(recovery);
  expect_value("then", "first");
  EXPECT_OK(varve_restore(scratch_path("copy"), scratch_path("now"), 0, 0, NULL, NULL, &error));
  expect_value("now", "third");
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_backup(scratch_path("nothing_here"), scratch_path("copy2"),
                                              NULL, NULL, &error));
}

static void damage(const char* name) {
  char path[700];
  FILE* file;
  snprintf(path, sizeof(path), "%s/%s/wal/0000000000000001.wal", scratch(), name);
  file = fopen(path, "r+b");
  EXPECT(file != NULL);
  fseek(file, 4200, SEEK_SET);  // within the record of the first transaction
  fputs("damage", file);
  fclose(file);
}

static void what_is_whole_of_a_damaged_store_is_saved(void) {
  varve_result* lost = NULL;
  uint64_t taken = 0, last = 0;
  varve_slice value;
  char bytes[4096];
  varve_store* broken = open_scratch("broken");
  varve_txn* txn;
  int i;
  memset(bytes, 'b', sizeof(bytes));
  value.data = bytes;
  value.size = sizeof(bytes);
  for (i = 0; i < 3; ++i) {
    txn = begin(broken);
    EXPECT_OK(varve_kv_put(txn, NULL, varve_text("k"), value, NULL, &error));
    commit(txn);
  }
  varve_store_free(broken);
  damage("broken");
  EXPECT_OK(varve_salvage(scratch_path("broken"), scratch_path("saved"), NULL, &lost, &taken, &last,
                          &error));
  EXPECT(taken >= 2);  // and a watermark, perhaps
  EXPECT(varve_result_count(lost) == 1);
  EXPECT(!varve_result_lost(lost, 0)->refused);
  EXPECT(varve_result_lost(lost, 0)->first == 1 && varve_result_lost(lost, 0)->last == 1);
  EXPECT(varve_result_lost(lost, 0)->found.size > 0);
  varve_result_free(lost);
}

static void a_store_in_memory_has_no_snapshots(void) {
  varve_store* memory = open_in_memory(0);
  varve_result* result = NULL;
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_snapshot(memory, NULL, &result, &error));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_snapshots(memory, &result, &error));
  varve_store_free(memory);
}

void backup_facts(void) {
  store = open_scratch("origin");
  put("k", "first");
  put("k", "second");
  FACT(a_snapshot_is_taken_listed_verified_and_restored);
  FACT(a_backup_is_made_beside_the_writer_and_any_moment_restored);
  FACT(what_is_whole_of_a_damaged_store_is_saved);
  FACT(a_store_in_memory_has_no_snapshots);
  varve_store_free(store);
}
