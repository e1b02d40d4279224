// Event: streams of events that only grow, each event with a sequence, a time and a hash. Part of
// varve.h: include that.
//
// Sequences count from 0 in each stream, without gaps, and are given at commit: any number of
// writers append to one stream, and none conflicts. Types and stream names have 1 to 256 bytes. A
// payload is the text of one JSON object of at most 16 MiB, kept byte for byte.
#ifndef VARVE_BINDINGS_C_VARVE_EVENT_H_
#define VARVE_BINDINGS_C_VARVE_EVENT_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// From a reader, the slices borrow from that, also when the result or cursor is gone. From
// varve_event_tail they live as long as the result.
typedef struct varve_event {
  size_t struct_size;
  uint64_t sequence;
  varve_slice type;
  varve_slice payload;
  uint64_t time;     // of the commit that appended it
  uint8_t hash[32];  // SHA-256 of the chain up to and including it
  uint64_t lsn;      // of the transaction that wrote it; 0 for this one
} varve_event;
VARVE_API const varve_event* varve_result_event(const varve_result* result, size_t index);
// NULL at the end, and where the cursor is of another kind. The struct lives until the next step.
VARVE_API const varve_event* varve_cursor_event(const varve_cursor* cursor);

// The sequence that it has in this transaction; `sequence` may be NULL. Others may append before it
// commits, and it then stands behind theirs: see varve_event_appended.
VARVE_API varve_status varve_event_append(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                          varve_slice type, varve_slice payload, uint64_t* sequence,
                                          varve_error** error);
// All of them, one behind the other, or none; at least one. `first` may be NULL.
VARVE_API varve_status varve_event_append_many(varve_txn* txn, const varve_uuid* run,
                                               varve_slice stream, const varve_slice* types,
                                               const varve_slice* payloads, size_t count,
                                               uint64_t* first, varve_error** error);
// What the transaction that committed at `lsn` appended: `count` events from `first` on.
VARVE_API varve_status varve_event_appended(varve_reader* reader, const varve_uuid* run,
                                            varve_slice stream, uint64_t lsn, uint64_t* first,
                                            uint64_t* count, varve_error** error);

VARVE_API varve_status varve_event_get(varve_reader* reader, const varve_uuid* run,
                                       varve_slice stream, uint64_t sequence, varve_event* event,
                                       varve_bool* found, varve_error** error);
VARVE_API varve_status varve_event_last(varve_reader* reader, const varve_uuid* run,
                                        varve_slice stream, varve_event* event, varve_bool* found,
                                        varve_error** error);

// What a scan covers; everything given must hold.
typedef struct varve_event_scan_options {
  size_t struct_size;
  uint64_t from;       // the first sequence
  uint64_t to;         // behind the last; 0: to the end
  varve_slice type;    // only events of this type; empty: of all
  uint64_t since;      // not before this moment
  uint64_t until;      // before this moment; 0: to now
  varve_bool reverse;  // from the last to the first
  uint64_t limit;      // 0: all
} varve_event_scan_options;
// `options` may be NULL: all. Wrong options show in varve_cursor_status.
VARVE_API varve_status varve_event_scan(varve_reader* reader, const varve_uuid* run,
                                        varve_slice stream, const varve_event_scan_options* options,
                                        varve_cursor** cursor, varve_error** error);
// The first event at or after `time`; the length where there is none.
VARVE_API varve_status varve_event_first_since(varve_reader* reader, const varve_uuid* run,
                                               varve_slice stream, uint64_t time,
                                               uint64_t* sequence, varve_error** error);
// 0 where there is no such stream.
VARVE_API varve_status varve_event_length(varve_reader* reader, const varve_uuid* run,
                                          varve_slice stream, uint64_t* length,
                                          varve_error** error);

typedef struct varve_stream {
  size_t struct_size;
  varve_slice name;
  uint64_t length;  // events; the next sequence
  uint64_t first_time;
  uint64_t last_time;
  uint64_t payload_bytes;
  uint8_t head[32];  // hash of the last event
} varve_stream;
VARVE_API const varve_stream* varve_result_stream(const varve_result* result, size_t index);
// One item, or none.
VARVE_API varve_status varve_event_describe(varve_reader* reader, const varve_uuid* run,
                                            varve_slice stream, varve_result** info,
                                            varve_error** error);
// By name. `options` may be NULL.
VARVE_API varve_status varve_event_list_streams(varve_reader* reader, const varve_uuid* run,
                                                const varve_name_options* options,
                                                varve_result** streams, varve_error** error);

// How far a named consumer has got: the sequence of the event that it wants next.

// Only goes forward: committing a smaller one changes nothing. Never conflicts. VARVE_OUT_OF_RANGE:
// beyond the length of the stream.
VARVE_API varve_status varve_event_commit_position(varve_txn* txn, const varve_uuid* run,
                                                   varve_slice stream, varve_slice consumer,
                                                   uint64_t position, varve_error** error);
// Sets it, also back.
VARVE_API varve_status varve_event_reset_position(varve_txn* txn, const varve_uuid* run,
                                                  varve_slice stream, varve_slice consumer,
                                                  uint64_t position, varve_error** error);
// VARVE_OK also where there is no such consumer.
VARVE_API varve_status varve_event_forget_consumer(varve_txn* txn, const varve_uuid* run,
                                                   varve_slice stream, varve_slice consumer,
                                                   varve_error** error);
VARVE_API varve_status varve_event_position(varve_reader* reader, const varve_uuid* run,
                                            varve_slice stream, varve_slice consumer,
                                            uint64_t* position, varve_bool* found,
                                            varve_error** error);
typedef struct varve_consumer {
  size_t struct_size;
  varve_slice name;
  uint64_t position;
} varve_consumer;
VARVE_API const varve_consumer* varve_result_consumer(const varve_result* result, size_t index);
VARVE_API varve_status varve_event_list_consumers(varve_reader* reader, const varve_uuid* run,
                                                  varve_slice stream,
                                                  const varve_name_options* options,
                                                  varve_result** consumers, varve_error** error);

// Computes every hash again and compares. `verified` events from the first on are as they were
// appended; `fault` (which the caller frees) says what is wrong with the next, empty where nothing
// is. `fault` may be NULL. Reads the whole stream.
VARVE_API varve_status varve_event_verify(varve_reader* reader, const varve_uuid* run,
                                          varve_slice stream, varve_bool* intact,
                                          uint64_t* verified, varve_bytes* fault,
                                          varve_error** error);

// Events from `from` on, at most `limit` (0: 1000), as soon as there is one; none where
// `patience_us` microseconds pass first. Blocks, woken by commits: call it without an open
// transaction or view of one's own. VARVE_FAILED_PRECONDITION: the store was closed meanwhile.
VARVE_API varve_status varve_event_tail(varve_store* store, const varve_uuid* run,
                                        varve_slice stream, uint64_t from, uint64_t limit,
                                        uint64_t patience_us, varve_result** events,
                                        varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_EVENT_H_
