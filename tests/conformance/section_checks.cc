// Save and Load: (P4), and that a snapshot may stand in for the log before it.
#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "tests/conformance/check_support.h"

namespace varve::conformance {

namespace {

using Keep = ModelTables::Keep;

constexpr std::size_t kTruncationsMax = 300;
constexpr std::size_t kDamages = 400;
constexpr std::size_t kEntriesAfterDamage = 20;

ModelTables Kept(const ModelTables& tables, Keep keep) {
  return keep == Keep::kHistory ? tables : tables.Current();
}

std::string_view NameOf(Keep keep) {
  return keep == Keep::kHistory ? "with history" : "without history";
}

// The state that the whole history leaves.
absl::StatusOr<ModelTables> FinalRows(const Subject& subject, const RecordedHistory& history) {
  ModelTables rows;
  VARVE_RETURN_IF_ERROR(Replay(history, *subject.make(), rows));
  return rows;
}

// A damaged section that Load let pass: whatever it became, Apply must cope with it.
absl::Status UseDamagedRows(const Primitive& primitive, const RecordedHistory& history,
                            ModelTables rows) {
  Lsn lsn = history.back().lsn;
  std::size_t left = kEntriesAfterDamage;
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) {
      if (left-- == 0) return absl::OkStatus();
      lsn = lsn.Next();
      const absl::Status status = rows.Apply(primitive, entry.view(), lsn, Timestamp(1));
      if (!status.ok() && !IsHonestRefusal(status)) {
        return Broken("(P3) Apply answers damaged rows with ", FromAbsl(status.ToString()));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSectionRoundTrip(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  VARVE_ASSIGN_OR_RETURN(const ModelTables rows, FinalRows(subject, history));
  for (const Keep keep : {Keep::kHistory, Keep::kCurrent}) {
    const std::unique_ptr<Primitive> saver = subject.make();
    const std::unique_ptr<Primitive> loader = subject.make();
    VARVE_ASSIGN_OR_RETURN(const std::string section, rows.Save(*saver, keep));
    ModelTables loaded;
    VARVE_RETURN_IF_ERROR(loaded.Load(*loader, saver->spec().section_version, section));
    if (const std::string difference = Kept(rows, keep).Difference(loaded); !difference.empty()) {
      return Broken("(P4) a section ", NameOf(keep), " came back otherwise: ", difference);
    }
  }
  // Nothing is a state too.
  const std::unique_ptr<Primitive> primitive = subject.make();
  VARVE_ASSIGN_OR_RETURN(const std::string empty, ModelTables().Save(*primitive, Keep::kHistory));
  ModelTables loaded;
  VARVE_RETURN_IF_ERROR(loaded.Load(*primitive, primitive->spec().section_version, empty));
  if (!loaded.rows().empty()) return Broken("(P4) an empty section gave rows");
  return absl::OkStatus();
}

absl::Status CheckSectionBytesAreStable(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  VARVE_ASSIGN_OR_RETURN(const ModelTables rows, FinalRows(subject, history));
  VARVE_ASSIGN_OR_RETURN(const ModelTables again, FinalRows(subject, history));
  const std::unique_ptr<Primitive> first = subject.make();
  const std::unique_ptr<Primitive> second = subject.make();
  for (const Keep keep : {Keep::kHistory, Keep::kCurrent}) {
    VARVE_ASSIGN_OR_RETURN(const std::string section, rows.Save(*first, keep));
    VARVE_ASSIGN_OR_RETURN(const std::string same, again.Save(*second, keep));
    if (section != same) return Broken("two instances saved the same rows as different bytes");
    ModelTables loaded;
    VARVE_RETURN_IF_ERROR(loaded.Load(*first, first->spec().section_version, section));
    VARVE_ASSIGN_OR_RETURN(const std::string after, loaded.Save(*first, keep));
    if (section != after) return Broken("a section saved after its load has different bytes");
  }
  return absl::OkStatus();
}

absl::Status CheckSnapshotPlusRestIsReplay(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  VARVE_ASSIGN_OR_RETURN(const ModelTables whole, FinalRows(subject, history));
  const std::unique_ptr<Primitive> before = subject.make();
  const std::span<const RecordedTransaction> all(history);
  ModelTables rows;
  for (std::size_t split = 0; split <= all.size(); ++split) {
    if (split > 0) VARVE_RETURN_IF_ERROR(Replay(all.subspan(split - 1, 1), *before, rows));
    for (const Keep keep : {Keep::kHistory, Keep::kCurrent}) {
      VARVE_ASSIGN_OR_RETURN(const std::string section, rows.Save(*before, keep));
      // A new process: an instance that has seen nothing but the section.
      const std::unique_ptr<Primitive> after = subject.make();
      ModelTables restored;
      VARVE_RETURN_IF_ERROR(restored.Load(*after, after->spec().section_version, section));
      VARVE_RETURN_IF_ERROR(Replay(all.subspan(split), *after, restored));
      const std::string difference = keep == Keep::kHistory
                                         ? whole.Difference(restored)
                                         : whole.Current().Difference(restored.Current());
      if (!difference.empty()) {
        return Broken("a snapshot ", NameOf(keep), " behind transaction ", split,
                      " and the log after it gave other rows: ", difference);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLoadSurvivesHostileBytes(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  VARVE_ASSIGN_OR_RETURN(const ModelTables rows, FinalRows(subject, history));
  const std::unique_ptr<Primitive> primitive = subject.make();
  VARVE_ASSIGN_OR_RETURN(const std::string section, rows.Save(*primitive, Keep::kHistory));
  std::mt19937_64 random(seed);
  const std::size_t step = 1 + section.size() / kTruncationsMax;
  const std::size_t truncations = section.size() / step;
  for (std::size_t i = 0; i < truncations + kDamages; ++i) {
    const std::string hostile =
        i < truncations ? section.substr(0, i * step) : Damaged(section, random);
    ModelTables loaded;
    const absl::Status status = loaded.Load(*primitive, primitive->spec().section_version, hostile);
    if (status.ok()) {
      VARVE_RETURN_IF_ERROR(UseDamagedRows(*primitive, history, std::move(loaded)));
    } else if (!absl::IsDataLoss(status)) {
      return Broken("(P3) Load answers a damaged section with ", FromAbsl(status.ToString()));
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::conformance
