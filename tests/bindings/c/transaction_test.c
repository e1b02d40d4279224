#include "tests/bindings/c/expect.h"

static void put(varve_txn* txn, const char* key, const char* value) {
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text(key), varve_text(value), NULL, &error));
}

static varve_bool holds(varve_reader* reader, const char* key) {
  varve_bool exists = 0;
  EXPECT_OK(varve_kv_exists(reader, NULL, varve_text(key), &exists, &error));
  return exists;
}

static void a_commit_gives_a_receipt_and_ends_the_transaction(void) {
  varve_store* store = open_scratch("commit");
  varve_txn* txn = begin(store);
  varve_receipt receipt = VARVE_INIT(varve_receipt);
  EXPECT(varve_reader_now(varve_txn_reader(txn)) > 0);
  put(txn, "k", "v");
  EXPECT(varve_txn_bytes(txn) > 0);
  EXPECT_OK(varve_txn_commit(txn, VARVE_DURABLE, &receipt, &error));
  EXPECT(receipt.lsn == 1 && receipt.commit_time > 0);
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION,
                varve_kv_put(txn, NULL, varve_text("k"), varve_text("w"), NULL, &error));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_txn_commit(txn, VARVE_DURABLE, NULL, &error));
  varve_txn_free(txn);
  varve_store_free(store);
}

static void what_is_not_committed_leaves_no_trace(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  varve_view* view;
  put(txn, "k", "v");
  EXPECT(holds(varve_txn_reader(txn), "k"));
  varve_txn_free(txn);
  view = view_of(store);
  EXPECT(!holds(varve_view_reader(view), "k"));
  EXPECT(varve_reader_lsn(varve_view_reader(view)) == 0);
  varve_view_free(view);
  varve_store_free(store);
}

static void a_durability_that_is_none_is_refused_and_the_transaction_goes_on(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* txn = begin(store);
  put(txn, "k", "v");
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_txn_commit(txn, 7, NULL, &error));
  EXPECT(commit(txn) == 1);
  varve_store_free(store);
}

static void of_two_that_read_what_the_other_wrote_one_is_aborted(void) {
  varve_store* store = open_in_memory(0);
  varve_txn* first = begin(store);
  varve_txn* second = begin(store);
  EXPECT(!holds(varve_txn_reader(first), "k"));
  EXPECT(!holds(varve_txn_reader(second), "k"));
  put(first, "k", "first");
  put(second, "k", "second");
  EXPECT(commit(first) == 1);
  EXPECT_STATUS(VARVE_ABORTED, varve_txn_commit(second, VARVE_DURABLE, NULL, &error));
  varve_txn_free(second);
  varve_store_free(store);
}

static void keep_receipt(void* user, const varve_receipt* receipt, const varve_error* error) {
  EXPECT(error == NULL);
  *(uint64_t*)user = receipt->lsn;
}

static void a_commit_can_be_waited_for_later(void) {
  varve_store* store = open_scratch("ticket");
  varve_txn* txn = begin(store);
  varve_ticket* ticket = NULL;
  varve_receipt will_be = VARVE_INIT(varve_receipt);
  varve_receipt is = VARVE_INIT(varve_receipt);
  uint64_t told = 0;
  put(txn, "k", "v");
  EXPECT_OK(varve_txn_commit_async(txn, &ticket, &error));
  varve_txn_free(txn);
  EXPECT_OK(varve_ticket_receipt(ticket, &will_be, &error));
  EXPECT_OK(varve_ticket_wait(ticket, &is, &error));
  EXPECT(will_be.lsn == 1 && is.lsn == 1 && is.commit_time == will_be.commit_time);
  EXPECT_OK(varve_ticket_then(ticket, keep_receipt, &told, &error));
  EXPECT(told == 1);  // it was durable already
  varve_ticket_free(ticket);
  varve_ticket_free(NULL);
  varve_store_free(store);
}

typedef struct contest {
  varve_store* store;
  int runs;
} contest;

static varve_status conflict_once(void* user, varve_txn* txn, varve_error** error) {
  contest* state = (contest*)user;
  int64_t sum = 0;
  varve_status status = varve_kv_increment(txn, NULL, varve_text("n"), 1, &sum, error);
  if (status != VARVE_OK) return status;
  if (state->runs++ == 0) {
    varve_txn* other = begin(state->store);
    put(other, "n", "41");
    commit(other);
  }
  return VARVE_OK;
}

static void an_update_runs_again_on_a_conflict(void) {
  varve_store* store = open_in_memory(0);
  contest state = {NULL, 0};
  varve_receipt receipt = VARVE_INIT(varve_receipt);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  varve_view* view;
  state.store = store;
  EXPECT_OK(varve_store_update(store, conflict_once, &state, NULL, &receipt, &error));
  EXPECT(state.runs == 2 && receipt.lsn == 2);
  view = view_of(store);
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("n"), &row, &found, &error));
  EXPECT_TEXT(row.value, "42");
  varve_view_free(view);
  varve_store_free(store);
}

static void an_update_gives_up_after_its_attempts(void) {
  varve_store* store = open_in_memory(0);
  contest state = {NULL, 0};
  varve_update_options options = VARVE_INIT(varve_update_options);
  state.store = store;
  options.attempts_max = 1;
  options.durability = VARVE_BUFFERED;
  EXPECT_STATUS(VARVE_ABORTED,
                varve_store_update(store, conflict_once, &state, &options, NULL, &error));
  varve_store_free(store);
}

static varve_status refuse(void* user, varve_txn* txn, varve_error** error) {
  put(txn, "k", "v");
  if (user != NULL) *error = varve_error_new(VARVE_NOT_FOUND, varve_text((const char*)user));
  return VARVE_NOT_FOUND;
}

static void an_update_answers_what_its_body_refuses(void) {
  varve_store* store = open_in_memory(0);
  varve_error* error = NULL;
  char why[] = "no such customer";
  EXPECT(varve_store_update(store, refuse, why, NULL, NULL, &error) == VARVE_NOT_FOUND);
  EXPECT(strcmp(varve_error_message(error), why) == 0);
  varve_error_free(error);
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_store_update(store, refuse, NULL, NULL, NULL, &error));
  EXPECT(varve_store_visible_lsn(store) == 0);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_update(store, NULL, NULL, NULL, NULL, &error));
  varve_store_free(store);
}

static varve_status commit_itself(void* user, varve_txn* txn, varve_error** error) {
  (void)user;
  put(txn, "k", "v");
  EXPECT(varve_txn_commit(txn, VARVE_DURABLE, NULL, error) == VARVE_FAILED_PRECONDITION);
  varve_error_free(*error);
  *error = NULL;
  varve_txn_free(txn);  // does nothing: it is lent
  return VARVE_OK;
}

static void a_body_cannot_take_the_transaction_that_it_was_lent(void) {
  varve_store* store = open_in_memory(0);
  EXPECT_OK(varve_store_update(store, commit_itself, NULL, NULL, NULL, &error));
  EXPECT(varve_store_visible_lsn(store) == 1);
  varve_store_free(store);
}

static void a_view_of_the_past_shows_it(void) {
  varve_store* store = open_in_memory(VARVE_KEEP_FOREVER);
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  varve_view* view = NULL;
  varve_txn* txn = begin(store);
  put(txn, "k", "then");
  commit(txn);
  txn = begin(store);
  put(txn, "k", "now");
  commit(txn);
  EXPECT_OK(varve_store_view_at(store, 1, &view, &error));
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("k"), &row, &found, &error));
  EXPECT_TEXT(row.value, "then");
  EXPECT(varve_reader_lsn(varve_view_reader(view)) == 1);
  EXPECT(varve_reader_now(varve_view_reader(view)) == 0);
  varve_view_free(view);
  EXPECT_STATUS(VARVE_OUT_OF_RANGE, varve_store_view_at(store, 3, &view, &error));
  EXPECT(view == NULL);
  varve_view_free(NULL);
  varve_store_free(store);
}

void transaction_facts(void) {
  FACT(a_commit_gives_a_receipt_and_ends_the_transaction);
  FACT(what_is_not_committed_leaves_no_trace);
  FACT(a_durability_that_is_none_is_refused_and_the_transaction_goes_on);
  FACT(of_two_that_read_what_the_other_wrote_one_is_aborted);
  FACT(a_commit_can_be_waited_for_later);
  FACT(an_update_runs_again_on_a_conflict);
  FACT(an_update_gives_up_after_its_attempts);
  FACT(an_update_answers_what_its_body_refuses);
  FACT(a_body_cannot_take_the_transaction_that_it_was_lent);
  FACT(a_view_of_the_past_shows_it);
}
