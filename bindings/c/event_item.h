// An event as C sees it.
#ifndef VARVE_BINDINGS_C_EVENT_ITEM_H_
#define VARVE_BINDINGS_C_EVENT_ITEM_H_

#include <algorithm>

#include "bindings/c/arguments.h"
#include "bindings/c/varve_event.h"

namespace varve_c {

// `known`: Event or EventCopy, which the slices borrow from.
template <typename AnyEvent>
[[nodiscard]] varve_event ItemOfEvent(const AnyEvent& known) {
  varve_event item{};
  item.struct_size = sizeof(item);
  item.sequence = known.sequence;
  item.type = SliceOf(known.type);
  item.payload = SliceOf(known.payload);
  item.time = known.time.micros();
  std::copy(known.hash.begin(), known.hash.end(), item.hash);
  item.lsn = known.lsn.value();
  return item;
}

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_EVENT_ITEM_H_
