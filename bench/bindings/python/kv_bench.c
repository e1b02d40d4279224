// The loops of kv_bench.py, in C. Usage: kv_bench OPERATIONS. Prints nanoseconds an operation, one
// line for each loop, and last the bytes read, so that nothing can be left out.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <varve.h>

static void check(varve_status status, varve_error* error) {
  if (status == VARVE_OK) return;
  fprintf(stderr, "%s\n", varve_error_message(error));
  exit(1);
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static varve_slice key_of(char* text, int number) {
  varve_slice key = {text, (size_t)sprintf(text, "key %08d", number)};
  return key;
}

static double put_all(varve_store* store, int count) {
  varve_error* error = NULL;
  varve_txn* txn = NULL;
  char text[32];
  const char value[100] = {0};
  const varve_slice data = {value, sizeof(value)};
  check(varve_store_begin(store, &txn, &error), error);
  const double began = now_ns();
  for (int i = 0; i < count; ++i) {
    check(varve_kv_put(txn, NULL, key_of(text, i), data, NULL, &error), error);
  }
  const double took = now_ns() - began;
  check(varve_txn_commit(txn, VARVE_DURABLE, NULL, &error), error);
  varve_txn_free(txn);
  return took / count;
}

static double get_all(varve_store* store, int count, size_t* read) {
  varve_error* error = NULL;
  varve_view* view = NULL;
  char text[32];
  check(varve_store_view(store, &view, &error), error);
  varve_reader* reader = varve_view_reader(view);
  const double began = now_ns();
  for (int i = 0; i < count; ++i) {
    varve_kv_row row = VARVE_INIT(varve_kv_row);
    varve_bool found = 0;
    check(varve_kv_get(reader, NULL, key_of(text, i), &row, &found, &error), error);
    *read += found ? row.value.size : 0;
  }
  const double took = now_ns() - began;
  varve_view_free(view);
  return took / count;
}

static double update_all(varve_store* store, int count) {
  varve_error* error = NULL;
  char text[32];
  const double began = now_ns();
  for (int i = 0; i < count; ++i) {
    varve_txn* txn = NULL;
    check(varve_store_begin(store, &txn, &error), error);
    check(varve_kv_put(txn, NULL, key_of(text, i), varve_text("value"), NULL, &error), error);
    check(varve_txn_commit(txn, VARVE_BUFFERED, NULL, &error), error);
    varve_txn_free(txn);
  }
  return (now_ns() - began) / count;
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 100000;
  varve_error* error = NULL;
  varve_store* store = NULL;
  check(varve_store_open_in_memory(NULL, &store, &error), error);
  size_t read = 0;
  printf("%f\n", put_all(store, count));
  printf("%f\n", get_all(store, count, &read));
  printf("%f\n%zu\n", update_all(store, count), read);
  varve_store_free(store);
  return 0;
}
