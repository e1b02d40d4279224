// Read this first.
//
// A Primitive is a deterministic state machine over ordered tables: it turns one log entry into
// table mutations. Commit, recovery, replay and time travel all call the same Apply, and nothing
// else may change state. Write one, register it, and it is durable, transactional with all others,
// recovered, replayed, snapshotted and readable in the past; no kernel code changes.
//
// How to write one: docs/extension-guide.md; a whole one to copy: primitives/template/.
//
// The contract, checked for every primitive by tests/conformance:
//   (P1) Apply is deterministic: its only inputs are the entry and what it reads through the
//        context. No clock, no randomness, no files, no state of its own.
//   (P2) Apply is total: an entry that was accepted when written never fails on replay. What
//        can be refused is refused by the typed handle, or by Apply while the transaction is open.
//   (P3) Apply answers kDataLoss for a payload that it cannot decode; it never crashes on bytes.
//   (P4) Load(Save(x)) is x.
#ifndef VARVE_KERNEL_PRIMITIVE_H_
#define VARVE_KERNEL_PRIMITIVE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kernel/base/ids.h"
#include "kernel/entry.h"
#include "kernel/reader.h"
#include "kernel/section.h"

namespace varve {

class ReadView;

struct EntrySpec {
  EntryType type = 0;                    // inside the primitive's range
  std::string name;                      // "KvPut"; for people
  std::uint8_t payload_version_max = 1;  // Apply reads 1..this; writers write this
};

struct TableSpec {
  std::uint8_t number = 0;  // below kPrimitiveTablesMax; on disk, never reused
  std::string name;         // "entries"; for people
  // Computed from the other tables by Apply: left out where rows are compared for people.
  bool derived = false;
  bool copied = true;  // goes along when a run is copied (Transaction::CopyRun)
};

// What a primitive is, as far as the kernel needs to know.
struct PrimitiveSpec {
  PrimitiveId id;             // on disk, never reused: docs/format/registry.md
  std::string name;           // on disk; "varve." is reserved for built-ins
  EntryType entry_range = 0;  // first type of its 16-wide range: a multiple of 16
  std::vector<EntrySpec> entries;
  std::vector<TableSpec> tables;
  std::uint8_t section_version = 1;  // of what Save writes; Load reads 1..this
  bool wants_committed = false;      // call OnCommitted
  bool admits_runs = false;          // call AdmitRun
  bool observes = false;             // call Observe
  bool carried = false;  // the kernel's placeholder for a primitive that is not registered
};

// What Apply sees and changes: the primitive's own tables, as of just before the entry.
class ApplyContext {
 public:
  virtual ~ApplyContext() = default;

  // `table` is the number of a declared table: any other answers kInternal.
  [[nodiscard]] virtual absl::StatusOr<std::optional<Row>> Get(std::uint8_t table,
                                                               std::string_view key) = 0;
  [[nodiscard]] virtual std::unique_ptr<RowScan> Scan(std::uint8_t table, const KeyRange& range,
                                                      Order order = Order::kForward) = 0;
  [[nodiscard]] virtual absl::Status Put(std::uint8_t table, std::string_view key,
                                         std::string_view value) = 0;
  [[nodiscard]] virtual absl::Status Delete(std::uint8_t table, std::string_view key) = 0;

  // Of the transaction that the entry belongs to. An Apply that asks for either is run a second
  // time at commit, when they are known; before that they are a guess.
  [[nodiscard]] virtual Lsn lsn() = 0;
  [[nodiscard]] virtual Timestamp commit_time() = 0;
};

// One row that a committed transaction changed.
struct Mutation {
  TableId table;
  RunId run;
  std::string_view key;
  std::optional<std::string_view> value;  // nullopt: deleted
};

// What a person reads of one entry.
struct EntryDescription {
  std::string operation;  // "put"
  std::string subject;    // what it is about: a key, a path, a name
  std::string detail;     // the rest, shortened where it is long
};

// What a person reads of one row.
struct RowDescription {
  std::string subject;  // which one: a key, a path, a name
  std::string content;  // what it holds, shortened where it is long
};

// Threads: Apply, Save, Load and OnCommitted are never called twice at once, but possibly from
// different threads, and Apply from several transactions at once: it must keep no state of its own.
// Ownership: the registry owns the primitive.
class Primitive {
 public:
  virtual ~Primitive() = default;

  // The same at every call, for ever.
  [[nodiscard]] virtual const PrimitiveSpec& spec() const = 0;

  // Entry -> mutations of the tables, in the entry's run. See P1-P3.
  [[nodiscard]] virtual absl::Status Apply(const Entry& entry, ApplyContext& context) const = 0;

  // One snapshot section from the primitive's rows, and back. The default streams the rows.
  [[nodiscard]] virtual absl::Status Save(table::VersionStream& rows, SectionSink& sink) const;
  [[nodiscard]] virtual absl::Status Load(std::uint8_t section_version, SectionSource& source,
                                          RowSink& sink) const;

  // What every entry of every primitive (the kernel's own left out) passes before Write applies it,
  // where it stands in a run of its own: refuse it and it is not logged. What is read here is
  // validated at commit like the caller's own reads. Never called on replay.
  [[nodiscard]] virtual absl::Status AdmitRun(const RunId& run, Reader& reader) const;

  // Called after Apply of every entry of another primitive that stands in a run of its own, with
  // this primitive's tables of that run: for journals and indexes over all primitives. P1-P3 hold.
  [[nodiscard]] virtual absl::Status Observe(const Entry& entry, ApplyContext& context) const;

  // One row as a person reads it in a diff. Reads no state; never crashes on bytes. The default
  // gives the bytes themselves, cut where they are long; who prints them escapes them.
  [[nodiscard]] virtual RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                                   std::string_view value) const;

  // Derived state (an index in memory): built from the tables after an open, then kept fresh by
  // OnCommitted, in LSN order, before the transaction becomes visible. Neither may fail or block.
  [[nodiscard]] virtual absl::Status RebuildIndexes(ReadView& view);
  virtual void OnCommitted(Lsn lsn, Timestamp commit_time, std::span<const Mutation> mutations);

  // What checksums cannot see, for `varve check`: whether the rows of a store at rest keep what
  // this primitive promises of them (chains, counts, indexes that agree with their rows). kDataLoss
  // names the first that does not, and its run. Calls `progress` every now and then with the number
  // of rows looked at; a status that is not OK ends the check and is returned. The default finds no
  // fault.
  using CheckProgress = std::function<absl::Status(std::uint64_t rows)>;
  [[nodiscard]] virtual absl::Status CheckRows(ReadView& view, const CheckProgress& progress) const;

  // For `varve wal dump` and for diffs. Reads no state; never crashes on bytes.
  [[nodiscard]] virtual EntryDescription Describe(const Entry& entry) const = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_PRIMITIVE_H_
