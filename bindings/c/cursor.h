// What a varve_cursor is: a scan, and the item that it stands at as C sees it.
#ifndef VARVE_BINDINGS_C_CURSOR_H_
#define VARVE_BINDINGS_C_CURSOR_H_

#include <utility>
#include <variant>

#include "bindings/c/varve_event.h"
#include "bindings/c/varve_kv.h"
#include "primitives/event/event_scan.h"
#include "primitives/kv/kv_scan.h"

struct varve_cursor {
  explicit varve_cursor(varve::KvScan begun) : scan(std::move(begun)) {}
  explicit varve_cursor(varve::EventScan begun) : scan(std::move(begun)) {}
  std::variant<varve::KvScan, varve::EventScan> scan;
  mutable std::variant<varve_kv_row, varve_event> item{};
  bool out_of_memory = false;  // a step threw: there is no item any more
};

#endif  // VARVE_BINDINGS_C_CURSOR_H_
