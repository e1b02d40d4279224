#include <sys/wait.h>
#include <unistd.h>

#include "tests/bindings/c/expect.h"

static void put_one(varve_store* store, varve_durability durability) {
  varve_txn* txn = begin(store);
  EXPECT_OK(varve_kv_put(txn, NULL, varve_text("k"), varve_text("v"), NULL, &error));
  EXPECT_OK(varve_txn_commit(txn, durability, NULL, &error));
  varve_txn_free(txn);
}

static varve_bool is_text(varve_slice slice, const char* text) {
  if (slice.size != strlen(text)) return 0;
  return slice.size == 0 || memcmp(slice.data, text, slice.size) == 0; /* empty: data may be NULL */
}

/* NULL where there is none; `label` is the value of its label. */
static const varve_stat* find(const varve_result* stats, const char* name, const char* label) {
  size_t i;
  for (i = 0; i < varve_result_count(stats); ++i) {
    const varve_stat* stat = varve_result_stat(stats, i);
    if (is_text(stat->name, name) && is_text(stat->label_value, label)) return stat;
  }
  return NULL;
}

static void a_store_counts_what_it_did(void) {
  varve_store* store = open_scratch("counted");
  varve_result* stats = NULL;
  const varve_stat* stat;
  put_one(store, VARVE_DURABLE);
  put_one(store, VARVE_DURABLE);
  put_one(store, VARVE_BUFFERED);
  EXPECT_OK(varve_store_stats(store, &stats, &error));
  stat = find(stats, "varve_commits_total", "durable");
  EXPECT(stat != NULL && stat->value == 2 && stat->sum == 0 && stat->p50 == 0);
  EXPECT(stat->kind == VARVE_STAT_COUNTER && stat->unit == VARVE_UNIT_COUNT);
  EXPECT_TEXT(stat->label_key, "durability");
  EXPECT(stat->help.size > 0);
  EXPECT(find(stats, "varve_commits_total", "buffered")->value == 1);
  EXPECT(find(stats, "varve_commits_total", "none") == NULL);
  stat = find(stats, "varve_visible_lsn", "");
  EXPECT(stat->kind == VARVE_STAT_GAUGE && stat->unit == VARVE_UNIT_LSN && stat->value == 3);
  EXPECT(find(stats, "varve_log_bytes_total", "")->unit == VARVE_UNIT_BYTES);
  EXPECT(find(stats, "varve_poisoned", "")->unit == VARVE_UNIT_FLAG);
  EXPECT(varve_result_stat(stats, varve_result_count(stats)) == NULL);
  varve_result_free(stats);
  varve_store_free(store);
}

/* docs/c-api.md shows it. */
static void print_stats(FILE* to, varve_store* store) {
  varve_result* stats = NULL;
  size_t i;
  if (varve_store_stats(store, &stats, NULL) != VARVE_OK) return;
  for (i = 0; i < varve_result_count(stats); ++i) {
    const varve_stat* stat = varve_result_stat(stats, i);
    fprintf(to, "%.*s %.*s %llu\n", (int)stat->name.size, (const char*)stat->name.data,
            (int)stat->label_value.size, (const char*)stat->label_value.data,
            (unsigned long long)stat->value);
  }
  varve_result_free(stats);
}

static void a_program_prints_all_of_them(void) {
  varve_store* store = open_scratch("printed");
  char text[16384];
  size_t size;
  FILE* file = tmpfile();
  put_one(store, VARVE_DURABLE);
  print_stats(file, store);
  rewind(file);
  size = fread(text, 1, sizeof(text) - 1, file);
  text[size] = 0;
  fclose(file);
  EXPECT(strstr(text, "varve_commits_total durable 1\n") == text);
  EXPECT(strstr(text, "\nvarve_visible_lsn  1\n") != NULL);
  varve_store_free(store);
}

static void a_histogram_has_its_values_in_order(void) {
  varve_store* store = open_scratch("distributed");
  varve_result* stats = NULL;
  const varve_stat* stat;
  put_one(store, VARVE_DURABLE);
  EXPECT_OK(varve_store_stats(store, &stats, &error));
  stat = find(stats, "varve_commit_duration_seconds", "");
  EXPECT(stat->kind == VARVE_STAT_HISTOGRAM && stat->unit == VARVE_UNIT_NANOSECONDS);
  EXPECT(stat->value == 1 && stat->sum > 0 && stat->p50 > 0);
  EXPECT(stat->p50 <= stat->p90 && stat->p90 <= stat->p99 && stat->p99 <= stat->p999);
  varve_result_free(stats);
  varve_store_free(store);
}

static void prometheus_reads_the_same_with_labels(void) {
  varve_store* store = open_scratch("scraped");
  varve_slice names[2];
  varve_slice values[2];
  varve_bytes text;
  put_one(store, VARVE_DURABLE);
  EXPECT_OK(varve_store_metrics_text(store, NULL, NULL, 0, &text, &error));
  EXPECT(strstr(text.data, "\nvarve_commits_total{durability=\"durable\"} 1\n") != NULL);
  EXPECT(strlen(text.data) == text.size);
  varve_bytes_free(&text);
  names[0] = varve_text("store");
  values[0] = varve_text("orders");
  names[1] = varve_text("zone");
  values[1] = varve_text("a \"b\"");
  EXPECT_OK(varve_store_metrics_text(store, names, values, 2, &text, &error));
  EXPECT(strstr(text.data, "\nvarve_visible_lsn{store=\"orders\",zone=\"a \\\"b\\\"\"} 1\n") !=
         NULL);
  varve_bytes_free(&text);
  names[1] = varve_text("store");
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_metrics_text(store, names, values, 2, &text, &error));
  EXPECT(text.data == NULL && text.size == 0);
  varve_store_free(store);
}

static void a_closed_store_still_tells_and_a_forked_one_does_not(void) {
  varve_store* store = open_scratch("told");
  varve_result* stats = NULL;
  int status = 0;
  pid_t child;
  put_one(store, VARVE_DURABLE);
  child = fork();
  if (child == 0) {
    _exit(varve_store_stats(store, &stats, NULL) == VARVE_FAILED_PRECONDITION ? 0 : 1);
  }
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  EXPECT_OK(varve_store_close(store, &error));
  EXPECT_OK(varve_store_stats(store, &stats, &error));
  EXPECT(find(stats, "varve_commits_total", "durable")->value == 1);
  varve_result_free(stats);
  varve_store_free(store);
}

static void outputs_must_be_given(void) {
  varve_store* store = open_in_memory(0);
  varve_result* stats = NULL;
  varve_bytes text;
  varve_slice label = varve_text("store");
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_stats(NULL, &stats, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_store_stats(store, NULL, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_metrics_text(store, NULL, NULL, 0, NULL, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_metrics_text(store, &label, NULL, 1, &text, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_store_metrics_text(NULL, NULL, NULL, 0, &text, &error));
  varve_store_free(store);
}

void stats_facts(void) {
  FACT(a_store_counts_what_it_did);
  FACT(a_program_prints_all_of_them);
  FACT(a_histogram_has_its_values_in_order);
  FACT(prometheus_reads_the_same_with_labels);
  FACT(a_closed_store_still_tells_and_a_forked_one_does_not);
  FACT(outputs_must_be_given);
}
