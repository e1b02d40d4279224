#include "tests/bindings/c/expect.h"

static varve_store* store;

static void set(varve_txn* txn, const char* name, const char* pointer, const char* value) {
  EXPECT_OK(
      varve_json_set(txn, NULL, varve_text(name), varve_text(pointer), varve_text(value), &error));
}

// What is there now must be this text ("" for nothing).
static void expect_json(varve_txn* txn, const char* name, const char* pointer, const char* text) {
  varve_bytes value = {NULL, 0};
  varve_bool found = 0;
  EXPECT_OK(varve_json_get(varve_txn_reader(txn), NULL, varve_text(name), varve_text(pointer),
                           &value, &found, &error));
  EXPECT(found == (text[0] != '\0'));
  EXPECT_TEXT(bytes_slice(value), text);
  varve_bytes_free(&value);
}

static void a_document_is_changed_and_read_in_part(void) {
  varve_txn* txn = begin(store);
  varve_bool exists = 0;
  EXPECT_OK(varve_json_create(txn, NULL, varve_text("ada"),
                              varve_text("{\"name\": \"Ada\", \"n\": 1}"), &error));
  EXPECT_STATUS(VARVE_ALREADY_EXISTS,
                varve_json_create(txn, NULL, varve_text("ada"), varve_text("1"), &error));
  set(txn, "ada", "/address/city", "\"London\"");
  expect_json(txn, "ada", "/address", "{\"city\":\"London\"}");
  expect_json(txn, "ada", "/none", "");
  EXPECT_OK(varve_json_exists(varve_txn_reader(txn), NULL, varve_text("ada"), varve_text("/n"),
                              &exists, &error));
  EXPECT(exists);
  EXPECT_OK(varve_json_delete(txn, NULL, varve_text("ada"), varve_text("/n"), &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_json_delete(txn, NULL, varve_text("ada"), varve_text(""), &error));
  expect_json(txn, "ada", "/n", "");
  commit(txn);
}

static void text_that_is_no_json_is_refused(void) {
  varve_txn* txn = begin(store);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_json_set(txn, NULL, varve_text("x"), varve_text(""),
                                                       varve_text("{\"a\":"), &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_json_set(txn, NULL, varve_text("x"), varve_text(""),
                                                       varve_text("{\"a\":1,\"a\":2}"), &error));
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT, varve_json_set(txn, NULL, varve_text("x"), varve_text("a"),
                                                       varve_text("1"), &error));
  varve_txn_free(txn);
}

static void several_places_are_set_and_read_at_once(void) {
  varve_txn* txn = begin(store);
  varve_slice names[3], pointers[3], values[3];
  varve_result* read = NULL;
  names[0] = names[1] = names[2] = varve_text("many");
  pointers[0] = varve_text("/a");
  pointers[1] = varve_text("/b");
  pointers[2] = varve_text("/c");
  values[0] = varve_text("18446744073709551615");
  values[1] = varve_text("[1,2.5]");
  EXPECT_OK(varve_json_set_many(txn, NULL, names, pointers, values, 2, &error));
  EXPECT_OK(varve_json_get_many(varve_txn_reader(txn), NULL, names, pointers, 3, &read, &error));
  EXPECT_TEXT(*varve_result_text(read, 0), "18446744073709551615");
  EXPECT_TEXT(*varve_result_text(read, 1), "[1,2.5]");
  EXPECT(varve_result_text(read, 2) == NULL);
  varve_result_free(read);
  varve_txn_free(txn);
}

static void an_array_grows_and_shrinks(void) {
  varve_txn* txn = begin(store);
  varve_slice list = varve_text("list");
  varve_bytes last = {NULL, 0};
  varve_bool found = 0;
  uint32_t length = 0;
  set(txn, "list", "", "[1]");
  EXPECT_OK(varve_json_push(txn, NULL, list, varve_text(""), varve_text("3"), &error));
  EXPECT_OK(varve_json_insert(txn, NULL, list, varve_text(""), 1, varve_text("2"), &error));
  EXPECT_STATUS(VARVE_OUT_OF_RANGE,
                varve_json_insert(txn, NULL, list, varve_text(""), 9, varve_text("2"), &error));
  expect_json(txn, "list", "", "[1,2,3]");
  EXPECT_OK(varve_json_array_length(varve_txn_reader(txn), NULL, list, varve_text(""), &length,
                                    &found, &error));
  EXPECT(found && length == 3);
  EXPECT_OK(varve_json_pop(txn, NULL, list, varve_text(""), &last, &found, &error));
  EXPECT(found);
  EXPECT_TEXT(bytes_slice(last), "3");
  varve_bytes_free(&last);
  EXPECT_OK(varve_json_destroy(txn, NULL, list, &error));
  expect_json(txn, "list", "", "");
  varve_txn_free(txn);
}

static void patches_and_sums_change_in_place(void) {
  varve_txn* txn = begin(store);
  varve_slice name = varve_text("p");
  varve_bytes sum = {NULL, 0};
  set(txn, "p", "", "{\"a\":1,\"b\":2}");
  EXPECT_OK(varve_json_merge_patch(txn, NULL, name, varve_text("{\"b\":null,\"c\":3}"), &error));
  EXPECT_OK(varve_json_patch(
      txn, NULL, name, varve_text("[{\"op\":\"replace\",\"path\":\"/a\",\"value\":5}]"), &error));
  EXPECT_STATUS(
      VARVE_FAILED_PRECONDITION,
      varve_json_patch(txn, NULL, name,
                       varve_text("[{\"op\":\"test\",\"path\":\"/a\",\"value\":6}]"), &error));
  EXPECT_OK(varve_json_increment(txn, NULL, name, varve_text("/a"), varve_text("2"), &error));
  EXPECT_OK(varve_json_increment_and_get(txn, NULL, name, varve_text("/a"), varve_text("0.5"), &sum,
                                         &error));
  EXPECT_TEXT(bytes_slice(sum), "7.5");
  varve_bytes_free(&sum);
  expect_json(txn, "p", "", "{\"a\":7.5,\"c\":3}");
  varve_txn_free(txn);
}

static void a_version_guards_a_set(void) {
  varve_txn* txn = begin(store);
  varve_result* info = NULL;
  varve_bool written = 1;
  EXPECT_OK(varve_json_describe(varve_txn_reader(txn), NULL, varve_text("ada"), &info, &error));
  EXPECT(varve_result_count(info) == 1);
  EXPECT_TEXT(varve_result_json_info(info, 0)->name, "ada");
  EXPECT(varve_result_json_info(info, 0)->bytes > 0);
  EXPECT_OK(varve_json_compare_and_set(txn, NULL, varve_text("ada"), 99, varve_text("/x"),
                                       varve_text("1"), &written, &error));
  EXPECT(!written);
  EXPECT_OK(varve_json_compare_and_set(txn, NULL, varve_text("ada"),
                                       varve_result_json_info(info, 0)->lsn, varve_text("/x"),
                                       varve_text("1"), &written, &error));
  EXPECT(written);
  varve_result_free(info);
  EXPECT_OK(varve_json_describe(varve_txn_reader(txn), NULL, varve_text("none"), &info, &error));
  EXPECT(varve_result_count(info) == 0);
  varve_result_free(info);
  varve_txn_free(txn);
}

static void documents_are_listed_by_page(void) {
  varve_txn* txn = begin(store);
  varve_name_options options = VARVE_INIT(varve_name_options);
  varve_result* infos = NULL;
  set(txn, "l/1", "", "1");
  set(txn, "l/2", "", "2");
  options.prefix = varve_text("l/");
  options.limit = 1;
  EXPECT_OK(varve_json_list(varve_txn_reader(txn), NULL, &options, &infos, &error));
  EXPECT(varve_result_count(infos) == 1 && varve_result_more(infos));
  EXPECT_TEXT(varve_result_cursor(infos), "l/1");
  options.after = varve_text("l/1");
  varve_result_free(infos);
  EXPECT_OK(varve_json_list(varve_txn_reader(txn), NULL, &options, &infos, &error));
  EXPECT_TEXT(varve_result_json_info(infos, 0)->name, "l/2");
  EXPECT(!varve_result_more(infos));
  EXPECT(varve_result_cursor(infos).size == 0);
  varve_result_free(infos);
  varve_txn_free(txn);
}

static void a_query_selects_within_a_document(void) {
  varve_txn* txn = begin(store);
  varve_result* matches = NULL;
  set(txn, "q", "", "{\"books\":[{\"p\":9},{\"p\":12}]}");
  EXPECT_OK(varve_json_query(varve_txn_reader(txn), NULL, varve_text("q"),
                             varve_text("$.books[?@.p < 10]"), &matches, &error));
  EXPECT(varve_result_count(matches) == 1);
  EXPECT_TEXT(varve_result_json_match(matches, 0)->pointer, "/books/0");
  EXPECT_TEXT(varve_result_json_match(matches, 0)->value, "{\"p\":9}");
  varve_result_free(matches);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_json_query(varve_txn_reader(txn), NULL, varve_text("q"), varve_text("$["),
                                 &matches, &error));
  EXPECT(matches == NULL);
  varve_txn_free(txn);
}

static void documents_are_found_by_a_value_with_or_without_an_index(void) {
  varve_txn* txn = begin(store);
  varve_slice pointer = varve_text("/address/city");
  varve_result* names = NULL;
  varve_result* indexes = NULL;
  varve_bytes index = {NULL, 0};
  EXPECT_OK(varve_json_find(varve_txn_reader(txn), NULL, pointer, varve_text("\"London\""), NULL,
                            &names, &index, &error));
  EXPECT_TEXT(*varve_result_text(names, 0), "ada");
  EXPECT(index.size == 0);
  varve_bytes_free(&index);
  varve_result_free(names);
  EXPECT_STATUS(VARVE_INVALID_ARGUMENT,
                varve_json_create_index(txn, NULL, varve_text("city"), pointer, 7, &error));
  EXPECT_OK(varve_json_create_index(txn, NULL, varve_text("city"), pointer, VARVE_JSON_INDEX_STRING,
                                    &error));
  EXPECT_OK(varve_json_find(varve_txn_reader(txn), NULL, pointer, varve_text("\"London\""), NULL,
                            &names, &index, &error));
  EXPECT_TEXT(bytes_slice(index), "city");
  EXPECT(varve_result_count(names) == 1);
  varve_bytes_free(&index);
  varve_result_free(names);
  EXPECT_OK(varve_json_indexes(varve_txn_reader(txn), NULL, &indexes, &error));
  EXPECT(varve_result_json_index(indexes, 0)->kind == VARVE_JSON_INDEX_STRING);
  EXPECT_TEXT(varve_result_json_index(indexes, 0)->pointer, "/address/city");
  varve_result_free(indexes);
  EXPECT_OK(varve_json_drop_index(txn, NULL, varve_text("city"), &error));
  varve_txn_free(txn);
}

void json_facts(void) {
  store = open_in_memory(0);
  FACT(a_document_is_changed_and_read_in_part);
  FACT(text_that_is_no_json_is_refused);
  FACT(several_places_are_set_and_read_at_once);
  FACT(an_array_grows_and_shrinks);
  FACT(patches_and_sums_change_in_place);
  FACT(a_version_guards_a_set);
  FACT(documents_are_listed_by_page);
  FACT(a_query_selects_within_a_document);
  FACT(documents_are_found_by_a_value_with_or_without_an_index);
  varve_store_free(store);
}
