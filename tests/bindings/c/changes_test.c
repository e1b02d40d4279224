#include "tests/bindings/c/expect.h"

static varve_store* store;

static void put(const char* key) {
  varve_txn* txn = begin(store);
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text(key), varve_text("v"), NULL, &error));
  commit(txn);
}

static void a_feed_shows_each_transaction_once(void) {
  varve_changes* changes = NULL;
  varve_changes_options options = VARVE_INIT(varve_changes_options);
  varve_receipt transaction = VARVE_INIT(varve_receipt);
  size_t count = 9;
  put("a");
  put("b");
  options.describe = 1;
  EXPECT_OK(varve_store_changes(store, &options, &changes, &error));
  EXPECT_OK(varve_changes_next(changes, 0, &transaction, &count, &error));
  EXPECT(count == 1 && transaction.lsn == 1 && transaction.commit_time > 0);
  EXPECT(varve_changes_entry(changes, 0)->entry_type == 0x10);
  EXPECT_TEXT(varve_changes_entry(changes, 0)->operation, "put");
  EXPECT_TEXT(varve_changes_entry(changes, 0)->subject, "a");
  EXPECT(varve_changes_entry(changes, 1) == NULL);
  EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  EXPECT(count == 1 && varve_changes_position(changes) == 2);
  EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  EXPECT(count == 0 && varve_changes_entry(changes, 0) == NULL);
  varve_changes_free(changes);
}

static void a_feed_goes_on_and_shows_what_it_was_asked_for(void) {
  varve_changes* changes = NULL;
  varve_changes_options options = VARVE_INIT(varve_changes_options);
  const uint8_t json[] = {2};
  varve_uuid run;
  size_t count = 9;
  memset(&run, 3, sizeof(run));
  options.after = 1;
  EXPECT_OK(varve_store_changes(store, &options, &changes, &error));
  EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  EXPECT(count == 1 && varve_changes_entry(changes, 0)->operation.size == 0);
  EXPECT(varve_changes_position(changes) == 2);
  varve_changes_free(changes);
  options = VARVE_INIT(varve_changes_options);
  options.primitives = json;
  options.primitive_count = 1;
  options.run = &run;
  EXPECT_OK(varve_store_changes(store, &options, &changes, &error));
  EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  EXPECT(count == 0);
  varve_changes_free(changes);
  varve_changes_free(NULL);
  options.after = 99;
  EXPECT_STATUS(VARVE_OUT_OF_RANGE, varve_store_changes(store, &options, &changes, &error));
}

static void a_replica_repeats_what_a_feed_shows(void) {
  varve_store* replica = open_in_memory(0);
  varve_changes* changes = NULL;
  varve_view* view;
  varve_bool exists = 0;
  size_t count = 0, i;
  EXPECT_OK(varve_store_changes(store, NULL, &changes, &error));
  EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  while (count > 0) {
    varve_txn* txn = begin(replica);
    for (i = 0; i < count; ++i) {
      EXPECT_OK(varve_txn_repeat(txn, varve_changes_entry(changes, i), &error));
    }
    commit(txn);
    EXPECT_OK(varve_changes_next(changes, 0, NULL, &count, &error));
  }
  varve_changes_free(changes);
  view = view_of(replica);
  EXPECT_OK(varve_kv_exists(varve_view_reader(view), NULL, varve_text("b"), &exists, &error));
  EXPECT(exists);
  varve_view_free(view);
  varve_store_free(replica);
}

static void an_entry_of_nobody_is_refused(void) {
  varve_txn* txn = begin(store);
  varve_change change = VARVE_INIT(varve_change);
  change.entry_type = 0xfe;
  change.payload_version = 1;
  EXPECT_STATUS(VARVE_UNIMPLEMENTED, varve_txn_repeat(txn, &change, &error));
  change.entry_type = 0x10;
  change.payload = varve_text("\xff\xff no put");
  EXPECT_STATUS(VARVE_DATA_LOSS, varve_txn_repeat(txn, &change, &error));
  varve_txn_free(txn);
}

static void a_store_in_memory_has_no_log_to_follow(void) {
  varve_store* memory = open_in_memory(0);
  varve_changes* changes = NULL;
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_changes(memory, NULL, &changes, &error));
  varve_store_free(memory);
}

void changes_facts(void) {
  store = open_scratch("changes");
  FACT(a_feed_shows_each_transaction_once);
  FACT(a_feed_goes_on_and_shows_what_it_was_asked_for);
  FACT(a_replica_repeats_what_a_feed_shows);
  FACT(an_entry_of_nobody_is_refused);
  FACT(a_store_in_memory_has_no_log_to_follow);
  varve_store_free(store);
}
