// The tables of primitives, as simply as they can be kept: a sorted map. What a primitive's Apply,
// Save and Load must do is checked against it, and with it: the real store must agree.
#ifndef VARVE_TESTS_CONFORMANCE_MODEL_TABLES_H_
#define VARVE_TESTS_CONFORMANCE_MODEL_TABLES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/primitive.h"

namespace varve::conformance {

struct ModelVersion {
  Lsn lsn;
  Timestamp commit_time;
  bool deleted = false;
  std::string value;
  friend bool operator==(const ModelVersion&, const ModelVersion&) = default;
};

// Copyable: a copy is a state to try things on. Not thread-safe.
class ModelTables final : public RowSink {
 public:
  // Row key -> versions, newest first.
  using Rows = std::map<std::string, std::vector<ModelVersion>, std::less<>>;

  // Runs primitive.Apply on the newest state as transaction `lsn`, which must not be below an
  // earlier one. After an error the tables are as before.
  [[nodiscard]] absl::Status Apply(const Primitive& primitive, const Entry& entry, Lsn lsn,
                                   Timestamp commit_time);

  // The section that the primitive saves of its rows: all versions, or only the newest of rows that
  // exist (what a store without history holds).
  enum class Keep { kHistory, kCurrent };
  [[nodiscard]] absl::StatusOr<std::string> Save(const Primitive& primitive, Keep keep) const;
  // Adds the rows of a section. kInternal: the primitive gave them out of order, or gave a row of
  // another primitive.
  [[nodiscard]] absl::Status Load(const Primitive& primitive, std::uint8_t section_version,
                                  std::string_view section);

  [[nodiscard]] absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                 bool superseded) override;

  // Drops history and tombstones.
  [[nodiscard]] ModelTables Current() const;

  [[nodiscard]] const Rows& rows() const { return rows_; }
  // The newest version of a row; null where it does not exist.
  [[nodiscard]] const ModelVersion* Find(TableId table, const RunId& run,
                                         std::string_view key) const;
  // The first difference to `other`, for people; empty where they are equal.
  [[nodiscard]] std::string Difference(const ModelTables& other) const;

 private:
  Rows rows_;
};

}  // namespace varve::conformance

#endif  // VARVE_TESTS_CONFORMANCE_MODEL_TABLES_H_
