// The layers that a read merges: the memtables, newest first, above the materialized store.
#ifndef VARVE_KERNEL_INTERNAL_LAYERS_H_
#define VARVE_KERNEL_INTERNAL_LAYERS_H_

#include <memory>
#include <utility>
#include <vector>

#include "kernel/table/memtable.h"

namespace varve::internal {

// One memtable in the order in which they were written. A transaction holds the node that was
// newest when it began, and through `next` all that came later: exactly what its conflict check
// must look at, kept alive exactly as long as it is needed.
struct MemtableNode {
  explicit MemtableNode(std::shared_ptr<table::Memtable> table) : memtable(std::move(table)) {}
  std::shared_ptr<table::Memtable> memtable;
  std::shared_ptr<MemtableNode> next;  // set once, under the commit lock
};

// Immutable; replaced as a whole when a memtable is frozen and when a frozen one has been
// materialized.
struct LayerSet {
  std::vector<std::shared_ptr<table::Memtable>> memtables;  // newest first; the first takes writes
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_LAYERS_H_
