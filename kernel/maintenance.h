// What runs beside a store without the store knowing what it is: the seam that lets snapshot/ stand
// above kernel/.
#ifndef VARVE_KERNEL_MAINTENANCE_H_
#define VARVE_KERNEL_MAINTENANCE_H_

#include "absl/status/status.h"
#include "kernel/stats.h"

namespace varve {

class Store;

// Owned by the store. AfterCheckpoint and AtClose come from one thread at a time: the store's
// background thread, or the committer where the store has none.
class Maintenance : public MetricSource {
 public:
  // After each successful checkpoint. Errors are reported through Store::maintenance_status() and
  // change nothing about the store: the log keeps everything.
  [[nodiscard]] virtual absl::Status AfterCheckpoint(Store& store) = 0;

  // Within Close, when the last checkpoint is done and the log is closed: everything is durable and
  // nothing more will be written.
  [[nodiscard]] virtual absl::Status AtClose(Store& store) = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_MAINTENANCE_H_
