#include "kernel/table/guard_meta.h"

#include <algorithm>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/lmdb_page.h"

namespace varve::table {
namespace {

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kPageBytesMin = 4096;
constexpr std::uint32_t kPageBytesMax = 32768;
// Integer keys, and "the path is the file": what files made by CreateLmdbFile have.
constexpr std::uint16_t kFreeListFlags = 0x4008;
constexpr std::uint16_t kRowsFlags = 0;

LmdbTree ParseTree(ByteReader& reader) {
  LmdbTree tree;
  tree.pad = reader.Read<std::uint32_t>();
  tree.flags = reader.Read<std::uint16_t>();
  tree.depth = reader.Read<std::uint16_t>();
  tree.branch_pages = reader.Read<std::uint64_t>();
  tree.leaf_pages = reader.Read<std::uint64_t>();
  tree.overflow_pages = reader.Read<std::uint64_t>();
  tree.entries = reader.Read<std::uint64_t>();
  tree.root = reader.Read<std::uint64_t>();
  return tree;
}

std::string FaultOfTree(const LmdbTree& tree, std::uint64_t last_page) {
  if (tree.root == kLmdbNoPage) {
    const bool empty = tree.depth == 0 && tree.entries == 0 && tree.branch_pages == 0 &&
                       tree.leaf_pages == 0 && tree.overflow_pages == 0;
    return empty ? "" : "a tree without root has pages";
  }
  if (tree.root < kLmdbMetaPages || tree.root > last_page) return "a root is out of range";
  if (tree.depth == 0 || tree.depth >= kLmdbDepthMax) return "a tree has an impossible depth";
  for (const std::uint64_t pages : {tree.branch_pages, tree.leaf_pages, tree.overflow_pages}) {
    if (pages > last_page) return "a tree has more pages than the file";
  }
  return "";
}

std::string FaultOfMeta(const LmdbMeta& meta, std::uint64_t index, std::uint32_t page_bytes) {
  if (meta.page_number != index || meta.page_flags != kLmdbMetaPage) return "not a meta page";
  if (meta.magic != kMagic) return "magic number";
  if (meta.version != kVersion) return "format version";
  if (meta.free_list.pad != page_bytes) return "page size";
  if (meta.address != 0) return "a fixed map address";
  if (meta.free_list.flags != kFreeListFlags || meta.rows.flags != kRowsFlags) {
    return "flags of a tree";
  }
  if (meta.rows.pad != 0) return "padding of a tree";
  if (meta.last_page == kLmdbNoPage || meta.last_page + 1 < kLmdbMetaPages) return "last page";
  if (meta.transaction % kLmdbMetaPages != index) return "transaction number";
  for (const LmdbTree& tree : {meta.free_list, meta.rows}) {
    if (std::string fault = FaultOfTree(tree, meta.last_page); !fault.empty()) return fault;
  }
  return "";
}

bool IsPageSize(std::uint32_t bytes) {
  return bytes >= kPageBytesMin && bytes <= kPageBytesMax && (bytes & (bytes - 1)) == 0;
}

}  // namespace

LmdbMeta ParseLmdbMeta(std::string_view bytes) {
  LmdbMeta meta;
  meta.page_number = LoadLittleEndian<std::uint64_t>(bytes.data() + LmdbPageLayout::kNumberOffset);
  meta.page_flags = LoadLittleEndian<std::uint16_t>(bytes.data() + LmdbPageLayout::kFlagsOffset);
  ByteReader reader(bytes.substr(LmdbPageLayout::kHeaderBytes));
  meta.magic = reader.Read<std::uint32_t>();
  meta.version = reader.Read<std::uint32_t>();
  meta.address = reader.Read<std::uint64_t>();
  static_cast<void>(reader.Read<std::uint64_t>());  // map size: we set our own
  meta.free_list = ParseTree(reader);
  meta.rows = ParseTree(reader);
  meta.last_page = reader.Read<std::uint64_t>();
  meta.transaction = reader.Read<std::uint64_t>();
  return meta;
}

absl::StatusOr<LmdbGeometry> CheckLmdbMetas(const File& file, std::string& fault) {
  LmdbGeometry geometry;
  std::array<LmdbMeta, kLmdbMetaPages> metas;
  for (std::uint64_t index = 0; index < kLmdbMetaPages; ++index) {
    std::string bytes(kLmdbMetaBytes, '\0');
    VARVE_ASSIGN_OR_RETURN(const std::size_t read, file.ReadAt(index * geometry.page_bytes, bytes));
    if (read < kLmdbMetaBytes) {
      fault = "the file is shorter than its meta pages";
      return geometry;
    }
    metas[index] = ParseLmdbMeta(bytes);
    if (index == 0) geometry.page_bytes = metas[0].free_list.pad;
    fault = IsPageSize(geometry.page_bytes) ? FaultOfMeta(metas[index], index, geometry.page_bytes)
                                            : "page size " + std::to_string(geometry.page_bytes);
    if (!fault.empty()) {
      fault = "meta page " + std::to_string(index) + ": " + fault;
      return geometry;
    }
  }
  geometry.newest = metas[metas[0].transaction > metas[1].transaction ? 0 : 1];
  const std::uint64_t older = std::min(metas[0].transaction, metas[1].transaction);
  if (geometry.newest.transaction != older + 1)
    fault = "the meta pages are not of successive transactions";
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t file_bytes, file.Size());
  if (geometry.newest.last_page >= file_bytes / geometry.page_bytes) {
    fault = "last page beyond the end of the file";
  }
  return geometry;
}

}  // namespace varve::table
