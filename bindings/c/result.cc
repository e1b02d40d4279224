#include "bindings/c/varve_result.h"

#include <new>

#include "bindings/c/answer.h"
#include "bindings/c/cursor.h"
#include "bindings/c/listing.h"

namespace varve_c {

absl::StatusOr<varve_name_options> NameOptionsOf(const varve_name_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, Take(given, "options"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Bytes(taken.prefix, "options.prefix")
                            .Bytes(taken.after, "options.after")
                            .status());
  return taken;
}

extern "C" {

void varve_result_free(varve_result* result) { delete result; }

size_t varve_result_count(const varve_result* result) {
  return result == nullptr ? 0 : result->count();
}

varve_bool varve_result_more(const varve_result* result) {
  return result != nullptr && result->more ? 1 : 0;
}

varve_slice varve_result_cursor(const varve_result* result) {
  return result == nullptr ? varve_slice{} : SliceOf(result->cursor);
}

const varve_slice* varve_result_text(const varve_result* result, size_t index) {
  return ItemOf<varve_slice>(result, index);
}

void varve_cursor_free(varve_cursor* cursor) { delete cursor; }

void varve_cursor_next(varve_cursor* cursor) {
  if (cursor == nullptr || cursor->out_of_memory) return;
  try {
    std::visit(
        [](auto& scan) {
          if (scan.valid()) scan.Next();
        },
        cursor->scan);
  } catch (const std::bad_alloc&) {
    cursor->out_of_memory = true;
  }
}

varve_status varve_cursor_status(const varve_cursor* cursor, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(cursor, "cursor").status());
    if (cursor->out_of_memory) throw std::bad_alloc();
    return std::visit([](const auto& scan) { return scan.status(); }, cursor->scan);
  });
}

varve_slice varve_cursor_token(const varve_cursor* cursor) {
  const auto* scan = cursor == nullptr ? nullptr : std::get_if<KvScan>(&cursor->scan);
  return scan == nullptr ? varve_slice{} : SliceOf(scan->cursor());
}

varve_bool varve_cursor_position(const varve_cursor* cursor, uint64_t* next) {
  const auto* scan = cursor == nullptr ? nullptr : std::get_if<EventScan>(&cursor->scan);
  if (scan == nullptr || !scan->more()) return 0;
  GiveTo(next, scan->next());
  return 1;
}

}  // extern "C"
}  // namespace varve_c
