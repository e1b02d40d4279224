// Read transactions kept between uses: taking one and giving it back costs two atomic exchanges and
// LMDB's renew and reset (together some tens of nanoseconds).
#ifndef VARVE_KERNEL_TABLE_LMDB_READER_POOL_H_
#define VARVE_KERNEL_TABLE_LMDB_READER_POOL_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/table/lmdb_view.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

struct PooledReader {
  LmdbView view;
  // What the transaction of number `id` holds; read again only when the number has changed.
  std::size_t id = ~std::size_t{0};
  StoredMark mark;
};

// Thread-safe. Must outlive all it gave out, and not outlive the environment.
class LmdbReaderPool final {
 public:
  // Reads what `guard` does not know yet with its help; null: the file was checked as a whole.
  LmdbReaderPool(LmdbEnvironment& environment, LazyGuard* guard)
      : environment_(environment), guard_(guard) {}
  ~LmdbReaderPool();
  LmdbReaderPool(const LmdbReaderPool&) = delete;
  LmdbReaderPool& operator=(const LmdbReaderPool&) = delete;

  // A reader of the newest state. kResourceExhausted: kLmdbReadersMax are out already.
  [[nodiscard]] absl::StatusOr<PooledReader*> Take();
  void Return(PooledReader* reader);

  // Doubles the map if no reader is out; those that come wait. True where it was done.
  [[nodiscard]] absl::StatusOr<bool> GrowIfIdle();

 private:
  // Threads spread over the slots; one that finds its slot empty asks the list.
  static constexpr std::size_t kSlots = 64;
  struct alignas(64) Slot {
    std::atomic<PooledReader*> reader = nullptr;
  };

  static std::size_t SlotOfThread();
  // A read transaction whose number is that of the state it shows, and the root of that state where
  // its pages are known. Returns LMDB's code.
  [[nodiscard]] int BeginTransaction(PooledReader& reader);
  void FindRoot(LmdbView& view, std::size_t id);
  [[nodiscard]] absl::Status Renew(PooledReader& reader);
  [[nodiscard]] absl::Status ReadMark(PooledReader& reader);
  PooledReader* TakeIdle();
  void KeepIdle(PooledReader* reader);
  void CountReturn();
  void Drop(PooledReader* reader);

  LmdbEnvironment& environment_;
  LazyGuard* const guard_;
  std::array<Slot, kSlots> slots_;
  std::mutex mutex_;
  std::vector<PooledReader*> idle_;  // guarded by mutex_
  // Readers out, counted only while the map may have to grow; guarded by mutex_.
  std::uint64_t out_ = 0;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_READER_POOL_H_
