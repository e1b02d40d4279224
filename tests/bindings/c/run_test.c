#include "tests/bindings/c/expect.h"

static varve_store* store;
static varve_uuid run;

static void put(const varve_uuid* into, const char* key, const char* value) {
  varve_txn* txn = begin(store);
  EXPECT_OK(varve_kv_put(txn, into, varve_text(key), varve_text(value), NULL, &error));
  commit(txn);
}

static int32_t status_of(const varve_uuid* id) {
  varve_view* view = view_of(store);
  varve_result* info = NULL;
  int32_t status;
  EXPECT_OK(varve_run_get(varve_view_reader(view), id, &info, &error));
  EXPECT(varve_result_count(info) == 1);
  status = varve_result_run(info, 0)->status;
  varve_result_free(info);
  varve_view_free(view);
  return status;
}

static void a_run_is_created_begun_and_described(void) {
  varve_txn* txn = begin(store);
  varve_run_options options = VARVE_INIT(varve_run_options);
  varve_slice tag = varve_text("nightly");
  varve_result* info = NULL;
  options.name = varve_text("report");
  options.tags = &tag;
  options.tag_count = 1;
  options.metadata = varve_text("{\"by\":\"cron\"}");
  options.paused = 1;
  EXPECT_OK(varve_run_create(txn, &options, &run, &error));
  options.id = run;
  EXPECT_STATUS(VARVE_ALREADY_EXISTS, varve_run_create(txn, &options, &run, &error));
  commit(txn);
  EXPECT(status_of(&run) == VARVE_RUN_PAUSED);
  txn = begin(store);
  EXPECT_OK(varve_run_begin(txn, &run, &error));
  EXPECT_OK(varve_run_get(varve_txn_reader(txn), &run, &info, &error));
  EXPECT_TEXT(varve_result_run(info, 0)->name, "report");
  EXPECT_TEXT(varve_result_run(info, 0)->tags[0], "nightly");
  EXPECT_TEXT(varve_result_run(info, 0)->metadata, "{\"by\":\"cron\"}");
  varve_result_free(info);
  commit(txn);
}

static void runs_are_listed_by_what_they_are(void) {
  varve_txn* txn = begin(store);
  varve_uuid other;
  varve_run_filter filter = VARVE_INIT(varve_run_filter);
  varve_result* runs = NULL;
  EXPECT_OK(varve_run_create(txn, NULL, &other, &error));
  filter.tag = varve_text("nightly");
  EXPECT_OK(varve_run_list(varve_txn_reader(txn), &filter, &runs, &error));
  EXPECT(varve_result_count(runs) == 1);
  EXPECT(memcmp(&varve_result_run(runs, 0)->id, &run, sizeof(run)) == 0);
  varve_result_free(runs);
  filter = VARVE_INIT(varve_run_filter);
  filter.status = VARVE_RUN_ACTIVE;
  filter.limit = 1;
  EXPECT_OK(varve_run_list(varve_txn_reader(txn), &filter, &runs, &error));
  EXPECT(varve_result_count(runs) == 1 && varve_result_more(runs));
  memcpy(&filter.after, varve_result_cursor(runs).data, sizeof(filter.after));
  varve_result_free(runs);
  EXPECT_OK(varve_run_list(varve_txn_reader(txn), &filter, &runs, &error));
  EXPECT(varve_result_count(runs) == 1 && !varve_result_more(runs));
  varve_result_free(runs);
  filter.status = 77;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_run_list(varve_txn_reader(txn), &filter, &runs, &error));
  varve_txn_free(txn);
}

static void steps_are_counted_and_replayed(void) {
  varve_view* view = view_of(store);
  varve_result* steps = NULL;
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  uint64_t count = 0;
  varve_view_free(view);
  put(&run, "plan", "first");
  put(&run, "plan", "second");
  view = view_of(store);
  EXPECT_OK(varve_run_step_count(varve_view_reader(view), &run, &count, &error));
  EXPECT(count == 2);
  EXPECT_OK(varve_run_steps(varve_view_reader(view), &run, 0, 1, &steps, &error));
  EXPECT(varve_result_count(steps) == 1 && varve_result_more(steps));
  EXPECT(varve_result_run_step(steps, 0)->number == 1);
  EXPECT(varve_result_run_step(steps, 0)->entry_type == 0x10);
  EXPECT(varve_result_run_step(steps, 0)->payload.size > 0);
  varve_result_free(steps);
  varve_view_free(view);
  EXPECT_OK(varve_run_replay(store, &run, 1, &view, &steps, &error));
  EXPECT(varve_result_run_step(steps, 0)->number == 1);
  varve_result_free(steps);
  EXPECT_OK(varve_kv_get(varve_view_reader(view), &run, varve_text("plan"), &row, &found, &error));
  EXPECT_TEXT(row.value, "first");
  varve_view_free(view);
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_run_replay(store, &run, 9, &view, NULL, &error));
  EXPECT(view == NULL);
}

static void a_fork_goes_its_own_way_and_a_diff_shows_it(void) {
  varve_uuid fork;
  varve_view* view;
  varve_result* changes = NULL;
  varve_bytes ours = {NULL, 0}, theirs = {NULL, 0};
  EXPECT_OK(varve_run_fork(store, &run, 1, NULL, &fork, &error));
  view = view_of(store);
  EXPECT_OK(varve_run_diff(varve_view_reader(view), &fork, varve_view_reader(view), &run, 0,
                           &changes, &error));
  EXPECT(varve_result_count(changes) >= 1 && !varve_result_more(changes));
  EXPECT(varve_result_row_change(changes, 0)->kind == VARVE_ROW_MODIFIED);
  EXPECT_TEXT(varve_result_row_change(changes, 0)->primitive, "varve.kv");
  EXPECT_TEXT(varve_result_row_change(changes, 0)->key, "plan");
  varve_result_free(changes);
  EXPECT_OK(varve_run_diff(NULL, NULL, varve_view_reader(view), &run, 1, &changes, &error));
  EXPECT(varve_result_count(changes) == 1);
  EXPECT(varve_result_row_change(changes, 0)->kind == VARVE_ROW_ADDED);
  varve_result_free(changes);
  EXPECT_OK(varve_run_digest(varve_view_reader(view), &run, &ours, &error));
  EXPECT_OK(varve_run_digest(varve_view_reader(view), &fork, &theirs, &error));
  EXPECT(ours.size == 32 && memcmp(ours.data, theirs.data, 32) != 0);
  varve_bytes_free(&ours);
  varve_bytes_free(&theirs);
  varve_view_free(view);
}

static void a_closed_run_refuses_entries_but_changes_its_register(void) {
  varve_txn* txn = begin(store);
  varve_run_changes changes = VARVE_INIT(varve_run_changes);
  varve_result* info = NULL;
  EXPECT_OK(varve_run_end(txn, &run, VARVE_RUN_COMPLETED, varve_text("42 rows"), &error));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION,
                varve_kv_put(txn, &run, varve_text("k"), varve_text("v"), NULL, &error));
  changes.has_name = 1;
  changes.name = varve_text("renamed");
  EXPECT_OK(varve_run_update(txn, &run, &changes, &error));
  commit(txn);
  EXPECT(status_of(&run) == VARVE_RUN_COMPLETED);
  txn = begin(store);
  EXPECT_OK(varve_run_get(varve_txn_reader(txn), &run, &info, &error));
  EXPECT_TEXT(varve_result_run(info, 0)->name, "renamed");
  EXPECT_TEXT(varve_result_run(info, 0)->outcome, "42 rows");
  EXPECT(varve_result_run(info, 0)->tag_count == 1);
  varve_result_free(info);
  varve_txn_free(txn);
}

static void what_a_crash_left_open_is_an_orphan(void) {
  varve_store* kept = open_scratch("orphans");
  varve_txn* txn = begin(kept);
  varve_uuid left;
  varve_view* view;
  varve_result* runs = NULL;
  EXPECT_OK(varve_run_create(txn, NULL, &left, &error));
  commit(txn);
  varve_store_free(kept);
  kept = open_scratch("orphans");
  view = view_of(kept);
  EXPECT_OK(varve_run_orphans(varve_view_reader(view), 0, &runs, &error));
  EXPECT(varve_result_count(runs) == 1);
  EXPECT(memcmp(&varve_result_run(runs, 0)->id, &left, sizeof(left)) == 0);
  varve_result_free(runs);
  varve_view_free(view);
  varve_store_free(kept);
}

static void a_run_is_deleted_with_all_its_rows(void) {
  varve_txn* txn = begin(store);
  varve_bool exists = 1;
  EXPECT_OK(varve_run_delete(txn, &run, 0, &error));
  EXPECT_OK(varve_kv_exists(varve_txn_reader(txn), &run, varve_text("plan"), &exists, &error));
  EXPECT(!exists);
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_run_delete(txn, &run, 1, &error));
  varve_txn_free(txn);
}

void run_facts(void) {
  store = open_in_memory(VARVE_KEEP_FOREVER);
  FACT(a_run_is_created_begun_and_described);
  FACT(runs_are_listed_by_what_they_are);
  FACT(steps_are_counted_and_replayed);
  FACT(a_fork_goes_its_own_way_and_a_diff_shows_it);
  FACT(a_closed_run_refuses_entries_but_changes_its_register);
  FACT(what_a_crash_left_open_is_an_orphan);
  FACT(a_run_is_deleted_with_all_its_rows);
  varve_store_free(store);
}
