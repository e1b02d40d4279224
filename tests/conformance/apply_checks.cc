// What can be said of a primitive's Apply and Describe from its log alone.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/registry.h"
#include "kernel/table/row.h"
#include "tests/conformance/check_support.h"

namespace varve::conformance {

namespace {

constexpr std::size_t kSamplesMax = 40;       // entries to damage
constexpr std::size_t kDamagesOfEach = 100;   // beside every truncation of the shorter ones
constexpr std::size_t kTruncationsMax = 200;  // of one entry
constexpr std::size_t kDescriptionBytesMax = 4096;

// Entries of every type, evenly taken from the whole history.
std::vector<RecordedEntry> Samples(const RecordedHistory& history) {
  std::map<EntryType, std::vector<const RecordedEntry*>> by_type;
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) by_type[entry.type].push_back(&entry);
  }
  std::vector<RecordedEntry> samples;
  for (const auto& [type, entries] : by_type) {
    const std::size_t step = 1 + entries.size() * by_type.size() / kSamplesMax;
    for (std::size_t i = 0; i < entries.size(); i += step) samples.push_back(*entries[i]);
  }
  return samples;
}

// Two instances on two equal states, which bytes must never tell apart.
class Twins final {
 public:
  Twins(const Subject& subject, const RecordedHistory& history)
      : first_(subject.make()), second_(subject.make()) {
    // What replays is checked elsewhere.
    Replay(history, *first_, first_rows_).IgnoreError();
    second_rows_ = first_rows_;
    lsn_ = history.back().lsn;
  }

  absl::Status Apply(const RecordedEntry& entry) {
    lsn_ = lsn_.Next();
    const absl::Status status = first_rows_.Apply(*first_, entry.view(), lsn_, Timestamp(1));
    const absl::Status again = second_rows_.Apply(*second_, entry.view(), lsn_, Timestamp(1));
    if (status.code() != again.code()) {
      return Broken("(P1) two instances answer the same entry with ", FromAbsl(status.ToString()),
                    " and ", FromAbsl(again.ToString()));
    }
    if (!status.ok() && !IsHonestRefusal(status)) {
      return Broken("(P3) Apply answers damaged bytes with ", FromAbsl(status.ToString()));
    }
    return absl::OkStatus();
  }

  [[nodiscard]] std::string Difference() const { return first_rows_.Difference(second_rows_); }

 private:
  std::unique_ptr<Primitive> first_;
  std::unique_ptr<Primitive> second_;
  ModelTables first_rows_;
  ModelTables second_rows_;
  Lsn lsn_;
};

absl::Status CheckText(const Primitive& primitive, const RecordedEntry& entry) {
  const EntryDescription text = primitive.Describe(entry.view());
  if (text.operation.empty()) return Broken("Describe gives no operation");
  const std::string all = text.operation + text.subject + text.detail;
  if (all.size() > kDescriptionBytesMax) {
    return Broken("Describe gives ", all.size(), " bytes: shorten long values");
  }
  const bool printable = std::all_of(all.begin(), all.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  });
  if (!printable) return Broken("Describe gives control characters: escape bytes of users");
  return absl::OkStatus();
}

absl::Status CheckRowText(const Primitive& primitive, const table::RowKeyParts& row,
                          std::string_view value) {
  const RowDescription text = primitive.DescribeRow(row.table.number, row.key, value);
  const std::size_t bytes = text.subject.size() + text.content.size();
  if (bytes <= kDescriptionBytesMax) return absl::OkStatus();
  return Broken("DescribeRow gives ", bytes, " bytes: shorten long values");
}

// The rows of one run.
ModelTables::Rows RowsOf(const ModelTables& tables, const RunId& run) {
  ModelTables::Rows rows;
  for (const auto& [row_key, versions] : tables.rows()) {
    if (table::ParseRowKey(row_key)->run == run) rows[row_key] = versions;
  }
  return rows;
}

}  // namespace

absl::Status CheckSpec(const Subject& subject, std::uint64_t /*seed*/) {
  PrimitiveRegistry registry;
  VARVE_RETURN_IF_ERROR(registry.Register(subject.make()));
  const std::unique_ptr<Primitive> primitive = subject.make();
  const PrimitiveSpec& spec = primitive->spec();
  if (&spec != &primitive->spec()) return Broken("spec() answers another object at each call");
  if (spec.carried) return Broken("spec().carried belongs to the kernel's placeholders");
  const PrimitiveSpec& other = registry.FindById(spec.id)->spec();
  if (other.name != spec.name || other.entries.size() != spec.entries.size() ||
      other.tables.size() != spec.tables.size()) {
    return Broken("two instances have different specs");
  }
  return absl::OkStatus();
}

absl::Status CheckLogsDeclaredEntries(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  PrimitiveRegistry registry;
  VARVE_RETURN_IF_ERROR(registry.Register(subject.make()));
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) {
      const EntrySpec* spec = registry.FindEntry(entry.type);
      if (spec == nullptr) return Broken("logged entry type ", entry.type, " is not declared");
      if (entry.payload_version == 0 || entry.payload_version > spec->payload_version_max) {
        return Broken(spec->name, " was logged in payload version ", entry.payload_version);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckApplyIsDeterministic(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  ModelTables once;
  VARVE_RETURN_IF_ERROR(Replay(history, *subject.make(), once));

  // Another instance, which a busy store makes apply each entry first on a guess, at a guessed
  // LSN, on rows that turn out otherwise; what comes of that is thrown away.
  const std::unique_ptr<Primitive> primitive = subject.make();
  ModelTables twice;
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) {
      ModelTables guess = twice;
      guess.Apply(*primitive, entry.view(), transaction.lsn.Next(), Timestamp(7)).IgnoreError();
      VARVE_RETURN_IF_ERROR(
          twice.Apply(*primitive, entry.view(), transaction.lsn, transaction.commit_time));
    }
  }
  if (const std::string difference = once.Difference(twice); !difference.empty()) {
    return Broken("(P1) the same log gave different rows: ", difference);
  }
  return absl::OkStatus();
}

absl::Status CheckRunsAreApart(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  ModelTables all;
  VARVE_RETURN_IF_ERROR(Replay(history, *subject.make(), all));
  std::map<RunId, RecordedHistory> by_run;
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) {
      RecordedHistory& of_run = by_run[entry.run];
      of_run.push_back(transaction);
      of_run.back().entries = {entry};
    }
  }
  for (const auto& [run, of_run] : by_run) {
    ModelTables alone;
    VARVE_RETURN_IF_ERROR(Replay(of_run, *subject.make(), alone));
    if (RowsOf(all, run) != RowsOf(alone, run)) {
      return Broken("(P1) the rows of run ", run.ToString(), " depend on other runs");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckApplyIsTotal(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  ModelTables tables;
  const absl::Status status = Replay(history, *subject.make(), tables);
  if (!status.ok()) return Broken("(P2) a logged entry was refused: ", FromAbsl(status.ToString()));
  return absl::OkStatus();
}

absl::Status CheckApplySurvivesHostileBytes(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  std::mt19937_64 random(seed);
  Twins twins(subject, history);
  for (const RecordedEntry& sample : Samples(history)) {
    RecordedEntry hostile = sample;
    const std::size_t truncations = std::min(sample.payload.size(), kTruncationsMax);
    for (std::size_t bytes = 0; bytes < truncations; ++bytes) {
      hostile.payload = sample.payload.substr(0, bytes);
      VARVE_RETURN_IF_ERROR(twins.Apply(hostile));
    }
    for (std::size_t i = 0; i < kDamagesOfEach; ++i) {
      hostile.payload = Damaged(sample.payload, random);
      VARVE_RETURN_IF_ERROR(twins.Apply(hostile));
    }
  }
  if (const std::string difference = twins.Difference(); !difference.empty()) {
    return Broken("(P1) the same damaged entries gave different rows: ", difference);
  }
  return absl::OkStatus();
}

absl::Status CheckRefusesUndeclaredEntries(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  const std::unique_ptr<Primitive> primitive = subject.make();
  ModelTables tables;
  VARVE_RETURN_IF_ERROR(Replay(history, *primitive, tables));
  const Lsn next = history.back().lsn.Next();
  for (RecordedEntry entry : Samples(history)) {
    for (const EntrySpec& spec : primitive->spec().entries) {
      if (spec.type != entry.type || spec.payload_version_max == 0xFF) continue;
      entry.payload_version = static_cast<std::uint8_t>(spec.payload_version_max + 1);
      if (tables.Apply(*primitive, entry.view(), next, Timestamp(1)).ok()) {
        return Broken(spec.name, " applies payload version ", entry.payload_version,
                      ", which it does not declare");
      }
    }
    entry.payload_version = 1;
    for (unsigned i = 0; i < 16; ++i) {
      entry.type = static_cast<EntryType>(primitive->spec().entry_range + i);
      const bool declared =
          std::any_of(primitive->spec().entries.begin(), primitive->spec().entries.end(),
                      [&](const EntrySpec& spec) { return spec.type == entry.type; });
      if (!declared && tables.Apply(*primitive, entry.view(), next, Timestamp(1)).ok()) {
        return Broken("Apply takes entry type ", entry.type, ", which it does not declare");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDescribe(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  const std::unique_ptr<Primitive> primitive = subject.make();
  std::mt19937_64 random(seed);
  for (const RecordedEntry& sample : Samples(history)) {
    VARVE_RETURN_IF_ERROR(CheckText(*primitive, sample));
    RecordedEntry hostile = sample;
    for (std::size_t i = 0; i < kDamagesOfEach; ++i) {
      hostile.payload = Damaged(sample.payload, random);
      if (random() % 8 == 0) {
        hostile.type = static_cast<EntryType>(primitive->spec().entry_range + random() % 16);
      }
      VARVE_RETURN_IF_ERROR(CheckText(*primitive, hostile));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDescribeRow(const Subject& subject, std::uint64_t seed) {
  VARVE_ASSIGN_OR_RETURN(const RecordedHistory history, RecordHistory(subject, seed));
  const std::unique_ptr<Primitive> primitive = subject.make();
  ModelTables rows;
  VARVE_RETURN_IF_ERROR(Replay(history, *primitive, rows));
  std::mt19937_64 random(seed);
  for (const auto& [row_key, versions] : rows.rows()) {
    table::RowKeyParts row = *table::ParseRowKey(row_key);
    const std::string key(row.key);
    for (std::size_t i = 0; i < kDamagesOfEach; ++i) {
      const std::string damaged = Damaged(key, random);
      row.key = random() % 2 == 0 ? std::string_view(damaged) : std::string_view(key);
      VARVE_RETURN_IF_ERROR(CheckRowText(*primitive, row, versions.front().value));
      VARVE_RETURN_IF_ERROR(CheckRowText(*primitive, row, Damaged(versions.front().value, random)));
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::conformance
