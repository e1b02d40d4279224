// The materialized rows of no store: a file of LMDB, by itself.
#ifndef VARVE_TESTS_CRASH_PROOF_ROWS_FILE_H_
#define VARVE_TESTS_CRASH_PROOF_ROWS_FILE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/table/materialized_store.h"
#include "tests/crash/proof/ground.h"

namespace varve::crash {

inline constexpr std::uint64_t kRowsMapBytes = std::uint64_t{192} << 10;  // grows

[[nodiscard]] std::string RowsPath(Ground& ground);
// That of state `number`.
[[nodiscard]] table::AppliedMark MarkOfRows(std::uint64_t number);
// An empty file, where the ground is a real one.
[[nodiscard]] absl::Status MakeRows(std::unique_ptr<Ground>& ground);
// Whether they can be used after an errand with this result. Where not, a store makes them anew:
// they are known to be damaged, or the file lacks its end, which a commit writes last. False, too,
// where the ground is no real one.
[[nodiscard]] absl::StatusOr<bool> RowsAreSound(Ground& ground, const absl::Status& result);

// One row, "k", with one version, and an error behind it.
class BrokenVersions final : public table::VersionStream {
 public:
  // It says that it has so many keys. With `within` the error comes among the versions of the row.
  BrokenVersions(std::uint64_t keys, bool within) : keys_(keys), within_(within) {}
  bool Next() override;
  [[nodiscard]] std::string_view row_key() const override { return "k"; }
  [[nodiscard]] std::optional<table::RowVersion> NextVersion() override;
  [[nodiscard]] absl::Status status() const override { return status_; }
  [[nodiscard]] std::uint64_t key_count() const override { return keys_; }

 private:
  const std::uint64_t keys_;
  const bool within_;
  bool begun_ = false;
  bool version_given_ = false;
  absl::Status status_;
};

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_ROWS_FILE_H_
