// What a caller may get wrong, and callers of other versions.
#include "tests/bindings/c/expect.h"

// As a program of a later version sees it: one field more.
typedef struct later_put_options {
  varve_kv_put_options known;
  uint64_t later;
} later_put_options;

static const varve_kv_put_options* as_options(const later_put_options* options) {
  return (const varve_kv_put_options*)(const void*)options;
}

static void a_null_is_refused_and_nothing_happens(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  varve_bool found = 7;
  varve_slice torn = {NULL, 3};
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_sync(NULL, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_begin(store, NULL, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_put(txn, NULL, torn, varve_text("v"), NULL, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_get(varve_txn_reader(txn), NULL, varve_text("k"), NULL, &found, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_kv_put_many(txn, NULL, NULL, NULL, 1, NULL, &error));
  EXPECT(found == 7);
  EXPECT(varve_txn_bytes(txn) == 0);
  varve_txn_free(txn);
  varve_store_free(store);
}

static void an_error_that_nobody_wants_is_not_made(void) {
  EXPECT(varve_store_sync(NULL, NULL) == VARVE_INVALID_ARGUMENT);
}

static void a_message_names_the_argument(void) {
  varve_error* error = NULL;
  varve_store_checkpoint(NULL, &error);
  EXPECT(strstr(varve_error_message(error), "store") != NULL);
  varve_error_free(error);
}

static void a_struct_without_its_size_is_refused(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  varve_kv_put_options options;
  varve_receipt receipt;
  memset(&options, 0, sizeof(options));
  memset(&receipt, 0, sizeof(receipt));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), &options, &error));
  options.struct_size = 1u << 20;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), &options, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_txn_commit(txn, VARVE_DURABLE, &receipt, &error));
  // The transaction was not touched by it.
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), NULL, &error));
  EXPECT(commit(txn) == 1);
  varve_store_free(store);
}

static void a_struct_of_an_earlier_version_has_the_defaults(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  varve_kv_put_options options = VARVE_INIT(varve_kv_put_options);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  options.struct_size = offsetof(varve_kv_put_options, ttl_us);
  options.ttl_us = 1;  // the caller's memory behind the struct, as far as Varve knows
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), &options, &error));
  row.struct_size = offsetof(varve_kv_row, lsn);
  row.lsn = 77;
  EXPECT_OK(varve_kv_get(varve_txn_reader(txn), NULL, varve_text("k"), &row, &found, &error));
  EXPECT(found);
  EXPECT_TEXT(row.value, "v");
  EXPECT(row.lsn == 77);  // not written: the caller has no such field
  varve_txn_free(txn);
  varve_store_free(store);
}

static void a_struct_of_a_later_version_may_not_ask_for_what_is_unknown(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  later_put_options options;
  memset(&options, 0, sizeof(options));
  options.known.struct_size = sizeof(options);
  EXPECT_OK(
      varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), as_options(&options), &error));
  options.later = 1;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"),
                                                     as_options(&options), &error));
  varve_txn_free(txn);
  varve_store_free(store);
}

static void an_answer_of_a_later_version_has_zeros_where_nothing_is_known(void) {
  struct {
    varve_receipt known;
    uint64_t later;
  } receipt;
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  memset(&receipt, 0xff, sizeof(receipt));
  receipt.known.struct_size = sizeof(receipt);
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), NULL, &error));
  EXPECT_OK(varve_txn_commit(txn, VARVE_DURABLE, &receipt.known, &error));
  EXPECT(receipt.known.lsn == 1);
  EXPECT(receipt.later == 0);
  EXPECT(receipt.known.struct_size == sizeof(receipt));
  varve_txn_free(txn);
  varve_store_free(store);
}

static void an_item_of_another_kind_is_no_item(void) {
  varve_store* store = open_in_memory(0);
  varve_view* view = view_of(store);
  varve_result* runs = NULL;
  varve_cursor* cursor = NULL;
  EXPECT_OK(varve_run_list(varve_view_reader(view), NULL, &runs, &error));
  EXPECT(varve_result_run(runs, 0) == NULL);
  EXPECT(varve_result_span(runs, 0) == NULL);
  EXPECT(varve_result_text(NULL, 0) == NULL);
  EXPECT_OK(varve_kv_scan(varve_view_reader(view), NULL, NULL, &cursor, &error));
  EXPECT(varve_cursor_event(cursor) == NULL);
  EXPECT(!varve_cursor_position(cursor, NULL));
  varve_cursor_free(cursor);
  varve_result_free(runs);
  varve_view_free(view);
  varve_store_free(store);
}

void argument_facts(void) {
  FACT(a_null_is_refused_and_nothing_happens);
  FACT(an_error_that_nobody_wants_is_not_made);
  FACT(a_message_names_the_argument);
  FACT(a_struct_without_its_size_is_refused);
  FACT(a_struct_of_an_earlier_version_has_the_defaults);
  FACT(a_struct_of_a_later_version_may_not_ask_for_what_is_unknown);
  FACT(an_answer_of_a_later_version_has_zeros_where_nothing_is_known);
  FACT(an_item_of_another_kind_is_no_item);
}
