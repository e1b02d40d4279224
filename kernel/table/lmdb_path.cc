#include "kernel/table/lmdb_path.h"

#include "kernel/table/guard_lazy.h"
#include "kernel/table/lmdb_checksum.h"

namespace varve::table {

bool LmdbPath::Fault(std::string_view what) {
  fault_ = what;
  return false;
}

bool LmdbPath::Seek(std::string_view key) {
  if (view_.depth == 0) return false;
  const std::size_t leaf = view_.depth - 1;
  std::uint64_t number = view_.root;
  for (std::size_t level = 0;; ++level) {
    if (!Enter(level, number)) return false;
    Place& place = places_[level];
    if (level == leaf) {
      if (!Search(place, 0, key, false)) return false;
      break;
    }
    // The first key of a branch is none: its subtree begins where its parent's does.
    if (!Search(place, 1, key, true)) return false;
    --place.index;
    number = LmdbChildOf(place.page, place.index);
  }
  return view_.guard == nullptr || CheckSurroundings(key);
}

bool LmdbPath::Enter(std::size_t level, std::uint64_t number) {
  if (number < kLmdbMetaPages || number >= view_.pages_bytes / view_.page_bytes) {
    return Fault("a page leads out of the file");
  }
  if (view_.guard != nullptr && !view_.guard->Knows(number) && !EnterUnknown(level, number)) {
    return false;
  }
  const char* page = view_.pages + number * view_.page_bytes;
  const bool leaf = level + 1 == view_.depth;
  const std::optional<std::uint32_t> count = LmdbNodeCount(page, view_.page_bytes);
  if (LmdbPageFlags(page) != (leaf ? kLmdbLeafPage : kLmdbBranchPage) || !count.has_value() ||
      *count < (leaf ? 1 : 2)) {
    return Fault("a page is of another kind");
  }
  places_[level] = {page, 0, *count};
  return true;
}

bool LmdbPath::EnterUnknown(std::size_t level, std::uint64_t number) {
  const std::optional<std::string> fault =
      view_.guard->Check(number, level + 1 == view_.depth, BoundsAt(level));
  return fault.has_value() ? Fault(*fault) : true;
}

// The pages above are known.
LmdbKeyBounds LmdbPath::BoundsAt(std::size_t level) const {
  LmdbKeyBounds bounds;
  for (std::size_t above = 0; above < level; ++above) {
    const Place& place = places_[above];
    bounds = LmdbBoundsOfChild({place.page, view_.page_bytes}, place.index, place.count, bounds);
  }
  return bounds;
}

bool LmdbPath::Search(Place& place, std::uint32_t from, std::string_view key, bool greater) {
  std::uint32_t end = place.count;
  while (from < end) {
    const std::uint32_t middle = from + (end - from) / 2;
    const auto found = ReadLmdbNodeKey(place.page, view_.page_bytes, middle);
    if (!found.has_value()) return Fault("a page holds impossible offsets");
    const int order = found->compare(key);
    if (order < 0 || (greater && order == 0)) {
      from = middle + 1;
    } else {
      end = middle;
    }
  }
  place.index = from;
  return true;
}

bool LmdbPath::MoveToSibling(bool next) {
  std::size_t level = view_.depth - 1;
  const auto at_end = [next](const Place& place) {
    return next ? place.index + 1 >= place.count : place.index == 0;
  };
  do {
    if (level == 0) return false;
    --level;
  } while (at_end(places_[level]));
  places_[level].index += next ? 1 : -1;
  for (; level + 1 < view_.depth; ++level) {
    const Place& above = places_[level];
    if (!ReadLmdbNodeKey(above.page, view_.page_bytes, above.index).has_value()) {
      return Fault("a page holds impossible offsets");
    }
    if (!Enter(level + 1, LmdbChildOf(above.page, above.index))) return false;
    Place& entered = places_[level + 1];
    if (!next) entered.index = entered.count - 1;
  }
  return true;
}

// A wrong bit in a key that separates two leaves leads a search to the wrong one of them, where it
// ends at that end. Then the other one's keys are out of its bounds.
bool LmdbPath::CheckSurroundings(std::string_view key) {
  const std::uint32_t at = index();
  if (at < count()) {
    if (!CheckNode(at)) return false;
    if (*ReadLmdbNodeKey(page(), view_.page_bytes, at) == key) return true;
  }
  if (at > 0 && !CheckNode(at - 1)) return false;
  if (at > 0 && at < count()) return true;
  for (const bool next : {false, true}) {
    if (next ? at < count() : at > 0) continue;
    LmdbPath beside = *this;
    const bool moved = beside.MoveToSibling(next);
    if (!beside.fault_.empty()) return Fault(beside.fault_);
    if (moved && !beside.CheckNode(beside.index())) return Fault(beside.fault_);
  }
  return true;
}

// The guard left out what lies outside of leaves, and with it their keys' checksums.
bool LmdbPath::CheckNode(std::uint32_t index) {
  const LmdbNode node = *ReadLmdbLeafNode(page(), view_.page_bytes, index);
  if (node.flags == 0) return true;
  const std::optional<std::string_view> entry = LmdbEntryOf(view_, node);
  return entry.has_value() && EntryIsSound(node.key, *entry) ? true
                                                             : Fault("an entry fails its checksum");
}

std::optional<std::string_view> LmdbEntryOf(const LmdbView& view, const LmdbNode& node) {
  if (node.flags == 0) return std::string_view(node.value, node.value_bytes);
  if (node.flags != kLmdbNodeOverflows) return std::nullopt;
  const auto number = LoadLittleEndian<std::uint64_t>(node.value);
  if (number >= view.pages_bytes / view.page_bytes) return std::nullopt;
  const std::string_view entry(view.pages + number * view.page_bytes + LmdbPageLayout::kHeaderBytes,
                               node.value_bytes);
  if (!view.Contains(entry)) return std::nullopt;
  return entry;
}

namespace {

absl::StatusOr<std::optional<std::string_view>> ContentOf(LmdbView& view, std::string_view key,
                                                          std::string_view entry) {
  if (!EntryIsSound(key, entry)) return view.environment->Damaged("an entry fails its checksum");
  return std::optional<std::string_view>(entry.substr(0, entry.size() - kChecksumBytes));
}

absl::StatusOr<std::optional<std::string_view>> AskLmdb(LmdbView& view, std::string_view key) {
  MDB_val wanted = ToMdb(key);
  MDB_val found;
  const MDB_dbi rows = view.environment->rows();
  const int code = CallLmdb([&] { return mdb_get(view.transaction, rows, &wanted, &found); });
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  if (code != 0) return view.Failed(code);
  return ContentOf(view, key, FromMdb(found));
}

}  // namespace

absl::StatusOr<std::optional<std::string_view>> ReadLmdbEntry(LmdbView& view,
                                                              std::string_view key) {
  if (view.pages == nullptr) return AskLmdb(view, key);
  LmdbPath path(view);
  if (!path.Seek(key)) {
    if (!path.fault().empty()) return view.environment->Damaged(path.fault());
    return std::optional<std::string_view>();
  }
  if (path.index() == path.count()) return std::optional<std::string_view>();
  const auto node = ReadLmdbLeafNode(path.page(), view.page_bytes, path.index());
  const auto entry = node.has_value() ? LmdbEntryOf(view, *node) : std::nullopt;
  if (!entry.has_value()) return view.environment->Damaged("a page holds impossible offsets");
  if (node->key != key) return std::optional<std::string_view>();
  return ContentOf(view, key, *entry);
}

}  // namespace varve::table
