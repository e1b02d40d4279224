// The row stream: docs/format/snapshot.md, SNAP-R1 to SNAP-R7.
#include "kernel/section.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/table/row.h"

namespace varve {
namespace {

// SNAP-R2. Frozen at format version 1.
enum RowFlags : std::uint8_t {
  kRowDeleted = 1 << 0,
  kRowSuperseded = 1 << 1,
  kRowScope = 1 << 2,  // table and run follow
  kRowFlagsKnown = kRowDeleted | kRowSuperseded | kRowScope,
};

constexpr std::size_t kVarintBytesMax = 10;
// The scope of a row key: everything between the primitive id and the key.
constexpr std::size_t kScopeBytesNil = 2;
constexpr std::size_t kScopeBytesRun = 18;
// Flags, scope, LSN, commit time, key length, value length.
constexpr std::size_t kRowHeadBytesMax = 1 + kScopeBytesRun + 4 * kVarintBytesMax;
// A key up to this long is handed on together with its head.
constexpr std::size_t kShortKeyBytesMax = 64;
constexpr std::uint64_t kWindowBytes = std::uint64_t{64} << 10;

char* PutVarint(char* to, std::uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

// Small differences in either direction become small numbers; the subtraction may wrap.
std::uint64_t ZigZag(std::uint64_t now, std::uint64_t before) {
  const auto difference = static_cast<std::int64_t>(now - before);
  return (static_cast<std::uint64_t>(difference) << 1) ^
         static_cast<std::uint64_t>(difference >> 63);
}

std::uint64_t UnZigZag(std::uint64_t code, std::uint64_t before) {
  return before + ((code >> 1) ^ (~(code & 1) + 1));
}

// The scope at the front of `bytes` (a row key behind its primitive id); empty where malformed.
std::string_view ScopeOf(std::string_view bytes) {
  if (bytes.size() < kScopeBytesNil) return {};
  if (bytes[1] == 0) return bytes.substr(0, kScopeBytesNil);
  if (bytes[1] != 1 || bytes.size() < kScopeBytesRun) return {};
  const std::string_view scope = bytes.substr(0, kScopeBytesRun);
  // A second spelling of the nil run would be a second identity of the same row.
  const bool nil = scope.find_first_not_of('\0', kScopeBytesNil) == std::string_view::npos;
  return nil ? std::string_view{} : scope;
}

class RowWriter final {
 public:
  explicit RowWriter(SectionSink& sink) : sink_(sink) {}

  absl::Status StartKey(std::string_view row_key) {
    const std::string_view scope =
        ScopeOf(row_key.substr(std::min<std::size_t>(1, row_key.size())));
    if (scope.empty()) return absl::InternalError("a row key without table and run");
    if (!row_key_.empty() && row_key <= std::string_view(row_key_)) {
      return absl::InternalError("rows to be saved are not in ascending order");
    }
    new_scope_ = std::string_view(row_key_)
                     .substr(0, scope_bytes_)
                     .substr(std::min<std::size_t>(1, scope_bytes_)) != scope;
    row_key_.assign(row_key);
    scope_bytes_ = 1 + scope.size();
    first_version_ = true;
    return absl::OkStatus();
  }

  absl::Status AddVersion(const table::RowVersion& version) {
    char head[kRowHeadBytesMax + kShortKeyBytesMax];
    char* to = head + 1;
    int flags = version.deleted ? kRowDeleted : 0;
    if (!first_version_) flags |= kRowSuperseded;
    if (first_version_ && new_scope_) {
      flags |= kRowScope;
      std::memcpy(to, row_key_.data() + 1, scope_bytes_ - 1);
      to += scope_bytes_ - 1;
    }
    if (!first_version_ && version.lsn >= lsn_) {
      return absl::InternalError("versions to be saved are not newest first");
    }
    head[0] = static_cast<char>(flags);
    to = PutVarint(to, ZigZag(version.lsn.value(), lsn_.value()));
    to = PutVarint(to, ZigZag(version.commit_time.micros(), commit_time_.micros()));
    const std::string_view key =
        first_version_ ? std::string_view(row_key_).substr(scope_bytes_) : std::string_view{};
    if (first_version_) to = PutVarint(to, key.size());
    if (!version.deleted) to = PutVarint(to, version.value.size());
    lsn_ = version.lsn;
    commit_time_ = version.commit_time;
    first_version_ = false;
    const bool key_follows = key.size() > kShortKeyBytesMax;
    if (!key_follows) to = std::copy(key.begin(), key.end(), to);
    VARVE_RETURN_IF_ERROR(
        sink_.Append(std::string_view(head, static_cast<std::size_t>(to - head))));
    if (key_follows) VARVE_RETURN_IF_ERROR(sink_.Append(key));
    return version.deleted ? absl::OkStatus() : sink_.Append(version.value);
  }

 private:
  SectionSink& sink_;
  std::string row_key_;          // of the row being written; empty before the first
  std::size_t scope_bytes_ = 0;  // of row_key_: primitive id, table, run
  bool new_scope_ = false;
  bool first_version_ = false;
  Lsn lsn_;  // of the version written last
  Timestamp commit_time_;
};

// Turns a source's exact reads into a window in which a head of unknown length can be parsed.
class SourceWindow final {
 public:
  explicit SourceWindow(SectionSource& source) : source_(source) {}

  [[nodiscard]] bool at_end() const { return rest_.empty() && source_.remaining() == 0; }
  [[nodiscard]] std::uint64_t remaining() const { return rest_.size() + source_.remaining(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void Consume(std::size_t bytes) { rest_.remove_prefix(bytes); }

  // Makes rest() at least `bytes` long, or as long as the source allows.
  absl::Status Want(std::uint64_t bytes) {
    if (rest_.size() >= bytes || source_.remaining() == 0) return absl::OkStatus();
    std::string joined(rest_);
    while (joined.size() < bytes && source_.remaining() > 0) {
      const std::uint64_t step = std::min(source_.remaining(), kWindowBytes);
      VARVE_ASSIGN_OR_RETURN(const std::string_view block, source_.Read(step));
      joined.append(block);
    }
    spill_ = std::move(joined);
    rest_ = spill_;
    return absl::OkStatus();
  }

 private:
  SectionSource& source_;
  std::string spill_;
  std::string_view rest_;
};

// Reads a head from `bytes`; ok() turns false at the end of them or on a varint that is too long.
class HeadReader final {
 public:
  explicit HeadReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && used_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(bytes_[used_++]);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;  // SNAP-R3: the shortest form only
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  std::uint8_t Byte() {
    if (used_ < bytes_.size()) return static_cast<std::uint8_t>(bytes_[used_++]);
    ok_ = false;
    return 0;
  }

  std::string_view Scope() {
    const std::string_view scope = ScopeOf(bytes_.substr(used_));
    if (scope.empty()) ok_ = false;
    used_ += scope.size();
    return scope;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::string_view bytes_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

class RowLoader final {
 public:
  RowLoader(PrimitiveId primitive, SectionSource& source, RowSink& sink)
      : primitive_(primitive), window_(source), sink_(sink), content_bytes_(source.remaining()) {}

  absl::Status Run() {
    while (!window_.at_end()) {
      VARVE_RETURN_IF_ERROR(window_.Want(kRowHeadBytesMax));
      row_offset_ = content_bytes_ - window_.remaining();
      VARVE_RETURN_IF_ERROR(LoadHead());
      VARVE_RETURN_IF_ERROR(LoadBytes());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Fault(std::string_view found) const {
    return MakeStatus(absl::StatusCode::kDataLoss, "row stream of primitive ",
                      std::uint64_t{primitive_.value()}, ", content offset ", row_offset_, ": ",
                      found);
  }

  absl::Status LoadHead() {
    HeadReader head(window_.rest());
    const std::uint8_t flags = head.Byte();
    if ((flags & ~kRowFlagsKnown) != 0) return Fault("unknown row flags");
    version_.deleted = (flags & kRowDeleted) != 0;
    superseded_ = (flags & kRowSuperseded) != 0;
    const bool scoped = (flags & kRowScope) != 0;
    if (row_key_.empty() && !scoped) return Fault("the first row names no table");
    if (superseded_ && scoped) return Fault("an older version names a table");
    if (scoped) VARVE_RETURN_IF_ERROR(TakeScope(head.Scope()));
    const Lsn newer = version_.lsn;
    version_.lsn = Lsn(UnZigZag(head.Varint(), newer.value()));
    version_.commit_time = Timestamp(UnZigZag(head.Varint(), version_.commit_time.micros()));
    key_bytes_ = superseded_ ? 0 : head.Varint();
    value_bytes_ = version_.deleted ? 0 : head.Varint();
    if (!head.ok()) return Fault("a row head that is cut off or malformed");
    if (superseded_ && version_.lsn >= newer) return Fault("versions not newest first");
    if (key_bytes_ > kTableKeyBytesMax) return Fault("a key longer than any table allows");
    if (value_bytes_ > kTableValueBytesMax) return Fault("a value longer than any table allows");
    window_.Consume(head.used());
    if (key_bytes_ + value_bytes_ > window_.remaining()) return Fault("the content ends in a row");
    return absl::OkStatus();
  }

  absl::Status TakeScope(std::string_view scope) {
    if (scope.empty()) return Fault("a malformed table and run");
    if (static_cast<std::uint8_t>(scope[0]) >= kPrimitiveTablesMax) {
      return Fault("a table number beyond the limit");
    }
    if (!row_key_.empty() && scope == scope_) return Fault("the same table and run named twice");
    scope_.assign(scope);
    return absl::OkStatus();
  }

  absl::Status LoadBytes() {
    VARVE_RETURN_IF_ERROR(window_.Want(key_bytes_ + value_bytes_));
    const std::string_view bytes = window_.rest();
    if (!superseded_) {
      next_key_.assign(1, static_cast<char>(primitive_.value()));
      next_key_.append(scope_);
      next_key_.append(bytes.substr(0, key_bytes_));
      if (!row_key_.empty() && next_key_ <= row_key_) return Fault("keys not in ascending order");
      row_key_.swap(next_key_);
    }
    version_.value = bytes.substr(key_bytes_, value_bytes_);
    VARVE_RETURN_IF_ERROR(sink_.Add(row_key_, version_, superseded_));
    window_.Consume(key_bytes_ + value_bytes_);
    return absl::OkStatus();
  }

  PrimitiveId primitive_;
  SourceWindow window_;
  RowSink& sink_;
  std::uint64_t content_bytes_;
  std::uint64_t row_offset_ = 0;
  std::string scope_;
  std::string row_key_;  // of the row read last; empty before the first
  std::string next_key_;
  table::RowVersion version_;  // of the row being read; the one before while its head is parsed
  bool superseded_ = false;
  std::uint64_t key_bytes_ = 0;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace

absl::Status SaveRows(table::VersionStream& rows, SectionSink& sink) {
  RowWriter writer(sink);
  while (rows.Next()) {
    VARVE_RETURN_IF_ERROR(writer.StartKey(rows.row_key()));
    while (const std::optional<table::RowVersion> version = rows.NextVersion()) {
      VARVE_RETURN_IF_ERROR(writer.AddVersion(*version));
    }
  }
  return rows.status();
}

absl::Status LoadRows(PrimitiveId primitive, SectionSource& source, RowSink& sink) {
  return RowLoader(primitive, source, sink).Run();
}

}  // namespace varve
