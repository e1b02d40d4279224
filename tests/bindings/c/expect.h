// What the facts of the C interface are told with: plain C99, no test library.
#ifndef VARVE_TESTS_BINDINGS_C_EXPECT_H_
#define VARVE_TESTS_BINDINGS_C_EXPECT_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/c/varve.h"

// The first that does not hold ends the program.
#define EXPECT(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))
// Runs a call that takes `&error` last.
#define EXPECT_STATUS(expected, call)                                    \
  do {                                                                   \
    varve_error* error = NULL;                                           \
    varve_status answered = (call);                                      \
    expect_status(__FILE__, __LINE__, #call, expected, answered, error); \
  } while (0)
#define EXPECT_OK(call) EXPECT_STATUS(VARVE_OK, call)
#define EXPECT_TEXT(slice, text) expect_text(__FILE__, __LINE__, #slice, (slice), (text))
#define FACT(name)           \
  do {                       \
    printf("  %s\n", #name); \
    fflush(stdout);          \
    name();                  \
  } while (0)

void fail(const char* file, int line, const char* what);
// Frees `error`, and fails where it does not agree with the status.
void expect_status(const char* file, int line, const char* call, varve_status expected,
                   varve_status answered, varve_error* error);
void expect_text(const char* file, int line, const char* what, varve_slice slice, const char* text);

// Takes the bytes as a slice; they are not freed.
varve_slice bytes_slice(varve_bytes bytes);

// A folder of this program, empty at first, removed at its end.
const char* scratch(void);
// `name` below it. Lives until the fourth call after it.
varve_slice scratch_path(const char* name);

// Stores that every fact can use.
varve_store* open_in_memory(uint64_t keep_history_us);
varve_store* open_scratch(const char* name);
varve_txn* begin(varve_store* store);
// Commits durably and frees; the LSN.
uint64_t commit(varve_txn* txn);
varve_view* view_of(varve_store* store);

void types_facts(void);
void argument_facts(void);
void layout_facts(void);
void store_facts(void);
void transaction_facts(void);
void kv_facts(void);
void json_facts(void);
void event_facts(void);
void state_facts(void);
void trace_facts(void);
void run_facts(void);
void vector_facts(void);
void changes_facts(void);
void backup_facts(void);
void stats_facts(void);

#endif  // VARVE_TESTS_BINDINGS_C_EXPECT_H_
