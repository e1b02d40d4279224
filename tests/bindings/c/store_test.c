#include "tests/bindings/c/expect.h"

typedef struct told {
  int calls;
  varve_bool stop;
} told;

static void count_progress(void* user, const varve_progress* progress) {
  EXPECT(progress->struct_size == sizeof(varve_progress));
  ((told*)user)->calls++;
}

static varve_bool answer_stop(void* user) { return ((told*)user)->stop; }

static void remove_file(const char* name) {
  char path[700];
  snprintf(path, sizeof(path), "%s/%s", scratch(), name);
  EXPECT(remove(path) == 0);
}

static void fill(varve_store* store, int count) {
  int i;
  for (i = 0; i < count; ++i) {
    char key[32];
    varve_txn* txn = begin(store);
    snprintf(key, sizeof(key), "key/%d", i);
    EXPECT_OK(varve_kv_put(txn, NULL, varve_text(key), varve_text("value"), NULL, &error));
    EXPECT_OK(varve_txn_commit(txn, VARVE_BUFFERED, NULL, &error));
    varve_txn_free(txn);
  }
}

static void fill_with_log(varve_store* store, int mebibytes) {
  varve_slice value;
  char* bytes = calloc(1, 1u << 20);
  int i;
  value.data = bytes;
  value.size = 1u << 20;
  for (i = 0; i < mebibytes; ++i) {
    varve_txn* txn = begin(store);
    EXPECT_OK(varve_kv_put(txn, NULL, varve_text("large"), value, NULL, &error));
    commit(txn);
  }
  free(bytes);
}

static void a_store_is_made_closed_and_found_again(void) {
  varve_uuid first, second;
  varve_store* store = open_scratch("again");
  const varve_recovery* recovery = varve_store_recovery(store);
  EXPECT(recovery != NULL && recovery->base == VARVE_BASE_CREATED);
  EXPECT_TEXT(varve_store_directory(store), scratch_path("again").data);
  EXPECT(!varve_store_read_only(store));
  varve_store_uuid(store, &first);
  fill(store, 3);
  EXPECT_OK(varve_store_sync(store, &error));
  EXPECT(varve_store_visible_lsn(store) == 3);
  EXPECT(varve_store_durable_lsn(store) == 3);
  EXPECT_OK(varve_store_close(store, &error));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_sync(store, &error));
  varve_store_free(store);

  store = open_scratch("again");
  recovery = varve_store_recovery(store);
  EXPECT(recovery->clean_close);
  EXPECT(recovery->last_lsn >= 3);  // a watermark may stand behind the third
  EXPECT(recovery->text.size > 0);
  varve_store_uuid(store, &second);
  EXPECT(memcmp(&first, &second, sizeof(first)) == 0);
  varve_store_free(store);
}

static void a_checkpoint_moves_rows_and_the_footprint_shows_them(void) {
  varve_store* store = open_scratch("footprint");
  varve_footprint footprint = VARVE_INIT(varve_footprint);
  fill(store, 5);
  EXPECT_OK(varve_store_sync(store, &error));
  EXPECT_OK(varve_store_checkpoint(store, &error));
  EXPECT(varve_store_applied_lsn(store) == 5);
  EXPECT_OK(varve_store_footprint(store, &footprint, &error));
  EXPECT(footprint.rows == 5);
  EXPECT(footprint.log_bytes > 0 && footprint.materialized_file_bytes > 0);
  EXPECT_OK(varve_store_status(store, &error));
  EXPECT_OK(varve_store_maintenance_status(store, &error));
  varve_store_free(store);
}

static void one_process_holds_a_store(void) {
  varve_store* store = open_scratch("held");
  varve_store* second = NULL;
  EXPECT_STATUS(VARVE_UNAVAILABLE, varve_store_open(scratch_path("held"), NULL, &second, &error));
  EXPECT(second == NULL);
  varve_store_free(store);
}

static void options_say_whether_there_must_be_a_store(void) {
  varve_open_options options = VARVE_INIT(varve_open_options);
  varve_store* store = NULL;
  options.must_exist = 1;
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_store_open(scratch_path("none"), &options, &store, &error));
  varve_store_free(open_scratch("some"));
  options.must_exist = 0;
  options.must_not_exist = 1;
  EXPECT_STATUS(VARVE_ALREADY_EXISTS,
                varve_store_open(scratch_path("some"), &options, &store, &error));
}

static void options_that_no_store_can_have_are_refused(void) {
  varve_open_options options = VARVE_INIT(varve_open_options);
  varve_store* store = NULL;
  options.segment_bytes_min = 4u << 20;
  options.segment_bytes_max = 1u << 20;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_open(scratch_path("odd"), &options, &store, &error));
  options = VARVE_INIT(varve_open_options);
  options.snapshots_retained = -1;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_open(scratch_path("odd"), &options, &store, &error));
  options = VARVE_INIT(varve_open_options);
  options.read_only = 1;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_open_in_memory(&options, &store, &error));
}

static void a_read_only_store_refuses_writes(void) {
  varve_open_options options = VARVE_INIT(varve_open_options);
  varve_store* store = open_scratch("read_only");
  varve_txn* txn = NULL;
  fill(store, 1);
  varve_store_free(store);
  options.read_only = 1;
  EXPECT_OK(varve_store_open(scratch_path("read_only"), &options, &store, &error));
  EXPECT(varve_store_read_only(store));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_begin(store, &txn, &error));
  EXPECT(txn == NULL);
  varve_store_free(store);
}

static void an_opening_tells_how_far_it_is_and_can_be_stopped(void) {
  told heard = {0, 0};
  varve_control control = VARVE_INIT(varve_control);
  varve_open_options options = VARVE_INIT(varve_open_options);
  varve_store* store = open_scratch("told");
  fill_with_log(store, 6);  // it asks every 4 MiB
  varve_store_free(store);
  control.user = &heard;
  control.progress = count_progress;
  control.cancelled = answer_stop;
  options.control = &control;
  EXPECT_OK(varve_store_open(scratch_path("told"), &options, &store, &error));
  EXPECT(heard.calls > 0);
  varve_store_free(store);
  heard.stop = 1;
  remove_file("told/state.mdb");  // so that there is something to replay
  EXPECT_STATUS(VARVE_CANCELLED, varve_store_open(scratch_path("told"), &options, &store, &error));
}

static void damage_is_told_with_its_place(void) {
  varve_store* store = open_scratch("damaged");
  varve_error* error = NULL;
  varve_damage damage = VARVE_INIT(varve_damage);
  char path[700];
  FILE* file;
  fill(store, 50);
  EXPECT_OK(varve_store_close(store, &error));
  varve_store_free(store);
  snprintf(path, sizeof(path), "%s/damaged/wal/0000000000000001.wal", scratch());
  file = fopen(path, "r+b");
  EXPECT(file != NULL);
  fseek(file, 4200, SEEK_SET);  // behind the header: in a record
  fputs("not what was written", file);
  fclose(file);
  remove_file("damaged/state.mdb");
  EXPECT(varve_store_open(scratch_path("damaged"), NULL, &store, &error) == VARVE_DATA_LOSS);
  EXPECT(varve_error_damage(error, &damage));
  EXPECT(damage.kind == VARVE_DAMAGE_CORRUPT);
  EXPECT(damage.offset > 0 && damage.file.size > 0 && damage.found.size > 0);
  varve_error_free(error);
}

static void a_wait_ends_when_something_is_visible_or_patience_does(void) {
  varve_store* store = open_in_memory(0);
  uint64_t visible = 99;
  EXPECT_OK(varve_store_wait_visible(store, 0, 0, &visible, &error));
  EXPECT(visible == 0);
  fill(store, 1);
  EXPECT_OK(varve_store_wait_visible(store, 0, 60000000, &visible, &error));
  EXPECT(visible == 1);
  varve_store_free(store);
}

static void a_store_lives_as_long_as_what_was_taken_from_it(void) {
  varve_store* store = open_scratch("outlived");
  varve_kv_row row = VARVE_INIT(varve_kv_row);
  varve_bool found = 0;
  varve_view* view;
  fill(store, 1);
  view = view_of(store);
  varve_store_free(store);
  EXPECT_OK(varve_kv_get(varve_view_reader(view), NULL, varve_text("key/0"), &row, &found, &error));
  EXPECT(found);
  EXPECT_TEXT(row.value, "value");
  varve_view_free(view);
  varve_store_free(open_scratch("outlived"));  // the last handle closed it
}

static void a_view_reads_on_after_the_store_was_closed(void) {
  varve_store* store = open_scratch("closed");
  varve_bool exists = 0;
  varve_view* view;
  varve_txn* txn = NULL;
  fill(store, 1);
  view = view_of(store);
  EXPECT_OK(varve_store_close(store, &error));
  EXPECT_OK(varve_kv_exists(varve_view_reader(view), NULL, varve_text("key/0"), &exists, &error));
  EXPECT(exists);
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_store_begin(store, &txn, &error));
  varve_view_free(view);
  varve_store_free(store);
}

static void no_store_answers_nothing(void) {
  varve_store_free(NULL);
  EXPECT(varve_store_recovery(NULL) == NULL);
  EXPECT(varve_store_directory(NULL).size == 0);
  EXPECT(varve_store_visible_lsn(NULL) == 0);
}

void store_facts(void) {
  FACT(a_store_is_made_closed_and_found_again);
  FACT(a_checkpoint_moves_rows_and_the_footprint_shows_them);
  FACT(one_process_holds_a_store);
  FACT(options_say_whether_there_must_be_a_store);
  FACT(options_that_no_store_can_have_are_refused);
  FACT(a_read_only_store_refuses_writes);
  FACT(an_opening_tells_how_far_it_is_and_can_be_stopped);
  FACT(damage_is_told_with_its_place);
  FACT(a_wait_ends_when_something_is_visible_or_patience_does);
  FACT(a_store_lives_as_long_as_what_was_taken_from_it);
  FACT(a_view_reads_on_after_the_store_was_closed);
  FACT(no_store_answers_nothing);
}
