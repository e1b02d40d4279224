#include "tests/snapshot/table_state.h"

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/table/row.h"

namespace varve::snapshot {
namespace {

class MapStream final : public table::VersionStream {
 public:
  MapStream(const Rows& rows, std::string_view begin, std::string_view end)
      : next_(rows.lower_bound(std::string(begin))),
        end_(end.empty() ? rows.end() : rows.lower_bound(std::string(end))) {}

  bool Next() override {
    if (next_ == end_) return false;
    current_ = next_++;
    version_ = 0;
    return true;
  }
  [[nodiscard]] std::string_view row_key() const override { return current_->first; }
  [[nodiscard]] std::optional<table::RowVersion> NextVersion() override {
    if (version_ == current_->second.size()) return std::nullopt;
    const StoredVersion& version = current_->second[version_++];
    return table::RowVersion{version.lsn, version.commit_time, version.deleted, version.value};
  }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  Rows::const_iterator next_;
  Rows::const_iterator end_;
  Rows::const_iterator current_;
  std::size_t version_ = 0;
};

class Note final : public Primitive {
 public:
  explicit Note(PrimitiveSpec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }

  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    if (entry.payload.empty()) return absl::DataLossError("no key");
    const auto key_bytes = static_cast<std::uint8_t>(entry.payload[0]);
    if (key_bytes >= entry.payload.size()) return absl::DataLossError("no key");
    return context.Put(0, entry.payload.substr(1, key_bytes), entry.payload.substr(1 + key_bytes));
  }

  [[nodiscard]] EntryDescription Describe(const Entry& /*entry*/) const override {
    return {"write", "note", ""};
  }

 private:
  PrimitiveSpec spec_;
};

}  // namespace

TableState::TableState() {
  applied_mark.store = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  applied_mark.applied = Lsn(42);
  applied_mark.commit_time = Timestamp(1'700'000'000'000'000);
  applied_mark.history_from = Lsn(40);
}

void TableState::Put(std::uint8_t primitive, std::uint8_t table, std::string_view key,
                     std::string_view value, std::uint64_t lsn) {
  const std::string row_key = table::MakeRowKey({PrimitiveId(primitive), table}, RunId(), key);
  rows[row_key] = {{Lsn(lsn), Timestamp(1'600'000'000'000'000 + lsn), false, std::string(value)}};
}

std::unique_ptr<table::VersionStream> TableState::NewVersionStream(std::string_view begin,
                                                                   std::string_view end) {
  return std::make_unique<MapStream>(rows, begin, end);
}

absl::StatusOr<std::optional<table::RowVersion>> TableState::Get(std::string_view /*row_key*/,
                                                                 Lsn /*at*/) {
  return absl::UnimplementedError("not needed");
}

std::unique_ptr<table::Cursor> TableState::NewCursor(Lsn /*at*/) { return nullptr; }

absl::Status TableState::VisitVersions(
    std::string_view /*row_key*/, Lsn /*at*/,
    const std::function<bool(const table::RowVersion&)>& /*visit*/) {
  return absl::UnimplementedError("not needed");
}

absl::Status RowCollector::Add(std::string_view row_key, const table::RowVersion& version,
                               bool superseded) {
  const bool known = rows.contains(std::string(row_key));
  if (known != superseded) return absl::InternalError("an older version where there is no newer");
  if (!rows.empty() && row_key < rows.rbegin()->first) return absl::InternalError("out of order");
  rows[std::string(row_key)].push_back(
      {version.lsn, version.commit_time, version.deleted, std::string(version.value)});
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> StringSource::Read(std::uint64_t count) {
  if (count > remaining()) return absl::DataLossError("the content ends");
  last_ = std::string(content_, used_, count);
  used_ += count;
  return std::string_view(last_);
}

std::unique_ptr<Primitive> MakeNote(std::uint8_t id, EntryType range, const std::string& name,
                                    std::uint8_t section_version) {
  PrimitiveSpec spec;
  spec.id = PrimitiveId(id);
  spec.name = name;
  spec.entry_range = range;
  spec.entries = {{range, name + "Put", 1}};
  spec.tables = {{0, "notes"}, {1, "more"}};
  spec.section_version = section_version;
  return std::make_unique<Note>(std::move(spec));
}

PrimitiveRegistry NoteRegistry() {
  PrimitiveRegistry registry;
  VARVE_CHECK(registry.Register(MakeNote(16, 0x80, "note")).ok());
  VARVE_CHECK(registry.Register(MakeNote(17, 0x90, "memo")).ok());
  return registry;
}

}  // namespace varve::snapshot
