#include "tests/bindings/c/expect.h"

static varve_store* store;
static varve_uuid run;
static uint64_t plan, call;

static void spans_are_recorded_below_one_another(void) {
  varve_txn* txn = begin(store);
  varve_span_record record = VARVE_INIT(varve_span_record);
  varve_slice tags[2];
  varve_result* span = NULL;
  const varve_span* read;
  record.kind = VARVE_SPAN_DECISION;
  record.name = varve_text("choose a flight");
  record.start = 1000;
  EXPECT_OK(varve_trace_record(txn, &run, &record, &plan, &error));
  EXPECT(plan != 0);
  tags[0] = varve_text("flights");
  tags[1] = varve_text("eu");
  record.kind = VARVE_SPAN_TOOL_CALL;
  record.name = varve_text("search");
  record.parent = plan;
  record.start = 2000;
  record.tags = tags;
  record.tag_count = 2;
  record.attributes = varve_text("{\"from\":\"VIE\"}");
  EXPECT_OK(varve_trace_record(txn, &run, &record, &call, &error));
  record.parent = 12345;
  EXPECT_STATUS(VARVE_NOT_FOUND, varve_trace_record(txn, &run, &record, NULL, &error));
  record.kind = 99;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_trace_record(txn, &run, &record, NULL, &error));
  EXPECT_OK(varve_trace_get(varve_txn_reader(txn), &run, call, &span, &error));
  read = varve_result_span(span, 0);
  EXPECT(read->parent == plan && read->kind == VARVE_SPAN_TOOL_CALL && !read->finished);
  EXPECT(read->tag_count == 2);
  EXPECT_TEXT(read->tags[0], "eu");
  EXPECT_TEXT(read->attributes, "{\"from\":\"VIE\"}");
  varve_result_free(span);
  commit(txn);
}

static void a_span_ends_and_is_annotated(void) {
  varve_txn* txn = begin(store);
  varve_span_finish finish = VARVE_INIT(varve_span_finish);
  varve_span_annotation annotation = VARVE_INIT(varve_span_annotation);
  varve_slice tag = varve_text("eu");
  varve_result* span = NULL;
  finish.end = 3000;
  finish.has_status = 1;
  finish.status = VARVE_SPAN_STATUS_ERROR;
  finish.status_message = varve_text("no seats");
  EXPECT_OK(varve_trace_finish(txn, &run, call, &finish, &error));
  EXPECT_STATUS(VARVE_FAILED_PRECONDITION, varve_trace_finish(txn, &run, call, NULL, &error));
  annotation.remove_count = 1;
  annotation.remove_tags = &tag;
  annotation.attributes = varve_text("{\"to\":\"LIS\"}");
  EXPECT_OK(varve_trace_annotate(txn, &run, call, &annotation, &error));
  EXPECT_OK(varve_trace_get(varve_txn_reader(txn), &run, call, &span, &error));
  EXPECT(varve_result_span(span, 0)->finished && varve_result_span(span, 0)->end == 3000);
  EXPECT(varve_result_span(span, 0)->status == VARVE_SPAN_STATUS_ERROR);
  EXPECT_TEXT(varve_result_span(span, 0)->status_message, "no seats");
  EXPECT(varve_result_span(span, 0)->tag_count == 1);
  varve_result_free(span);
  commit(txn);
}

static void spans_are_found_and_counted(void) {
  varve_view* view = view_of(store);
  varve_span_query query = VARVE_INIT(varve_span_query);
  varve_slice tag = varve_text("flights");
  varve_result* spans = NULL;
  uint64_t count = 0;
  query.tags = &tag;
  query.tag_count = 1;
  query.finished = VARVE_FINISHED_YES;
  EXPECT_OK(varve_trace_find(varve_view_reader(view), &run, &query, &spans, &error));
  EXPECT(varve_result_count(spans) == 1 && varve_result_span(spans, 0)->id == call);
  varve_result_free(spans);
  EXPECT_OK(varve_trace_count(varve_view_reader(view), &run, NULL, &count, &error));
  EXPECT(count == 2);
  query = VARVE_INIT(varve_span_query);
  query.roots = 1;
  EXPECT_OK(varve_trace_count(varve_view_reader(view), &run, &query, &count, &error));
  EXPECT(count == 1);
  query.parent = plan;
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_trace_count(varve_view_reader(view), &run, &query, &count, &error));
  query.roots = 0;
  EXPECT_OK(varve_trace_count(varve_view_reader(view), &run, &query, &count, &error));
  EXPECT(count == 1);
  varve_view_free(view);
}

static void a_tree_comes_by_page(void) {
  varve_view* view = view_of(store);
  varve_tree_query query = VARVE_INIT(varve_tree_query);
  varve_result* first = NULL;
  varve_result* second = NULL;
  query.limit = 1;
  EXPECT_OK(varve_trace_tree(varve_view_reader(view), &run, &query, &first, &error));
  EXPECT(varve_result_span(first, 0)->id == plan && varve_result_more(first));
  query.cursor = varve_result_cursor(first);
  EXPECT_OK(varve_trace_tree(varve_view_reader(view), &run, &query, &second, &error));
  EXPECT(varve_result_span(second, 0)->id == call && varve_result_span(second, 0)->depth == 1);
  EXPECT(!varve_result_more(second));
  varve_result_free(second);
  varve_result_free(first);
  query = VARVE_INIT(varve_tree_query);
  query.has_depth_max = 1;
  EXPECT_OK(varve_trace_tree(varve_view_reader(view), &run, &query, &first, &error));
  EXPECT(varve_result_count(first) == 1);
  varve_result_free(first);
  varve_view_free(view);
}

static void a_trace_goes_to_open_telemetry_and_back(void) {
  varve_view* view = view_of(store);
  varve_txn* txn = begin(store);
  varve_uuid elsewhere, imported;
  varve_bytes request = {NULL, 0}, cursor = {NULL, 0};
  uint64_t count = 0, orphans = 9;
  memset(&elsewhere, 2, sizeof(elsewhere));
  EXPECT_OK(varve_trace_export_otlp(varve_view_reader(view), &run, NULL, NULL, varve_text("test"),
                                    &request, &count, &cursor, &error));
  EXPECT(count == 2 && cursor.size == 0);
  EXPECT(strstr((const char*)request.data, "\"service.name\"") != NULL);
  EXPECT_OK(varve_trace_import_otlp(txn, &elsewhere, bytes_slice(request), NULL, &count, &orphans,
                                    &imported, &error));
  EXPECT(count == 2 && orphans == 0);
  EXPECT(memcmp(&imported, &run, sizeof(run)) == 0);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_trace_import_otlp(txn, &elsewhere, varve_text("{"),
                                                                NULL, NULL, NULL, NULL, &error));
  varve_bytes_free(&request);
  varve_bytes_free(&cursor);
  varve_txn_free(txn);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_trace_export_otlp(varve_view_reader(view), NULL, NULL, NULL, varve_text(""),
                                        &request, NULL, NULL, &error));
  varve_view_free(view);
}

static void a_tree_is_deleted_whole(void) {
  varve_txn* txn = begin(store);
  uint64_t count = 9;
  EXPECT_OK(varve_trace_delete_tree(txn, &run, plan, &error));
  EXPECT_OK(varve_trace_count(varve_txn_reader(txn), &run, NULL, &count, &error));
  EXPECT(count == 0);
  varve_txn_free(txn);
}

void trace_facts(void) {
  store = open_in_memory(0);
  memset(&run, 1, sizeof(run));
  FACT(spans_are_recorded_below_one_another);
  FACT(a_span_ends_and_is_annotated);
  FACT(spans_are_found_and_counted);
  FACT(a_tree_comes_by_page);
  FACT(a_trace_goes_to_open_telemetry_and_back);
  FACT(a_tree_is_deleted_whole);
  varve_store_free(store);
}
