// The suite itself: primitives broken on purpose, each in one way, must fail the check that guards
// against it; and the same primitive unbroken must pass.
#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "crash/crash_fuzz.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernel/base/status.h"
#include "kernel/read_view.h"
#include "primitives/kv/kv.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_payload.h"
#include "primitives/template/tally_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve::conformance {
namespace {

enum class Fault {
  kNone,
  kKeepsState,          // Apply counts its calls and stores the count
  kInstancesDiffer,     // each instance stores a number of its own
  kFailsLater,          // refuses every 40th call
  kWrongCode,           // an undecodable payload is "internal"
  kTakesAnyVersion,     // applies payload versions from the future
  kSaveForgets,         // the section lacks the last row
  kSaveCounts,          // the section begins with how often Save was called
  kLoadChangesTimes,    // loaded rows have another commit time
  kLoadWrongCode,       // a damaged section is "internal"
  kDescribesRawBytes,   // names reach the terminal as they are
  kWritesUndeclared,    // Apply writes a table that the spec lacks
  kUnknownCode,         // an undecodable payload is "unknown"
  kFindsFaults,         // CheckRows refuses what Apply wrote
  kDescribesWholeRows,  // rows are shown whole, however long
  kKnowsItsRun,         // rows hold the run that they belong to
  kMissesErasure,       // what it keeps in memory does not follow deletions
};

// Passes on all rows but the last.
class ForgetfulStream final : public table::VersionStream {
 public:
  explicit ForgetfulStream(table::VersionStream& rows) : rows_(rows) { Fetch(); }
  bool Next() override {
    if (!more_) return false;
    key_ = next_key_;
    version_ = next_;
    value_ = next_value_;
    given_ = false;
    Fetch();
    return more_;
  }
  [[nodiscard]] std::string_view row_key() const override { return key_; }
  [[nodiscard]] std::optional<table::RowVersion> NextVersion() override {
    if (std::exchange(given_, true)) return std::nullopt;
    table::RowVersion version = version_;
    version.value = value_;
    return version;
  }
  [[nodiscard]] absl::Status status() const override { return rows_.status(); }

 private:
  void Fetch() {
    more_ = rows_.Next();
    if (!more_) return;
    next_key_ = rows_.row_key();
    next_ = *rows_.NextVersion();
    next_value_ = next_.value;
  }

  table::VersionStream& rows_;
  std::string key_, next_key_, value_, next_value_;
  table::RowVersion version_, next_;
  bool given_ = false;
  bool more_ = false;
};

class LateSink final : public RowSink {
 public:
  explicit LateSink(RowSink& sink) : sink_(sink) {}
  absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                   bool superseded) override {
    table::RowVersion late = version;
    late.commit_time = Timestamp(version.commit_time.micros() + 1);
    return sink_.Add(row_key, late, superseded);
  }

 private:
  RowSink& sink_;
};

std::atomic<std::int64_t> instances{0};

class FaultyTally final : public Primitive {
 public:
  explicit FaultyTally(Fault fault)
      : fault_(fault), number_(++instances), spec_(TallyPrimitive().spec()) {
    spec_.wants_committed = fault == Fault::kMissesErasure;
  }

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }

  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    ++calls_;
    if (fault_ == Fault::kFailsLater && calls_ % 40 == 0) {
      return FailedPrecondition("refused, for once");
    }
    Entry applied = entry;
    if (fault_ == Fault::kTakesAnyVersion && entry.type == kTallyAdd) {
      applied.payload_version = std::min(applied.payload_version, kTallyAddVersion);
    }
    absl::Status status = tally_.Apply(applied, context);
    if (absl::IsDataLoss(status) && fault_ == Fault::kWrongCode) {
      return absl::InternalError("a length that is no length");
    }
    if (absl::IsDataLoss(status) && fault_ == Fault::kUnknownCode) {
      return absl::UnknownError("something");
    }
    VARVE_RETURN_IF_ERROR(status);
    if (entry.type != kTallyAdd) return absl::OkStatus();
    if (fault_ == Fault::kKeepsState) return Overwrite(entry, calls_, context);
    if (fault_ == Fault::kInstancesDiffer) return Overwrite(entry, number_, context);
    if (fault_ == Fault::kKnowsItsRun) return Overwrite(entry, NumberOf(entry.run), context);
    if (fault_ == Fault::kWritesUndeclared) return context.Put(9, "key", "value");
    return absl::OkStatus();
  }

  [[nodiscard]] absl::Status Save(table::VersionStream& rows, SectionSink& sink) const override {
    if (fault_ == Fault::kSaveForgets) {
      ForgetfulStream forgetful(rows);
      return SaveRows(forgetful, sink);
    }
    if (fault_ == Fault::kSaveCounts) {
      VARVE_RETURN_IF_ERROR(sink.Append(std::string(1, static_cast<char>(++saves_))));
    }
    return SaveRows(rows, sink);
  }

  [[nodiscard]] absl::Status Load(std::uint8_t, SectionSource& source,
                                  RowSink& sink) const override {
    if (fault_ == Fault::kSaveCounts) VARVE_RETURN_IF_ERROR(source.Read(1).status());
    LateSink late(sink);
    const absl::Status status =
        LoadRows(spec().id, source, fault_ == Fault::kLoadChangesTimes ? late : sink);
    if (!status.ok() && fault_ == Fault::kLoadWrongCode) return absl::InternalError("a bad row");
    return status;
  }

  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override {
    std::size_t rows = 0;
    std::size_t strangers = 0;
    VARVE_RETURN_IF_ERROR(view.VisitTable(kTallyTotals, [&](const RunId& run, const Row& row) {
      ++rows;
      const auto total = tally::DecodeTotal(row.value);
      if (!total.ok() || total->total != NumberOf(run)) ++strangers;
      return true;
    }));
    if (fault_ == Fault::kFindsFaults && rows > 0) return absl::DataLossError("a total");
    if (fault_ == Fault::kKnowsItsRun && strangers > 0) return absl::DataLossError("a stranger");
    if (fault_ == Fault::kMissesErasure && rows < remembered_.size()) {
      return absl::DataLossError("a row is gone");
    }
    return tally_.CheckRows(view, progress);
  }

  void OnCommitted(Lsn, Timestamp, std::span<const Mutation> mutations) override {
    for (const Mutation& mutation : mutations) {
      remembered_.insert(mutation.run.ToString() + std::string(mutation.key));
    }
  }

  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override {
    if (fault_ == Fault::kDescribesWholeRows) return {std::string(key), std::string(5000, 'x')};
    return tally_.DescribeRow(table, key, value);
  }

  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
    if (fault_ != Fault::kDescribesRawBytes) return tally_.Describe(entry);
    return {"add", std::string(entry.payload), ""};
  }

 private:
  static absl::Status Overwrite(const Entry& entry, std::int64_t total, ApplyContext& context) {
    VARVE_ASSIGN_OR_RETURN(const tally::AddPayload add,
                           tally::DecodeAdd(entry.payload_version, entry.payload));
    return context.Put(kTallyTotals.number, add.name,
                       tally::EncodeTotal({.total = total, .count = 1}));
  }

  static std::int64_t NumberOf(const RunId& run) { return run.ToString()[0]; }

  Fault fault_;
  std::int64_t number_;
  PrimitiveSpec spec_;
  std::set<std::string> remembered_;
  TallyPrimitive tally_;
  mutable std::int64_t calls_ = 0;
  mutable int saves_ = 0;
};

Subject Faulty(Fault fault) {
  return {.make = [fault] { return std::make_unique<FaultyTally>(fault); },
          .operate = [](Transaction& transaction, const RunId& run,
                        crash::Decisions& random) -> absl::Status {
            Tally tally(transaction, run);
            const std::string name = "tally/" + std::to_string(random.Below(5));
            if (random.Below(8) == 0) return tally.Reset(name);
            return tally.Add(name, static_cast<std::int64_t>(random.Below(1000)));
          },
          .refusals = {}};
}

TEST(ConformanceSuite, PassesThePrimitiveUnbroken) {
  for (const Check check : {CheckSpec,
                            CheckLogsDeclaredEntries,
                            CheckApplyIsDeterministic,
                            CheckRunsAreApart,
                            CheckApplyIsTotal,
                            CheckApplySurvivesHostileBytes,
                            CheckRefusesUndeclaredEntries,
                            CheckSectionRoundTrip,
                            CheckSectionBytesAreStable,
                            CheckSnapshotPlusRestIsReplay,
                            CheckLoadSurvivesHostileBytes,
                            CheckDescribe,
                            CheckStoreAgreesWithReplay,
                            CheckPastAgreesWithReplay,
                            CheckAbandonedLeavesNothing,
                            CheckSurvivesReopen,
                            CheckFindsNoFaultInItsOwnRows,
                            CheckDescribeRow,
                            CheckRestoresAsItWas,
                            CheckComesBackFromBeingCarried,
                            CheckErasedRunIsGone,
                            CheckCopiedRunIsWhole,
                            CheckLeavesOtherFormatsAlone}) {
    const absl::Status status = RunCheck(check, Faulty(Fault::kNone));
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(ConformanceSuite, CatchesEachFault) {
  struct Case {
    Fault fault;
    Check check;
    const char* message;
  };
  const Case cases[] = {
      {Fault::kKeepsState, CheckApplyIsDeterministic, "(P1) the same log gave different rows"},
      {Fault::kKeepsState, CheckRunsAreApart, "depend on other runs"},
      {Fault::kKeepsState, CheckSnapshotPlusRestIsReplay, "gave other rows"},
      {Fault::kInstancesDiffer, CheckApplyIsDeterministic, "(P1) the same log gave"},
      {Fault::kInstancesDiffer, CheckStoreAgreesWithReplay, "a live store differs"},
      {Fault::kInstancesDiffer, CheckPastAgreesWithReplay, "the past at LSN"},
      {Fault::kInstancesDiffer, CheckSurvivesReopen, "changed rows"},
      {Fault::kInstancesDiffer, CheckApplySurvivesHostileBytes, "(P1) the same damaged entries"},
      {Fault::kFailsLater, CheckApplyIsTotal, "(P2)"},
      {Fault::kWrongCode, CheckApplySurvivesHostileBytes, "(P3) Apply"},
      {Fault::kUnknownCode, CheckApplySurvivesHostileBytes, "(P3) Apply"},
      {Fault::kTakesAnyVersion, CheckRefusesUndeclaredEntries, "payload version 3"},
      {Fault::kSaveForgets, CheckSectionRoundTrip, "(P4)"},
      {Fault::kSaveForgets, CheckSnapshotPlusRestIsReplay, "gave other rows"},
      {Fault::kSaveCounts, CheckSectionBytesAreStable, "different bytes"},
      {Fault::kLoadChangesTimes, CheckSectionRoundTrip, "(P4)"},
      {Fault::kLoadWrongCode, CheckLoadSurvivesHostileBytes, "(P3) Load"},
      {Fault::kDescribesRawBytes, CheckDescribe, "control characters"},
      {Fault::kWritesUndeclared, CheckLogsDeclaredEntries, "an operation"},
      {Fault::kDescribesWholeRows, CheckDescribeRow, "DescribeRow gives"},
      {Fault::kLoadChangesTimes, CheckRestoresAsItWas, "restored as of LSN"},
      {Fault::kLoadChangesTimes, CheckComesBackFromBeingCarried, "being carried changed rows"},
      {Fault::kMissesErasure, CheckErasedRunIsGone, "a store with an erased run: DATA_LOSS"},
      {Fault::kKnowsItsRun, CheckCopiedRunIsWhole, "a copied run: DATA_LOSS"},
      {Fault::kFindsFaults, CheckFindsNoFaultInItsOwnRows, "the rows of a live store: DATA_LOSS"},
  };
  for (const auto& [fault, check, message] : cases) {
    const std::string found(RunCheck(check, Faulty(fault)).message());
    EXPECT_THAT(found, testing::HasSubstr(message)) << "fault " << static_cast<int>(fault);
    EXPECT_THAT(found, testing::HasSubstr("VARVE_TEST_SEED="));
  }
}

TEST(ConformanceSuite, CatchesARefusalThatLogs) {
  Subject subject = Faulty(Fault::kNone);
  subject.refusals = {
      {"logs first, refuses then", [](Transaction& transaction, const RunId& run) -> absl::Status {
         VARVE_RETURN_IF_ERROR(Tally(transaction, run).Add("name", 1));
         return InvalidArgument("no");
       }}};
  EXPECT_THAT(std::string(RunCheck(CheckRefusalsLogNothing, subject).message()),
              testing::HasSubstr("was refused, but logged"));
  subject.refusals = {{"does not refuse", [](Transaction& transaction, const RunId& run) {
                         return Tally(transaction, run).Add("name", 1);
                       }}};
  EXPECT_THAT(std::string(RunCheck(CheckRefusalsLogNothing, subject).message()),
              testing::HasSubstr("expected a refusal"));
}

TEST(ConformanceSuite, CatchesWhatMeddlesWithOthers) {
  Subject subject = Faulty(Fault::kNone);
  subject.operate = [](Transaction& transaction, const RunId& run,
                       crash::Decisions& random) -> absl::Status {
    VARVE_RETURN_IF_ERROR(Tally(transaction, run).Add("writes", 1));
    if (random.Chance(90)) return absl::OkStatus();
    return Kv(transaction, run).Put("key", "from a handle that minds other business");
  };
  EXPECT_THAT(std::string(RunCheck(CheckLeavesOtherFormatsAlone, subject).message()),
              testing::HasSubstr("writing: entries of LSN"));
}

// Entries would come at other LSNs, and refusals.
TEST(ConformanceSuite, CatchesWhatRefusesOthers) {
  class Gatekeeper final : public Primitive {
   public:
    Gatekeeper() {
      spec_ = tally_.spec();
      spec_.admits_runs = true;
    }
    [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
    [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
      return tally_.Apply(entry, context);
    }
    [[nodiscard]] absl::Status AdmitRun(const RunId&, Reader&) const override {
      return FailedPrecondition("not today");
    }
    [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
      return tally_.Describe(entry);
    }

   private:
    TallyPrimitive tally_;
    PrimitiveSpec spec_;
  };
  Subject subject = Faulty(Fault::kNone);
  subject.make = [] { return std::make_unique<Gatekeeper>(); };
  EXPECT_THAT(std::string(RunCheck(CheckLeavesOtherFormatsAlone, subject).message()),
              testing::HasSubstr("registered: "));
}

// The store itself never notices: what is missing shows only where a crash leaves the snapshot.
TEST(ConformanceSuite, CatchesByACrashWhatASnapshotForgets) {
  const absl::Status status =
      crash::CrashFuzzSubject(Faulty(Fault::kSaveForgets), {.stories = 2'000});
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(testing::HasSubstr("O2: "), testing::HasSubstr("first difference"),
                             testing::HasSubstr("\"varve_crash_case\": 1")));
}

TEST(ConformanceSuite, CatchesASubjectThatDoesNothing) {
  Subject subject = Faulty(Fault::kNone);
  subject.operate = [](Transaction&, const RunId&, crash::Decisions&) { return absl::OkStatus(); };
  EXPECT_THAT(std::string(RunCheck(CheckApplyIsTotal, subject).message()),
              testing::HasSubstr("logs nothing"));
}

}  // namespace
}  // namespace varve::conformance
