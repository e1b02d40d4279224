#include "tests/bindings/c/expect.h"

static varve_store* store;
static varve_uuid other_run;

static void put(varve_txn* txn, const char* key, const char* value) {
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text(key), varve_text(value), NULL, &error));
}

static void a_value_is_read_as_it_was_put(void) {
  varve_txn* txn = begin(store);
  varve_view* view;
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  uint64_t lsn;
  put(txn, "a", "1");
  put(txn, "b", "2");
  put(txn, "c", "3");
  lsn = commit(txn);
  view = view_of(store);
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("b"), &row, &found, &error));
  EXPECT(found);
  EXPECT_TEXT(row.key, "b");
  EXPECT_TEXT(row.value, "2");
  EXPECT(row.lsn == lsn && row.commit_time > 0 && row.expires == 0 && !row.deleted);
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("z"), &row, &found, &error));
  EXPECT(!found);
  EXPECT_TEXT(row.value, "2");
  varve_view_free(view);
}

static void several_are_read_at_once(void) {
  varve_view* view = view_of(store);
  varve_slice keys[3];
  varve_result* rows = NULL;
  keys[0] = varve_text("c");
  keys[1] = varve_text("none");
  keys[2] = varve_text("a");
  EXPECT_OK(varve_kv_get_many(varve_view_reader(view), NULL, keys, 3, &rows, &error));
  EXPECT(varve_result_count(rows) == 3);
  EXPECT_TEXT(varve_result_kv_row(rows, 0)->value, "3");
  EXPECT(varve_result_kv_row(rows, 1) == NULL);
  EXPECT_TEXT(varve_result_kv_row(rows, 2)->key, "a");
  EXPECT(varve_result_kv_row(rows, 3) == NULL);
  varve_result_free(rows);
  varve_view_free(view);
}

static void a_run_has_its_own_keys(void) {
  varve_txn* txn = begin(store);
  varve_bool exists = 1;
  other_run.bytes[15] = 1;
  EXPECT_OK(varve_kv_put(txn, &other_run, varve_text("mine"), varve_text("x"), NULL, &error));
  EXPECT_OK(varve_kv_exists(varve_txn_reader(txn), NULL, varve_text("mine"), &exists, &error));
  EXPECT(!exists);
  EXPECT_OK(
      varve_kv_exists(varve_txn_reader(txn), &other_run, varve_text("mine"), &exists, &error));
  EXPECT(exists);
  varve_txn_free(txn);
}

static void a_scan_gives_rows_in_order_and_goes_on_behind_its_limit(void) {
  varve_view* view = view_of(store);
  varve_kv_scan_options options = VARVE_INIT(varve_kv_scan_options);
  varve_cursor* cursor = NULL;
  varve_cursor* rest = NULL;
  options.reverse = 1;
  options.limit = 2;
  EXPECT_OK(varve_kv_scan(varve_view_reader(view), NULL, &options, &cursor, &error));
  EXPECT_TEXT(varve_cursor_kv_row(cursor)->key, "c");
  varve_cursor_next(cursor);
  EXPECT_TEXT(varve_cursor_kv_row(cursor)->key, "b");
  varve_cursor_next(cursor);
  EXPECT(varve_cursor_kv_row(cursor) == NULL);
  varve_cursor_next(cursor);
  EXPECT_OK(varve_cursor_status(cursor, &error));
  options.cursor = varve_cursor_token(cursor);
  EXPECT(options.cursor.size > 0);
  EXPECT_OK(varve_kv_scan(varve_view_reader(view), NULL, &options, &rest, &error));
  EXPECT_TEXT(varve_cursor_kv_row(rest)->key, "a");
  varve_cursor_next(rest);
  EXPECT(varve_cursor_kv_row(rest) == NULL);
  EXPECT(varve_cursor_token(rest).size == 0);
  varve_cursor_free(rest);
  varve_cursor_free(cursor);
  varve_cursor_free(NULL);
  varve_view_free(view);
}

static void a_wrong_cursor_shows_in_the_status(void) {
  varve_view* view = view_of(store);
  varve_kv_scan_options options = VARVE_INIT(varve_kv_scan_options);
  varve_cursor* cursor = NULL;
  options.cursor = varve_text("no cursor");
  EXPECT_OK(varve_kv_scan(varve_view_reader(view), NULL, &options, &cursor, &error));
  EXPECT(varve_cursor_kv_row(cursor) == NULL);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_cursor_status(cursor, &error));
  varve_cursor_free(cursor);
  varve_view_free(view);
}

static void a_count_counts_a_range(void) {
  varve_view* view = view_of(store);
  varve_kv_scan_options options = VARVE_INIT(varve_kv_scan_options);
  uint64_t count = 0;
  options.begin = varve_text("b");
  options.end = varve_text("c");
  EXPECT_OK(varve_kv_count(varve_view_reader(view), NULL, &options, &count, &error));
  EXPECT(count == 1);
  EXPECT_OK(varve_kv_count(varve_view_reader(view), NULL, NULL, &count, &error));
  EXPECT(count == 3);
  varve_view_free(view);
}

static void versions_are_kept(void) {
  varve_txn* txn = begin(store);
  varve_result* versions = NULL;
  varve_view* view;
  put(txn, "a", "one");
  commit(txn);
  txn = begin(store);
  EXPECT_OK(varve_kv_delete(txn, NULL, varve_text("a"), &error));
  commit(txn);
  view = view_of(store);
  EXPECT_OK(
      varve_kv_history(varve_view_reader(view), NULL, varve_text("a"), 0, 2, &versions, &error));
  EXPECT(varve_result_count(versions) == 2);
  EXPECT(varve_result_kv_row(versions, 0)->deleted);
  EXPECT_TEXT(varve_result_kv_row(versions, 1)->value, "one");
  EXPECT(varve_result_more(versions));
  varve_result_free(versions);
  varve_view_free(view);
}

static void many_are_put_or_none(void) {
  varve_txn* txn = begin(store);
  varve_slice keys[2], values[2];
  uint64_t count = 0;
  keys[0] = varve_text("m1");
  keys[1] = varve_text("");
  values[0] = varve_text("x");
  values[1] = varve_text("y");
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_put_many(txn, NULL, keys, values, 2, NULL, &error));
  keys[1] = varve_text("m2");
  EXPECT(varve_txn_bytes(txn) == 0);
  EXPECT_OK(varve_kv_put_many(txn, NULL, keys, values, 2, NULL, &error));
  EXPECT_OK(varve_kv_put_many(txn, NULL, NULL, NULL, 0, NULL, &error));
  EXPECT_OK(varve_kv_count(varve_txn_reader(txn), NULL, NULL, &count, &error));
  EXPECT(count == 4);  // b, c, m1, m2
  varve_txn_free(txn);
}

static void a_condition_decides_whether_it_is_written(void) {
  varve_txn* txn = begin(store);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool written = 0, found = 0;
  varve_slice key = varve_text("b");
  EXPECT_OK(varve_kv_put_if_absent(txn, NULL, key, varve_text("no"), NULL, &written, &error));
  EXPECT(!written);
  EXPECT_OK(varve_kv_get(varve_txn_reader(txn), NULL, key, &row, &found, &error));
  EXPECT_OK(varve_kv_compare_and_set(txn, NULL, key, row.lsn + 1, varve_text("no"), NULL, &written,
                                     &error));
  EXPECT(!written);
  EXPECT_OK(
      varve_kv_compare_and_set(txn, NULL, key, row.lsn, varve_text("yes"), NULL, &written, &error));
  EXPECT(written);
  EXPECT_OK(varve_kv_compare_value_and_set(txn, NULL, key, varve_text("2"), varve_text("no"), NULL,
                                           &written, &error));
  EXPECT(!written);
  EXPECT_OK(varve_kv_compare_value_and_set(txn, NULL, key, varve_text("yes"), varve_text("2"), NULL,
                                           &written, &error));
  EXPECT(written);
  varve_txn_free(txn);
}

static void a_number_is_added_to(void) {
  varve_txn* txn = begin(store);
  int64_t sum = 0;
  EXPECT_OK(varve_kv_increment(txn, NULL, varve_text("n"), -12, &sum, &error));
  EXPECT(sum == -12);
  EXPECT_OK(varve_kv_increment(txn, NULL, varve_text("n"), INT64_MIN + 12, NULL, &error));
  EXPECT_STATUS(VARVE_OUT_OF_RANGE,
                varve_kv_increment(txn, NULL, varve_text("n"), -1, &sum, &error));
  put(txn, "n", "many");
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION,
                varve_kv_increment(txn, NULL, varve_text("n"), 1, &sum, &error));
  varve_txn_free(txn);
}

static void what_has_expired_is_gone_and_swept(void) {
  varve_kv_put_options options = VARVE_INIT(varve_kv_put_options);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_txn* txn = begin(store);
  varve_bool found = 1, more = 1;
  uint64_t deleted = 0;
  options.expires = 1;  // in 1970
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("old"), varve_text("x"), &options, &error));
  options.ttl_us = 1;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_put(txn, NULL, varve_text("old"), varve_text("x"), &options, &error));
  options.expires = 0;
  options.ttl_us = UINT64_MAX;
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("new"), varve_text("x"), &options, &error));
  commit(txn);
  txn = begin(store);
  EXPECT_OK(varve_kv_get(varve_txn_reader(txn), NULL, varve_text("old"), &row, &found, &error));
  EXPECT(!found);
  EXPECT_OK(varve_kv_get(varve_txn_reader(txn), NULL, varve_text("new"), &row, &found, &error));
  EXPECT(found && row.expires > varve_reader_now(varve_txn_reader(txn)));
  EXPECT_OK(varve_kv_sweep_expired(txn, NULL, 0, &deleted, &more, &error));
  EXPECT(deleted == 1 && !more);
  commit(txn);
}

static void limits_are_told(void) {
  varve_txn* txn = begin(store);
  varve_slice long_key;
  char key[1025];
  memset(key, 'k', sizeof(key));
  long_key.data = key;
  long_key.size = sizeof(key);
  EXPECT_STATUS(VARVE_RESOURCE_EXHAUSTED,
                varve_kv_put(txn, NULL, long_key, varve_text("v"), NULL, &error));
  long_key.size--;
  EXPECT_OK(varve_kv_put(txn, NULL, long_key, varve_text("v"), NULL, &error));
  varve_txn_free(txn);
}

void kv_facts(void) {
  store = open_in_memory(VARVE_KEEP_FOREVER);
  FACT(a_value_is_read_as_it_was_put);
  FACT(several_are_read_at_once);
  FACT(a_run_has_its_own_keys);
  FACT(a_scan_gives_rows_in_order_and_goes_on_behind_its_limit);
  FACT(a_wrong_cursor_shows_in_the_status);
  FACT(a_count_counts_a_range);
  FACT(versions_are_kept);
  FACT(many_are_put_or_none);
  FACT(a_condition_decides_whether_it_is_written);
  FACT(a_number_is_added_to);
  FACT(what_has_expired_is_gone_and_swept);
  FACT(limits_are_told);
  varve_store_free(store);
}
