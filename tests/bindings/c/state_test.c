#include "tests/bindings/c/expect.h"

static varve_store* store;

static void a_cell_counts_its_writes(void) {
  varve_txn* txn = begin(store);
  varve_slice phase = varve_text("phase");
  varve_cell cell = VARVE_INIT(varve_cell);
  varve_bool written = 0, found = 0;
  uint64_t version = 0;
  EXPECT_OK(varve_state_init(txn, NULL, phase, varve_text("planning"), &written, &error));
  EXPECT(written);
  EXPECT_OK(varve_state_init(txn, NULL, phase, varve_text("other"), &written, &error));
  EXPECT(!written);
  EXPECT_OK(varve_state_set(txn, NULL, phase, varve_text("acting"), &version, &error));
  EXPECT(version == 2);
  EXPECT_OK(varve_state_get(varve_txn_reader(txn), NULL, phase, &cell, &found, &error));
  EXPECT(found && cell.version == 2);
  EXPECT_TEXT(cell.value, "acting");
  commit(txn);
}

static void a_version_guards_a_write(void) {
  varve_txn* txn = begin(store);
  varve_slice phase = varve_text("phase");
  varve_bool done = 1;
  EXPECT_OK(varve_state_compare_and_set(txn, NULL, phase, 1, varve_text("no"), &done, &error));
  EXPECT(!done);
  EXPECT_OK(varve_state_compare_and_set(txn, NULL, phase, 2, varve_text("yes"), &done, &error));
  EXPECT(done);
  EXPECT_OK(varve_state_compare_and_delete(txn, NULL, phase, 2, &done, &error));
  EXPECT(!done);
  EXPECT_OK(varve_state_compare_and_delete(txn, NULL, phase, 3, &done, &error));
  EXPECT(done);
  EXPECT_OK(varve_state_delete(txn, NULL, phase, &error));
  varve_txn_free(txn);
}

static varve_status advance(void* user, varve_slice value, varve_slice* next, varve_error** error) {
  (void)error;
  EXPECT_TEXT(value, "acting");
  *next = varve_text((const char*)user);
  return VARVE_OK;
}

static varve_status refuse(void* user, varve_slice value, varve_slice* next, varve_error** error) {
  (void)user;
  (void)value;
  (void)next;
  *error = varve_error_new(VARVE_FAILED_PRECONDITION, varve_text("not from here"));
  return VARVE_FAILED_PRECONDITION;
}

static void a_transition_makes_the_next_value_of_the_last(void) {
  varve_txn* txn = begin(store);
  varve_cell cell = VARVE_INIT(varve_cell);
  varve_bool found = 0;
  uint64_t version = 0;
  char done[] = "done";
  EXPECT_OK(varve_state_transition(txn, NULL, varve_text("phase"), advance, done, &version, &found,
                                   &error));
  EXPECT(found && version == 3);
  EXPECT_OK(
      varve_state_get(varve_txn_reader(txn), NULL, varve_text("phase"), &cell, &found, &error));
  EXPECT_TEXT(cell.value, "done");
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION,
                varve_state_transition(txn, NULL, varve_text("phase"), refuse, NULL, &version,
                                       &found, &error));
  EXPECT_OK(varve_state_transition(txn, NULL, varve_text("none"), advance, NULL, &version, &found,
                                   &error));
  EXPECT(!found);
  commit(txn);
}

static void cells_are_listed_and_their_versions_kept(void) {
  varve_view* view = view_of(store);
  varve_result* cells = NULL;
  EXPECT_OK(varve_state_list(varve_view_reader(view), NULL, NULL, &cells, &error));
  EXPECT(varve_result_count(cells) == 1);
  EXPECT_TEXT(varve_result_cell(cells, 0)->name, "phase");
  varve_result_free(cells);
  EXPECT_OK(varve_state_history(varve_view_reader(view), NULL, varve_text("phase"), 0, 0, &cells,
                                &error));
  EXPECT(varve_result_count(cells) == 2 && !varve_result_more(cells));
  EXPECT_TEXT(varve_result_cell(cells, 0)->value, "done");
  EXPECT(varve_result_cell(cells, 1)->version == 2 && !varve_result_cell(cells, 1)->deleted);
  varve_result_free(cells);
  varve_view_free(view);
}

static void a_watch_tells_of_another_cell_than_the_one_seen(void) {
  varve_result* cell = NULL;
  varve_bool changed = 0;
  uint64_t seen;
  EXPECT_OK(
      varve_state_watch(store, NULL, varve_text("phase"), 0, 60000000, &changed, &cell, &error));
  EXPECT(changed);
  EXPECT_TEXT(varve_result_cell(cell, 0)->value, "done");
  seen = varve_result_cell(cell, 0)->lsn;
  varve_result_free(cell);
  EXPECT_OK(varve_state_watch(store, NULL, varve_text("phase"), seen, 0, &changed, &cell, &error));
  EXPECT(!changed);
  varve_result_free(cell);
}

static void a_lease_has_one_holder_and_a_token(void) {
  varve_txn* txn = begin(store);
  varve_slice leader = varve_text("leader");
  varve_lease lease = VARVE_INIT(varve_lease);
  varve_lease other = VARVE_INIT(varve_lease);
  varve_bool held = 0, done = 0;
  EXPECT_OK(varve_lease_get(varve_txn_reader(txn), NULL, leader, &lease, &held, &error));
  EXPECT(!held);
  EXPECT_OK(varve_lease_acquire(txn, NULL, leader, varve_text("worker-7"), 60000000, &lease, &held,
                                &error));
  EXPECT(held && lease.token > 0 && lease.expires > varve_reader_now(varve_txn_reader(txn)));
  EXPECT_TEXT(lease.owner, "worker-7");
  commit(txn);
  txn = begin(store);
  EXPECT_OK(
      varve_lease_acquire(txn, NULL, leader, varve_text("w"), 60000000, &other, &held, &error));
  EXPECT(!held);
  EXPECT_OK(varve_lease_renew(txn, NULL, leader, lease.token, 90000000, &other, &held, &error));
  EXPECT(held && other.token == lease.token && other.expires > lease.expires);
  EXPECT_TEXT(other.owner, "worker-7");
  EXPECT_OK(varve_state_set_with_lease(txn, NULL, varve_text("plan"), varve_text("x"), leader,
                                       lease.token, &done, &error));
  EXPECT(done);
  EXPECT_OK(varve_lease_release(txn, NULL, leader, lease.token, &done, &error));
  EXPECT(done);
  EXPECT_OK(varve_state_set_with_lease(txn, NULL, varve_text("plan"), varve_text("x"), leader,
                                       lease.token, &done, &error));
  EXPECT(!done);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_lease_acquire(txn, NULL, leader, varve_text("w"), 0, &other, &held, &error));
  varve_txn_free(txn);
}

void state_facts(void) {
  store = open_in_memory(VARVE_KEEP_FOREVER);
  FACT(a_cell_counts_its_writes);
  FACT(a_version_guards_a_write);
  FACT(a_transition_makes_the_next_value_of_the_last);
  FACT(cells_are_listed_and_their_versions_kept);
  FACT(a_watch_tells_of_another_cell_than_the_one_seen);
  FACT(a_lease_has_one_holder_and_a_token);
  varve_store_free(store);
}
