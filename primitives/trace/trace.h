// Trace: what an agent did, as a forest of spans. A span has a kind, a name, a start, an end, tags
// to find it by and attributes to tell what happened; a child lies below what caused it.
//
//   store.Update([&](varve::Transaction& txn) -> absl::Status {
//     varve::Trace trace(txn, run);
//     VARVE_ASSIGN_OR_RETURN(varve::SpanId plan, trace.Record({
//         .kind = varve::SpanKind::kDecision, .name = "choose a flight"}));
//     VARVE_ASSIGN_OR_RETURN(varve::SpanId call, trace.RecordChild(plan, {
//         .kind = varve::SpanKind::kToolCall, .name = "search", .tags = {"flights"},
//         .attributes = R"({"from":"VIE","to":"LIS"})"}));
//     return trace.Finish(call, {.status = varve::SpanStatus::kOk});
//   });
//
//   store.Read([&](varve::ReadView& view) -> absl::Status {
//     varve::Trace trace(view, run);
//     VARVE_ASSIGN_OR_RETURN(varve::SpanPage calls, trace.Find(
//         {.kind = varve::SpanKind::kToolCall, .tags = {"flights"}, .limit = 20}));
//     for (const varve::Span& span : calls.spans) std::cout << span.name << "\n";
//     VARVE_ASSIGN_OR_RETURN(varve::TreePage tree, trace.Tree());
//     for (const varve::TreeSpan& at : tree.spans)
//       std::cout << std::string(2 * at.depth, ' ') << at.span.name << "\n";
//     return absl::OkStatus();
//   });
//
// To OpenTelemetry and back: primitives/trace/trace_otlp.h.
//
// Text: names and tags have 1 to 256 bytes of UTF-8 without NUL, messages any UTF-8 up to 65536
// bytes; anything else is kInvalidArgument. Past a limit of span.h the answer is
// kResourceExhausted. Either way nothing is written.
//
// Writers do not get in each other's way: whether a parent exists, or a span has ended, is decided
// while entries are applied, and what a transaction did not read itself cannot conflict. The price:
// where another transaction commits first and, say, deletes the parent, Commit answers what
// RecordChild would have answered then (kNotFound), and nothing is written.
//
// Every read can also answer kDataLoss: a stored row failed its checksum.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/trace/span.h"
#include "primitives/trace/span_query.h"

namespace varve {

// A span to be recorded. Views are read during the call only.
struct SpanRecord {
  SpanId id{};  // SpanId(): one is drawn
  SpanKind kind = SpanKind::kCustom;
  std::string_view name{};
  SpanId parent{};                     // SpanId(): a root
  std::optional<Timestamp> start{};    // nullopt: now, Reader::now()
  std::optional<Timestamp> end{};      // nullopt: not finished yet
  std::optional<SpanStatus> status{};  // nullopt: kError for the kind kError, else kUnset
  std::string_view status_message{};
  std::vector<std::string_view> tags{};  // in any order; the same twice counts once
  std::string_view attributes{};  // JSON text of an object; empty: none. A null member is left out
};

struct SpanFinish {
  std::optional<Timestamp> end{};      // nullopt: now, or the start where that is later
  std::optional<SpanStatus> status{};  // nullopt: status and message stay as they are
  std::string_view status_message{};   // only with a status
};

// What changes; at least one thing.
struct SpanAnnotation {
  std::vector<std::string_view> add_tags{};
  std::vector<std::string_view> remove_tags{};  // those that the span does not have are no matter
  // JSON text of an object: its members are set, one that is null is removed, others stay.
  std::string_view attributes{};
};

// The spans of one run. A thin, copyable handle; the transaction or reader must outlive it. One
// thread at a time, as its reader.
class Trace final {
 public:
  // Reads and writes. `run`: whose spans; nil is the default run.
  explicit Trace(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Trace(Reader& reader, const RunId& run = {});

  // Writes. Each can also answer kResourceExhausted (the transaction is full) and
  // kFailedPrecondition (a read-only handle, an ended transaction); after an error the transaction
  // is as before the call. None reads on the caller's behalf, so none makes Commit answer kAborted.

  // The id of the new span.
  //   kAlreadyExists    there is a span of that id
  //   kNotFound         there is no such parent
  //   kInvalidArgument  text that is none (see above), attributes that are no JSON object, a time
  //                     past kSpanTimeMax, an end before the start
  [[nodiscard]] absl::StatusOr<SpanId> Record(const SpanRecord& record);
  // Record with `parent`, which must not be SpanId() (kInvalidArgument), above it.
  [[nodiscard]] absl::StatusOr<SpanId> RecordChild(SpanId parent, SpanRecord record);
  // The span has ended; its descendants may go on.
  //   kNotFound, kFailedPrecondition (it has ended before), kInvalidArgument (before its start)
  [[nodiscard]] absl::Status Finish(SpanId span, const SpanFinish& finish = {});
  // Also after its end. kNotFound; kInvalidArgument: nothing to change, or a tag both ways.
  [[nodiscard]] absl::Status Annotate(SpanId span, const SpanAnnotation& annotation);
  // Deletes the span and everything below it, however deep: one small log entry. OK also where
  // there is no such span. Takes time in proportion to the spans, during which no other
  // transaction commits where it has to be applied again.
  [[nodiscard]] absl::Status DeleteTree(SpanId span);

  // The span, or nullopt where there is none.
  [[nodiscard]] absl::StatusOr<std::optional<Span>> Get(SpanId span) const;
  [[nodiscard]] absl::StatusOr<bool> Exists(SpanId span) const;

  // A page of the spans for which all of the query holds. Costs little more than what it gives:
  // indexes are intersected by leaping from one to the other, never read through.
  [[nodiscard]] absl::StatusOr<SpanPage> Find(const SpanQuery& query) const;
  // Find with SpanQuery::parent set. kInvalidArgument: the query names another parent.
  [[nodiscard]] absl::StatusOr<SpanPage> Children(SpanId span, SpanQuery query = {}) const;
  [[nodiscard]] absl::StatusOr<SpanPage> Roots(SpanQuery query = {}) const;

  // A page of a tree, or of all trees. Empty where there is no such span. Memory does not grow with
  // depth or width.
  [[nodiscard]] absl::StatusOr<TreePage> Tree(const TreeQuery& query = {}) const;

  // How many spans there are, of all kinds or of one: O(1).
  [[nodiscard]] absl::StatusOr<std::uint64_t> Count() const;
  [[nodiscard]] absl::StatusOr<std::uint64_t> Count(SpanKind kind) const;
  // How many Find would give without limit and cursor, which are not looked at.
  [[nodiscard]] absl::StatusOr<std::uint64_t> Count(const SpanQuery& query) const;

 private:
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::Status Write(std::uint8_t type, std::string_view payload);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_H_
