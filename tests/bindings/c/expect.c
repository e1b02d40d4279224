#include "tests/bindings/c/expect.h"

#include <ftw.h>
#include <unistd.h>

void fail(const char* file, int line, const char* what) {
  fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
  exit(1);
}

void expect_status(const char* file, int line, const char* call, varve_status expected,
                   varve_status answered, varve_error* error) {
  if (answered != expected || varve_error_status(error) != answered ||
      (error == NULL) != (answered == VARVE_OK)) {
    fprintf(stderr, "%s:%d: %s answered %s, not %s: %s\n", file, line, call,
            varve_status_name(answered), varve_status_name(expected), varve_error_message(error));
    exit(1);
  }
  varve_error_free(error);
}

void expect_text(const char* file, int line, const char* what, varve_slice slice,
                 const char* text) {
  if (slice.size != strlen(text) ||
      (slice.size != 0 && memcmp(slice.data, text, slice.size) != 0)) {
    fprintf(stderr, "%s:%d: %s is \"%.*s\", not \"%s\"\n", file, line, what, (int)slice.size,
            slice.data == NULL ? "" : (const char*)slice.data, text);
    exit(1);
  }
}

varve_slice bytes_slice(varve_bytes bytes) {
  varve_slice slice;
  slice.data = bytes.data;
  slice.size = bytes.size;
  return slice;
}

static char folder[512];

static int remove_entry(const char* path, const struct stat* status, int kind, struct FTW* walk) {
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

static void remove_folder(void) { nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

const char* scratch(void) {
  if (folder[0] != '\0') return folder;
  const char* parent = getenv("TEST_TMPDIR");
  snprintf(folder, sizeof(folder), "%s/varve_c_XXXXXX", parent == NULL ? "." : parent);
  EXPECT(mkdtemp(folder) != NULL);
  atexit(remove_folder);
  return folder;
}

varve_slice scratch_path(const char* name) {
  static char paths[4][600];
  static int next = 0;
  char* path = paths[next++ % 4];
  snprintf(path, sizeof(paths[0]), "%s/%s", scratch(), name);
  return varve_text(path);
}

varve_store* open_in_memory(uint64_t keep_history_us) {
  varve_open_options options = VARVE_INIT(varve_open_options);
  varve_store* store = NULL;
  options.keep_history_us = keep_history_us;
  EXPECT_OK(varve_store_open_in_memory(&options, &store, &error));
  return store;
}

varve_store* open_scratch(const char* name) {
  varve_store* store = NULL;
  EXPECT_OK(varve_store_open(scratch_path(name), NULL, &store, &error));
  return store;
}

varve_txn* begin(varve_store* store) {
  varve_txn* txn = NULL;
  EXPECT_OK(varve_store_begin(store, &txn, &error));
  return txn;
}

uint64_t commit(varve_txn* txn) {
  varve_receipt receipt = VARVE_INIT(varve_receipt);
  EXPECT_OK(varve_txn_commit(txn, VARVE_DURABLE, &receipt, &error));
  varve_txn_free(txn);
  return receipt.lsn;
}

varve_view* view_of(varve_store* store) {
  varve_view* view = NULL;
  EXPECT_OK(varve_store_view(store, &view, &error));
  return view;
}
