#include "tests/bindings/c/expect.h"

static varve_store* store;
static const float kFruit[] = {1, 0, 0, 0.8f, 0.6f, 0, 0, 0, 1};

static void fruit_keys(varve_slice* keys, varve_slice* metadata) {
  keys[0] = varve_text("apple");
  keys[1] = varve_text("pear");
  keys[2] = varve_text("stone");
  metadata[0] = varve_text("{\"fruit\":true,\"n\":1}");
  metadata[1] = varve_text("{\"fruit\":true,\"n\":2}");
  metadata[2] = varve_text("");
}

static void a_collection_has_a_shape(void) {
  varve_txn* txn = begin(store);
  varve_result* infos = NULL;
  EXPECT_OK(varve_vector_create(txn, NULL, varve_text("docs"), 3, VARVE_METRIC_COSINE, &error));
  EXPECT_STATUS(VARVE_ALREADY_EXISTS,
                varve_vector_create(txn, NULL, varve_text("docs"), 3, VARVE_METRIC_DOT, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_vector_create(txn, NULL, varve_text("odd"), 3, 9, &error));
  EXPECT_OK(varve_vector_create(txn, NULL, varve_text("gone"), 3, VARVE_METRIC_L2, &error));
  EXPECT_OK(varve_vector_list(varve_txn_reader(txn), NULL, varve_text(""), 1, &infos, &error));
  EXPECT(varve_result_more(infos));
  EXPECT_TEXT(varve_result_cursor(infos), "docs");
  varve_result_free(infos);
  EXPECT_OK(varve_vector_drop(txn, NULL, varve_text("gone"), &error));
  EXPECT_OK(varve_vector_describe(varve_txn_reader(txn), NULL, varve_text("docs"), &infos, &error));
  EXPECT(varve_result_collection(infos, 0)->dimension == 3);
  EXPECT(varve_result_collection(infos, 0)->metric == VARVE_METRIC_COSINE);
  varve_result_free(infos);
  commit(txn);
}

static void vectors_are_written_from_one_buffer(void) {
  varve_txn* txn = begin(store);
  varve_slice keys[3], metadata[3];
  uint64_t count = 0;
  fruit_keys(keys, metadata);
  EXPECT_OK(
      varve_vector_insert(txn, NULL, varve_text("docs"), keys, kFruit, 3, metadata, 3, &error));
  EXPECT_STATUS(VARVE_ALREADY_EXISTS, varve_vector_insert(txn, NULL, varve_text("docs"), keys,
                                                          kFruit, 3, NULL, 1, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_vector_upsert(txn, NULL, varve_text("docs"), keys,
                                                            kFruit, 2, metadata, 3, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_vector_upsert(txn, NULL, varve_text("docs"), keys,
                                                            NULL, 3, metadata, 3, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_vector_upsert(txn, NULL, varve_text("docs"), keys,
                                                            kFruit, SIZE_MAX, metadata, 3, &error));
  EXPECT_OK(
      varve_vector_upsert(txn, NULL, varve_text("docs"), keys, kFruit, 3, metadata, 1, &error));
  EXPECT_OK(varve_vector_count(varve_txn_reader(txn), NULL, varve_text("docs"), &count, &error));
  EXPECT(count == 3);
  commit(txn);
}

static void rows_are_read_by_key_and_in_order(void) {
  varve_view* view = view_of(store);
  varve_slice keys[2];
  varve_vector_scan_options options = VARVE_INIT(varve_vector_scan_options);
  varve_result* rows = NULL;
  keys[0] = varve_text("none");
  keys[1] = varve_text("pear");
  EXPECT_OK(
      varve_vector_get(varve_view_reader(view), NULL, varve_text("docs"), keys, 2, &rows, &error));
  EXPECT(varve_result_vector_row(rows, 0) == NULL);
  EXPECT(varve_result_vector_row(rows, 1)->dimension == 3);
  EXPECT(varve_result_vector_row(rows, 1)->vector[1] == 0.6f);
  EXPECT_TEXT(varve_result_vector_row(rows, 1)->metadata, "{\"fruit\":true,\"n\":2}");
  varve_result_free(rows);
  options.limit = 2;
  EXPECT_OK(varve_vector_scan(varve_view_reader(view), NULL, varve_text("docs"), &options, &rows,
                              &error));
  EXPECT(varve_result_count(rows) == 2 && varve_result_more(rows));
  EXPECT(varve_result_vector_row(rows, 0)->vector == NULL);
  EXPECT_TEXT(varve_result_cursor(rows), "pear");
  varve_result_free(rows);
  varve_view_free(view);
}

static void a_search_finds_what_is_alike_and_passes_the_filter(void) {
  varve_view* view = view_of(store);
  varve_search_options options = VARVE_INIT(varve_search_options);
  const float query[] = {0, 1, 0};
  varve_result* hits = NULL;
  EXPECT_OK(varve_vector_search(varve_view_reader(view), NULL, varve_text("docs"), query, 3, NULL,
                                &hits, &error));
  EXPECT(varve_result_count(hits) == 3);
  EXPECT_TEXT(varve_result_vector_row(hits, 0)->key, "pear");
  EXPECT(varve_result_vector_row(hits, 0)->score > 0.59f);
  varve_result_free(hits);
  options.filter = varve_text("{\"lt\":[\"n\",2]}");
  options.include_vectors = 1;
  options.omit_metadata = 1;
  EXPECT_OK(varve_vector_search(varve_view_reader(view), NULL, varve_text("docs"), query, 3,
                                &options, &hits, &error));
  EXPECT(varve_result_count(hits) == 1);
  EXPECT_TEXT(varve_result_vector_row(hits, 0)->key, "apple");
  EXPECT(varve_result_vector_row(hits, 0)->vector[0] == 1.0f);
  EXPECT(varve_result_vector_row(hits, 0)->metadata.size == 0);
  varve_result_free(hits);
  options.filter = varve_text("{\"like\":1}");
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_vector_search(varve_view_reader(view), NULL, varve_text("docs"), query, 3,
                                    &options, &hits, &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_vector_search(varve_view_reader(view), NULL, varve_text("docs"), query, 2,
                                    NULL, &hits, &error));
  varve_view_free(view);
}

static void a_search_for_many_fills_the_callers_arrays(void) {
  varve_view* view = view_of(store);
  varve_search_options options = VARVE_INIT(varve_search_options);
  const float queries[] = {1, 0, 0, 0, 0, 1};
  size_t counts[2] = {9, 9};
  varve_slice keys[4];
  float scores[4];
  varve_result* hits = NULL;
  options.k = 2;
  options.has_threshold = 1;
  options.threshold = 0.5f;
  EXPECT_OK(varve_vector_search_many(varve_view_reader(view), NULL, varve_text("docs"), queries, 3,
                                     2, &options, counts, keys, scores, &hits, &error));
  EXPECT(counts[0] == 2 && counts[1] == 1);
  EXPECT_TEXT(keys[0], "apple");
  EXPECT_TEXT(keys[1], "pear");
  EXPECT_TEXT(keys[2], "stone");
  EXPECT(scores[0] > scores[1] && scores[2] > 0.99f);
  EXPECT(varve_result_count(hits) == 3);
  varve_result_free(hits);
  // Three queries of two components would be as many numbers.
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_vector_search_many(varve_view_reader(view), NULL, varve_text("docs"), queries,
                                         2, 3, &options, counts, NULL, NULL, &hits, &error));
  varve_view_free(view);
}

static void rows_change_and_go(void) {
  varve_txn* txn = begin(store);
  varve_slice keys[2];
  const float turned[] = {0, 1, 0};
  varve_result* rows = NULL;
  uint64_t deleted = 0;
  keys[0] = varve_text("apple");
  keys[1] = varve_text("none");
  EXPECT_OK(varve_vector_update(txn, NULL, varve_text("docs"), keys, turned, 3, 1, &error));
  EXPECT_OK(
      varve_vector_set_metadata(txn, NULL, varve_text("docs"), keys[0], varve_text("{}"), &error));
  EXPECT_STATUS(VARVE_NOT_FOUND,
                varve_vector_update(txn, NULL, varve_text("docs"), keys + 1, turned, 3, 1, &error));
  EXPECT_OK(
      varve_vector_get(varve_txn_reader(txn), NULL, varve_text("docs"), keys, 1, &rows, &error));
  EXPECT(varve_result_vector_row(rows, 0)->vector[1] == 1.0f);
  EXPECT_TEXT(varve_result_vector_row(rows, 0)->metadata, "{}");
  varve_result_free(rows);
  EXPECT_OK(varve_vector_delete(txn, NULL, varve_text("docs"), keys, 2, &deleted, &error));
  EXPECT(deleted == 1);
  varve_txn_free(txn);
}

void vector_facts(void) {
  store = open_in_memory(0);
  FACT(a_collection_has_a_shape);
  FACT(vectors_are_written_from_one_buffer);
  FACT(rows_are_read_by_key_and_in_order);
  FACT(a_search_finds_what_is_alike_and_passes_the_filter);
  FACT(a_search_for_many_fills_the_callers_arrays);
  FACT(rows_change_and_go);
  varve_store_free(store);
}
