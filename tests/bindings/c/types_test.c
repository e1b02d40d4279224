#include "tests/bindings/c/expect.h"

static void the_library_is_of_the_version_of_the_header(void) {
  EXPECT(strcmp(varve_version(), VARVE_VERSION) == 0);
  EXPECT(varve_abi_version() == VARVE_ABI_VERSION);
}

static void statuses_have_names(void) {
  EXPECT(strcmp(varve_status_name(VARVE_OK), "OK") == 0);
  EXPECT(strcmp(varve_status_name(VARVE_DATA_LOSS), "DATA_LOSS") == 0);
  EXPECT(strcmp(varve_status_name(VARVE_UNAUTHENTICATED), "UNAUTHENTICATED") == 0);
  EXPECT(strcmp(varve_status_name(-1), "UNKNOWN") == 0);
  EXPECT(strcmp(varve_status_name(1000), "UNKNOWN") == 0);
}

static void an_error_of_ones_own_keeps_what_it_was_given(void) {
  varve_error* error = varve_error_new(VARVE_ABORTED, varve_text("once more"));
  varve_damage damage = VARVE_INIT(varve_damage);
  EXPECT(varve_error_status(error) == VARVE_ABORTED);
  EXPECT(strcmp(varve_error_message(error), "once more") == 0);
  EXPECT(!varve_error_damage(error, &damage));
  varve_error_free(error);
  error = varve_error_new(VARVE_OK, varve_text("nothing"));
  EXPECT(varve_error_status(error) == VARVE_UNKNOWN);
  varve_error_free(error);
}

static void no_error_is_no_error(void) {
  EXPECT(varve_error_status(NULL) == VARVE_OK);
  EXPECT(strcmp(varve_error_message(NULL), "") == 0);
  EXPECT(!varve_error_damage(NULL, NULL));
  varve_error_free(NULL);
}

static void a_uuid_is_read_as_it_is_written(void) {
  const char* text = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  char again[VARVE_UUID_TEXT_SIZE];
  varve_uuid uuid;
  EXPECT(varve_uuid_parse(varve_text(text), &uuid));
  EXPECT(uuid.bytes[0] == 0x6b && uuid.bytes[15] == 0xc8);
  varve_uuid_format(&uuid, again);
  EXPECT(strcmp(again, text) == 0);
  EXPECT(!varve_uuid_parse(varve_text("6ba7b810"), &uuid));
  EXPECT(!varve_uuid_parse(varve_text(NULL), &uuid));
}

static void freeing_bytes_leaves_none(void) {
  varve_bytes none = {NULL, 0};
  varve_bytes_free(&none);
  varve_bytes_free(NULL);
  EXPECT(none.data == NULL && none.size == 0);
}

void types_facts(void) {
  FACT(the_library_is_of_the_version_of_the_header);
  FACT(statuses_have_names);
  FACT(an_error_of_ones_own_keeps_what_it_was_given);
  FACT(no_error_is_no_error);
  FACT(a_uuid_is_read_as_it_is_written);
  FACT(freeing_bytes_leaves_none);
}
