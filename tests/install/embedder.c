#include <stdio.h>
#include <varve/varve.h>

/* Prints why a call failed, and frees that. */
static int complain(varve_error* error) {
  fprintf(stderr, "%s: %s\n", varve_status_name(varve_error_status(error)),
          varve_error_message(error));
  varve_error_free(error);
  return 1;
}

/* Runs again where another writer came first: it has no other effects. */
static varve_status greet(void* user, varve_txn* txn, varve_error** error) {
  varve_status status =
      varve_kv_put(txn, NULL, varve_text("greeting"), varve_text("hello"), NULL, error);
  if (status != VARVE_OK) return status;
  return varve_kv_increment(txn, NULL, varve_text("greeted"), 1, (int64_t*)user, error);
}

static varve_status print_all(varve_store* store, varve_error** error) {
  varve_view* view = NULL;
  varve_cursor* cursor = NULL;
  const varve_kv_row* row;
  varve_status status = varve_store_view(store, &view, error);
  if (status != VARVE_OK) return status;
  status = varve_kv_scan(varve_view_reader(view), NULL, NULL, &cursor, error);
  if (status == VARVE_OK) {
    while ((row = varve_cursor_kv_row(cursor)) != NULL) {
      printf("%.*s = %.*s\n", (int)row->key.size, (const char*)row->key.data, (int)row->value.size,
             (const char*)row->value.data);
      varve_cursor_next(cursor);
    }
    status = varve_cursor_status(cursor, error);
    varve_cursor_free(cursor);
  }
  varve_view_free(view);
  return status;
}

int main(int argc, char** argv) {
  varve_store* store = NULL;
  varve_error* error = NULL;
  varve_receipt receipt = VARVE_INIT(varve_receipt);
  int64_t times = 0;
  if (varve_store_open(varve_text(argc > 1 ? argv[1] : "my.varve"), NULL, &store, &error)) {
    return complain(error);
  }
  if (varve_store_update(store, greet, &times, NULL, &receipt, &error) ||
      print_all(store, &error) || varve_store_close(store, &error)) {
    varve_store_free(store);
    return complain(error);
  }
  printf("greeted %lld times, durable at LSN %llu\n", (long long)times,
         (unsigned long long)receipt.lsn);
  varve_store_free(store);
  return 0;
}
