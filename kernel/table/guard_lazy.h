// Checking the pages of a file as they are first read: what makes an open after a clean close cost
// the same whatever the file's size, without believing a byte of it (docs/decisions/0063).
#ifndef VARVE_KERNEL_TABLE_GUARD_LAZY_H_
#define VARVE_KERNEL_TABLE_GUARD_LAZY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/io/file_system.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/guard_page.h"

namespace varve::table {

// Of the tree of rows, as it was when the file was opened. Nothing may be written to the file
// before TrustAll: pages are checked once, in the place where they then stand. Thread-safe.
class LazyGuard final {
 public:
  // `pages` is where `file` is mapped, `geometry` what its metas say; the map must outlive this.
  LazyGuard(std::unique_ptr<File> file, const LmdbGeometry& geometry, const char* pages);

  // Whether the page was found sound. `number` is within the file.
  [[nodiscard]] bool Knows(std::uint64_t number) const {
    constexpr std::uint64_t kBits = 64;
    return (known_[number / kBits].load(std::memory_order_acquire) >> number % kBits & 1) != 0;
  }
  // Checks a page that is not known. `number` is within the file; nullopt: it is sound, and so is
  // where it leads to, as far as that can be said without looking there.
  [[nodiscard]] std::optional<std::string> Check(std::uint64_t number, bool leaf,
                                                 const LmdbKeyBounds& bounds);

  // The whole file was checked in another way.
  void TrustAll() { trusted_.store(true, std::memory_order_release); }
  [[nodiscard]] bool trusted() const { return trusted_.load(std::memory_order_acquire); }

 private:
  // Finds out which pages are free.
  [[nodiscard]] std::string Prepare();
  [[nodiscard]] std::string_view CheckLocked(std::uint64_t number, bool leaf,
                                             const LmdbKeyBounds& bounds);
  [[nodiscard]] std::string_view ClaimChildren(std::string_view page);
  [[nodiscard]] std::string_view CheckEntries(std::string_view page);
  // Each page belongs to one place. False where one of these has another already; then none is
  // taken.
  [[nodiscard]] bool Claim(const std::vector<std::uint64_t>& numbers);
  [[nodiscard]] std::string_view Page(std::uint64_t number) const {
    return {pages_ + number * geometry_.page_bytes, geometry_.page_bytes};
  }
  [[nodiscard]] std::uint64_t page_count() const { return geometry_.newest.last_page + 1; }

  const std::unique_ptr<File> file_;
  const LmdbGeometry geometry_;
  const char* const pages_;
  std::atomic<bool> trusted_ = false;
  std::vector<std::atomic<std::uint64_t>> known_;  // a bit for each page
  std::mutex mutex_;
  std::vector<bool> claimed_;         // guarded by mutex_; empty until prepared
  std::optional<std::string> fault_;  // of what Prepare looks at; guarded by mutex_
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_GUARD_LAZY_H_
