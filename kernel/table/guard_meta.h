// The two meta pages of an LMDB 0.9 file, read without LMDB.
#ifndef VARVE_KERNEL_TABLE_GUARD_META_H_
#define VARVE_KERNEL_TABLE_GUARD_META_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"

namespace varve::table {

inline constexpr std::uint64_t kLmdbNoPage = ~std::uint64_t{0};
inline constexpr std::uint64_t kLmdbMetaPages = 2;
inline constexpr std::size_t kLmdbDepthMax = 32;

struct LmdbTree {
  std::uint32_t pad = 0;  // of the free list: the page size
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = 0;
};

struct LmdbMeta {
  std::uint64_t page_number = 0;
  std::uint16_t page_flags = 0;
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t address = 0;
  LmdbTree free_list;
  LmdbTree rows;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
};
inline constexpr std::size_t kLmdbMetaBytes = 152;  // with the page header

// `bytes` is kLmdbMetaBytes long.
[[nodiscard]] LmdbMeta ParseLmdbMeta(std::string_view bytes);

// What the metas of a file say, once they were found possible.
struct LmdbGeometry {
  std::uint32_t page_bytes = 0;
  LmdbMeta newest;
};
// Sets `fault` (and returns anything) where LMDB must not have the file. Errors are those of
// reading.
[[nodiscard]] absl::StatusOr<LmdbGeometry> CheckLmdbMetas(const File& file, std::string& fault);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_GUARD_META_H_
