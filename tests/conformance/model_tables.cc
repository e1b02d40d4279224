#include "tests/conformance/model_tables.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/table/row.h"

namespace varve::conformance {

namespace {

absl::Status Broken(std::string_view what) { return absl::InternalError(ToAbsl(what)); }

class ListScan final : public RowScan {
 public:
  explicit ListScan(std::vector<Row> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] bool valid() const override { return at_ < rows_.size(); }
  void Next() override { ++at_; }
  [[nodiscard]] const Row& row() const override { return rows_[at_]; }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

class FailedScan final : public RowScan {
 public:
  explicit FailedScan(absl::Status status) : status_(std::move(status)) {}
  [[nodiscard]] bool valid() const override { return false; }
  void Next() override {}
  [[nodiscard]] const Row& row() const override { return row_; }
  [[nodiscard]] absl::Status status() const override { return status_; }

 private:
  absl::Status status_;
  Row row_{};
};

// One Apply: what it writes is kept apart until it succeeds.
class ModelContext final : public ApplyContext {
 public:
  using Writes = std::map<std::string, std::optional<std::string>, std::less<>>;

  ModelContext(const ModelTables::Rows& base, const PrimitiveSpec& spec, const RunId& run, Lsn lsn,
               Timestamp commit_time)
      : base_(base), spec_(spec), run_(run), lsn_(lsn), commit_time_(commit_time) {}

  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(std::uint8_t table,
                                                       std::string_view key) override {
    VARVE_RETURN_IF_ERROR(CheckTable(table));
    return Find(table::MakeRowKey({spec_.id, table}, run_, key));
  }

  [[nodiscard]] std::unique_ptr<RowScan> Scan(std::uint8_t table, const KeyRange& range,
                                              Order order) override {
    if (absl::Status status = CheckTable(table); !status.ok()) {
      return std::make_unique<FailedScan>(std::move(status));
    }
    std::string prefix;
    table::AppendRowKeyPrefix(prefix, {spec_.id, table}, run_);
    const std::string begin = prefix + range.begin;
    const std::string end = range.end.empty() ? table::PrefixEnd(prefix) : prefix + range.end;
    std::map<std::string, bool> keys;
    const auto within = [&](std::string_view key) { return key >= begin && key < end; };
    for (auto row = base_.lower_bound(begin); row != base_.end() && within(row->first); ++row) {
      keys[row->first] = true;
    }
    for (auto row = writes_.lower_bound(begin); row != writes_.end() && within(row->first); ++row) {
      keys[row->first] = true;
    }
    std::vector<Row> rows;
    for (const auto& [row_key, unused] : keys) {
      if (const std::optional<Row> row = Find(row_key)) rows.push_back(*row);
    }
    if (order == Order::kReverse) std::reverse(rows.begin(), rows.end());
    return std::make_unique<ListScan>(std::move(rows));
  }

  [[nodiscard]] absl::Status Put(std::uint8_t table, std::string_view key,
                                 std::string_view value) override {
    VARVE_RETURN_IF_ERROR(CheckWrite(table, key));
    if (value.size() > kTableValueBytesMax) return fault_ = Broken("Apply put too long a value");
    writes_[table::MakeRowKey({spec_.id, table}, run_, key)] = std::string(value);
    return absl::OkStatus();
  }

  [[nodiscard]] absl::Status Delete(std::uint8_t table, std::string_view key) override {
    VARVE_RETURN_IF_ERROR(CheckWrite(table, key));
    writes_[table::MakeRowKey({spec_.id, table}, run_, key)] = std::nullopt;
    return absl::OkStatus();
  }

  [[nodiscard]] Lsn lsn() override { return lsn_; }
  [[nodiscard]] Timestamp commit_time() override { return commit_time_; }

  [[nodiscard]] const Writes& writes() const { return writes_; }
  // A breach of the contract, also where Apply swallowed the answer.
  [[nodiscard]] const absl::Status& fault() const { return fault_; }

 private:
  absl::Status CheckTable(std::uint8_t table) {
    for (const TableSpec& declared : spec_.tables) {
      if (declared.number == table) return absl::OkStatus();
    }
    return fault_ = Broken("Apply uses a table that its spec does not declare");
  }

  absl::Status CheckWrite(std::uint8_t table, std::string_view key) {
    VARVE_RETURN_IF_ERROR(CheckTable(table));
    if (key.size() > kTableKeyBytesMax) return fault_ = Broken("Apply wrote too long a key");
    return absl::OkStatus();
  }

  // Rows borrow from strings that live as long as the context, whatever is written later.
  std::optional<Row> Find(const std::string& row_key) {
    const auto parts = table::ParseRowKey(row_key);
    const std::string& key = kept_.emplace_back(parts->key);
    if (const auto write = writes_.find(row_key); write != writes_.end()) {
      if (!write->second.has_value()) return std::nullopt;
      return Row{
          .key = key, .value = kept_.emplace_back(*write->second), .lsn = {}, .commit_time = {}};
    }
    const auto row = base_.find(row_key);
    if (row == base_.end() || row->second.front().deleted) return std::nullopt;
    const ModelVersion& version = row->second.front();
    return Row{
        .key = key, .value = version.value, .lsn = version.lsn, .commit_time = version.commit_time};
  }

  const ModelTables::Rows& base_;
  const PrimitiveSpec& spec_;
  RunId run_;
  Lsn lsn_;
  Timestamp commit_time_;
  Writes writes_;
  std::deque<std::string> kept_;
  absl::Status fault_;
};

class ModelStream final : public table::VersionStream {
 public:
  ModelStream(const ModelTables::Rows& rows, PrimitiveId primitive, ModelTables::Keep keep)
      : keep_(keep), prefix_(1, static_cast<char>(primitive.value())) {
    next_ = rows.lower_bound(prefix_);
    end_ = rows.end();
  }

  bool Next() override {
    for (; next_ != end_ && next_->first.starts_with(prefix_); ++next_) {
      if (keep_ == ModelTables::Keep::kCurrent && next_->second.front().deleted) continue;
      row_ = next_++;
      version_ = 0;
      return true;
    }
    return false;
  }
  [[nodiscard]] std::string_view row_key() const override { return row_->first; }
  [[nodiscard]] std::optional<table::RowVersion> NextVersion() override {
    const std::size_t kept =
        keep_ == ModelTables::Keep::kHistory ? row_->second.size() : std::size_t{1};
    if (version_ == kept) return std::nullopt;
    const ModelVersion& version = row_->second[version_++];
    return table::RowVersion{.lsn = version.lsn,
                             .commit_time = version.commit_time,
                             .deleted = version.deleted,
                             .value = version.value};
  }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  ModelTables::Keep keep_;
  std::string prefix_;
  ModelTables::Rows::const_iterator next_;
  ModelTables::Rows::const_iterator end_;
  ModelTables::Rows::const_iterator row_;
  std::size_t version_ = 0;
};

class StringSink final : public SectionSink {
 public:
  [[nodiscard]] absl::Status Append(std::string_view bytes) override {
    content_.append(bytes);
    return absl::OkStatus();
  }
  std::string Take() { return std::move(content_); }

 private:
  std::string content_;
};

// Hands out every read in memory of its own, so that a view kept too long is seen by a sanitizer.
class StringSource final : public SectionSource {
 public:
  explicit StringSource(std::string_view content) : rest_(content) {}
  [[nodiscard]] absl::StatusOr<std::string_view> Read(std::uint64_t count) override {
    if (count > rest_.size()) return absl::DataLossError("the section ends here");
    last_ = std::make_unique<std::string>(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return *last_;
  }
  [[nodiscard]] std::uint64_t remaining() const override { return rest_.size(); }

 private:
  std::string_view rest_;
  std::unique_ptr<std::string> last_;
};

// Passes rows on to the tables once they are seen to belong to `primitive`.
class CheckedSink final : public RowSink {
 public:
  CheckedSink(ModelTables& tables, PrimitiveId primitive)
      : tables_(tables), primitive_(static_cast<char>(primitive.value())) {}
  [[nodiscard]] absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                 bool superseded) override {
    if (row_key.empty() || row_key.front() != primitive_) {
      return Broken("Load gave a row of another primitive");
    }
    return tables_.Add(row_key, version, superseded);
  }

 private:
  ModelTables& tables_;
  char primitive_;
};

std::string ForPeople(const std::string& row_key, const std::vector<ModelVersion>* versions) {
  std::string text = "row " + absl::CHexEscape(row_key) + ":";
  if (versions == nullptr) return text + " none";
  for (const ModelVersion& version : *versions) {
    text += " [" + std::to_string(version.lsn.value()) + "] ";
    text += version.deleted ? "deleted" : absl::CHexEscape(version.value.substr(0, 64));
  }
  return text;
}

}  // namespace

absl::Status ModelTables::Apply(const Primitive& primitive, const Entry& entry, Lsn lsn,
                                Timestamp commit_time) {
  ModelContext context(rows_, primitive.spec(), entry.run, lsn, commit_time);
  const absl::Status status = primitive.Apply(entry, context);
  VARVE_RETURN_IF_ERROR(context.fault());
  VARVE_RETURN_IF_ERROR(status);
  for (const auto& [row_key, value] : context.writes()) {
    std::vector<ModelVersion>& versions = rows_[row_key];
    // Of one transaction's writes to a row the last one counts.
    if (!versions.empty() && versions.front().lsn == lsn) versions.erase(versions.begin());
    versions.insert(versions.begin(), ModelVersion{.lsn = lsn,
                                                   .commit_time = commit_time,
                                                   .deleted = !value.has_value(),
                                                   .value = value.value_or("")});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ModelTables::Save(const Primitive& primitive, Keep keep) const {
  ModelStream stream(rows_, primitive.spec().id, keep);
  StringSink sink;
  VARVE_RETURN_IF_ERROR(primitive.Save(stream, sink));
  return sink.Take();
}

absl::Status ModelTables::Load(const Primitive& primitive, std::uint8_t section_version,
                               std::string_view section) {
  StringSource source(section);
  CheckedSink sink(*this, primitive.spec().id);
  return primitive.Load(section_version, source, sink);
}

absl::Status ModelTables::Add(std::string_view row_key, const table::RowVersion& version,
                              bool superseded) {
  if (!table::ParseRowKey(row_key).has_value()) return Broken("Load gave a malformed row key");
  const ModelVersion added{.lsn = version.lsn,
                           .commit_time = version.commit_time,
                           .deleted = version.deleted,
                           .value = std::string(version.value)};
  if (superseded) {
    if (rows_.empty() || rows_.rbegin()->first != row_key) {
      return Broken("Load gave an older version of a row other than the last");
    }
    rows_.rbegin()->second.push_back(added);
    return absl::OkStatus();
  }
  if (!rows_.empty() && rows_.rbegin()->first >= row_key) {
    return Broken("Load gave rows out of order");
  }
  rows_.emplace(row_key, std::vector<ModelVersion>{added});
  return absl::OkStatus();
}

ModelTables ModelTables::Current() const {
  ModelTables current;
  for (const auto& [row_key, versions] : rows_) {
    if (!versions.front().deleted) current.rows_[row_key] = {versions.front()};
  }
  return current;
}

const ModelVersion* ModelTables::Find(TableId table, const RunId& run, std::string_view key) const {
  const auto row = rows_.find(table::MakeRowKey(table, run, key));
  if (row == rows_.end() || row->second.front().deleted) return nullptr;
  return &row->second.front();
}

std::string ModelTables::Difference(const ModelTables& other) const {
  for (const auto& [row_key, versions] : rows_) {
    const auto theirs = other.rows_.find(row_key);
    if (theirs == other.rows_.end()) {
      return ForPeople(row_key, &versions) + ", against " + ForPeople(row_key, nullptr);
    }
    if (theirs->second != versions) {
      return ForPeople(row_key, &versions) + ", against " + ForPeople(row_key, &theirs->second);
    }
  }
  for (const auto& [row_key, versions] : other.rows_) {
    if (!rows_.contains(row_key)) {
      return ForPeople(row_key, nullptr) + ", against " + ForPeople(row_key, &versions);
    }
  }
  return "";
}

}  // namespace varve::conformance
