#include "tests/bindings/c/expect.h"

static varve_store* store;

static uint64_t append(const char* type, const char* payload) {
  varve_txn* txn = begin(store);
  uint64_t sequence = 99;
  EXPECT_OK(varve_event_append(txn, NULL, varve_text("s"), varve_text(type), varve_text(payload),
                               &sequence, &error));
  commit(txn);
  return sequence;
}

static void events_have_a_sequence_and_are_read_by_it(void) {
  varve_event event = VARVE_INIT(varve_event);
  varve_bool found = 0;
  varve_view* view;
  EXPECT(append("thought", "{\"n\":0}") == 0);
  EXPECT(append("call", "{\"n\":1}") == 1);
  view = view_of(store);
  EXPECT_OK(
      varve_event_get(varve_view_reader(view), NULL, varve_text("s"), 0, &event, &found, &error));
  EXPECT(found && event.sequence == 0 && event.lsn == 1 && event.time > 0);
  EXPECT_TEXT(event.type, "thought");
  EXPECT_TEXT(event.payload, "{\"n\":0}");
  EXPECT_OK(
      varve_event_last(varve_view_reader(view), NULL, varve_text("s"), &event, &found, &error));
  EXPECT_TEXT(event.type, "call");
  EXPECT_OK(
      varve_event_get(varve_view_reader(view), NULL, varve_text("s"), 2, &event, &found, &error));
  EXPECT(!found);
  varve_view_free(view);
}

static void a_payload_is_one_json_object(void) {
  varve_txn* txn = begin(store);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_event_append(txn, NULL, varve_text("s"), varve_text("t"), varve_text("[1]"),
                                   NULL, &error));
  varve_txn_free(txn);
}

static void many_are_appended_together_and_found_by_their_lsn(void) {
  varve_txn* txn = begin(store);
  varve_slice types[2], payloads[2];
  varve_view* view;
  uint64_t first = 0, count = 0, lsn;
  types[0] = types[1] = varve_text("call");
  payloads[0] = varve_text("{\"n\":2}");
  payloads[1] = varve_text("{\"n\":3}");
  EXPECT_OK(
      varve_event_append_many(txn, NULL, varve_text("s"), types, payloads, 2, &first, &error));
  EXPECT(first == 2);
  lsn = commit(txn);
  view = view_of(store);
  EXPECT_OK(varve_event_appended(varve_view_reader(view), NULL, varve_text("s"), lsn, &first,
                                 &count, &error));
  EXPECT(first == 2 && count == 2);
  varve_view_free(view);
}

static void a_scan_filters_and_says_where_to_go_on(void) {
  varve_view* view = view_of(store);
  varve_event_scan_options options = VARVE_INIT(varve_event_scan_options);
  varve_cursor* cursor = NULL;
  uint64_t next = 0;
  options.type = varve_text("call");
  options.limit = 2;
  EXPECT_OK(
      varve_event_scan(varve_view_reader(view), NULL, varve_text("s"), &options, &cursor, &error));
  EXPECT(varve_cursor_event(cursor)->sequence == 1);
  varve_cursor_next(cursor);
  EXPECT_TEXT(varve_cursor_event(cursor)->payload, "{\"n\":2}");
  varve_cursor_next(cursor);
  EXPECT(varve_cursor_event(cursor) == NULL);
  EXPECT_OK(varve_cursor_status(cursor, &error));
  EXPECT(varve_cursor_position(cursor, &next) && next == 3);
  EXPECT(varve_cursor_token(cursor).size == 0);
  EXPECT(varve_cursor_kv_row(cursor) == NULL);
  varve_cursor_free(cursor);
  options.limit = 0;
  options.reverse = 1;
  options.from = 1;
  options.to = 3;
  EXPECT_OK(
      varve_event_scan(varve_view_reader(view), NULL, varve_text("s"), &options, &cursor, &error));
  EXPECT(varve_cursor_event(cursor)->sequence == 2);
  varve_cursor_free(cursor);
  varve_view_free(view);
}

static void a_stream_tells_of_itself(void) {
  varve_view* view = view_of(store);
  varve_result* info = NULL;
  const varve_stream* stream;
  uint64_t length = 0, sequence = 9;
  EXPECT_OK(varve_event_length(varve_view_reader(view), NULL, varve_text("s"), &length, &error));
  EXPECT(length == 4);
  EXPECT_OK(varve_event_describe(varve_view_reader(view), NULL, varve_text("s"), &info, &error));
  stream = varve_result_stream(info, 0);
  EXPECT(stream->length == 4 && stream->payload_bytes == 28);
  EXPECT_OK(varve_event_first_since(varve_view_reader(view), NULL, varve_text("s"),
                                    stream->first_time, &sequence, &error));
  EXPECT(sequence == 0);
  varve_result_free(info);
  EXPECT_OK(varve_event_list_streams(varve_view_reader(view), NULL, NULL, &info, &error));
  EXPECT(varve_result_count(info) == 1 && !varve_result_more(info));
  EXPECT_TEXT(varve_result_stream(info, 0)->name, "s");
  varve_result_free(info);
  varve_view_free(view);
}

static void a_consumer_keeps_its_position(void) {
  varve_txn* txn = begin(store);
  varve_slice stream = varve_text("s"), consumer = varve_text("index");
  varve_reader* reader = varve_txn_reader(txn);
  varve_result* consumers = NULL;
  varve_bool found = 1;
  uint64_t position = 0;
  EXPECT_OK(varve_event_position(reader, NULL, stream, consumer, &position, &found, &error));
  EXPECT(!found);
  EXPECT_OK(varve_event_commit_position(txn, NULL, stream, consumer, 3, &error));
  EXPECT_OK(varve_event_commit_position(txn, NULL, stream, consumer, 1, &error));
  EXPECT_OK(varve_event_position(reader, NULL, stream, consumer, &position, &found, &error));
  EXPECT(found && position == 3);
  EXPECT_STATUS(VARVE_OUT_OF_RANGE,
                varve_event_commit_position(txn, NULL, stream, consumer, 5, &error));
  EXPECT_OK(varve_event_reset_position(txn, NULL, stream, consumer, 1, &error));
  EXPECT_OK(varve_event_list_consumers(reader, NULL, stream, NULL, &consumers, &error));
  EXPECT_TEXT(varve_result_consumer(consumers, 0)->name, "index");
  EXPECT(varve_result_consumer(consumers, 0)->position == 1);
  varve_result_free(consumers);
  EXPECT_OK(varve_event_forget_consumer(txn, NULL, stream, consumer, &error));
  EXPECT_OK(varve_event_position(reader, NULL, stream, consumer, &position, &found, &error));
  EXPECT(!found);
  varve_txn_free(txn);
}

static void a_chain_is_verified(void) {
  varve_view* view = view_of(store);
  varve_bool intact = 0;
  uint64_t verified = 0;
  varve_bytes fault = {NULL, 0};
  EXPECT_OK(varve_event_verify(varve_view_reader(view), NULL, varve_text("s"), &intact, &verified,
                               &fault, &error));
  EXPECT(intact && verified == 4 && fault.size == 0);
  varve_bytes_free(&fault);
  varve_view_free(view);
}

static void a_tail_gives_what_is_there_or_nothing(void) {
  varve_result* events = NULL;
  EXPECT_OK(varve_event_tail(store, NULL, varve_text("s"), 3, 0, 60000000, &events, &error));
  EXPECT(varve_result_count(events) == 1);
  EXPECT_TEXT(varve_result_event(events, 0)->payload, "{\"n\":3}");
  varve_result_free(events);
  EXPECT_OK(varve_event_tail(store, NULL, varve_text("s"), 4, 0, 0, &events, &error));
  EXPECT(varve_result_count(events) == 0);
  varve_result_free(events);
}

void event_facts(void) {
  store = open_in_memory(0);
  FACT(events_have_a_sequence_and_are_read_by_it);
  FACT(a_payload_is_one_json_object);
  FACT(many_are_appended_together_and_found_by_their_lsn);
  FACT(a_scan_filters_and_says_where_to_go_on);
  FACT(a_stream_tells_of_itself);
  FACT(a_consumer_keeps_its_position);
  FACT(a_chain_is_verified);
  FACT(a_tail_gives_what_is_there_or_nothing);
  varve_store_free(store);
}
