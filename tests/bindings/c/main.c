// Every function of the C interface, used from C. Prints each fact; the first that does not hold
// ends it.
#include "tests/bindings/c/expect.h"

int main(void) {
  types_facts();
  argument_facts();
  layout_facts();
  store_facts();
  transaction_facts();
  kv_facts();
  json_facts();
  event_facts();
  state_facts();
  trace_facts();
  run_facts();
  vector_facts();
  changes_facts();
  backup_facts();
  stats_facts();
  puts("all facts hold");
  return 0;
}
