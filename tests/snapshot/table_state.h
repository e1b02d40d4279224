// States and primitives for the tests of snapshots: everything by hand, nothing of the table layer.
#ifndef VARVE_TESTS_SNAPSHOT_TABLE_STATE_H_
#define VARVE_TESTS_SNAPSHOT_TABLE_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/primitive.h"
#include "kernel/registry.h"
#include "kernel/section.h"
#include "kernel/table/materialized_store.h"

namespace varve::snapshot {

struct StoredVersion {
  Lsn lsn;
  Timestamp commit_time;
  bool deleted = false;
  std::string value;
  friend bool operator==(const StoredVersion&, const StoredVersion&) = default;
};

// Row key -> versions, newest first.
using Rows = std::map<std::string, std::vector<StoredVersion>>;

// A state in memory, as a materialized store would show it. `rows` may be changed between uses.
class TableState final : public table::MaterializedReader {
 public:
  TableState();

  Rows rows;
  table::AppliedMark applied_mark;

  // Adds a current row of the default run.
  void Put(std::uint8_t primitive, std::uint8_t table, std::string_view key, std::string_view value,
           std::uint64_t lsn);

  [[nodiscard]] const table::AppliedMark& mark() const override { return applied_mark; }
  [[nodiscard]] std::unique_ptr<table::VersionStream> NewVersionStream(
      std::string_view begin, std::string_view end) override;
  // Not needed here: kUnimplemented, nullptr.
  [[nodiscard]] absl::StatusOr<std::optional<table::RowVersion>> Get(std::string_view row_key,
                                                                     Lsn at) override;
  [[nodiscard]] std::unique_ptr<table::Cursor> NewCursor(Lsn at) override;
  [[nodiscard]] absl::Status VisitVersions(
      std::string_view row_key, Lsn at,
      const std::function<bool(const table::RowVersion&)>& visit) override;
};

// Gathers loaded rows; checks what LoadSnapshot promises a sink.
class RowCollector final : public RowSink {
 public:
  [[nodiscard]] absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                 bool superseded) override;
  Rows rows;
};

// Content in memory, in place of a section.
class StringSink final : public SectionSink {
 public:
  [[nodiscard]] absl::Status Append(std::string_view bytes) override {
    content.append(bytes);
    return absl::OkStatus();
  }
  std::string content;
};

class StringSource final : public SectionSource {
 public:
  explicit StringSource(std::string content) : content_(std::move(content)) {}
  [[nodiscard]] absl::StatusOr<std::string_view> Read(std::uint64_t count) override;
  [[nodiscard]] std::uint64_t remaining() const override { return content_.size() - used_; }

 private:
  std::string content_;
  std::size_t used_ = 0;
  std::string last_;  // a copy, so that a view kept for too long is seen by the sanitizer
};

// A primitive that takes one payload byte as key length, then key and value, and puts them into
// table 0. Saves and loads by default.
[[nodiscard]] std::unique_ptr<Primitive> MakeNote(std::uint8_t id, EntryType range,
                                                  const std::string& name,
                                                  std::uint8_t section_version = 1);

[[nodiscard]] PrimitiveRegistry NoteRegistry();  // ids 16 and 17: "note", "memo"

}  // namespace varve::snapshot

#endif  // VARVE_TESTS_SNAPSHOT_TABLE_STATE_H_
