#include "primitives/trace/trace.h"

#include <algorithm>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/trace/trace_cursor.h"
#include "primitives/trace/trace_payload.h"
#include "primitives/trace/trace_primitive.h"
#include "primitives/trace/trace_read.h"

namespace varve {

namespace {

using trace::StoredSpan;

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (trace::IsName(name)) return absl::OkStatus();
  return InvalidArgument(what, " has ", name.size(), " bytes: it must have 1 to ", kNameBytesMax,
                         ", UTF-8 without NUL");
}

absl::Status CheckMessage(std::string_view message) {
  if (message.size() > kSpanMessageBytesMax) {
    return ResourceExhausted("the status message has ", message.size(),
                             " bytes, more than the limit of ", kSpanMessageBytesMax,
                             ": shorten it, or keep it as an attribute");
  }
  if (trace::IsMessage(message)) return absl::OkStatus();
  return InvalidArgument("the status message of ", message.size(), " bytes is not UTF-8");
}

absl::Status CheckTime(std::string_view what, Timestamp time) {
  if (time <= kSpanTimeMax) return absl::OkStatus();
  return InvalidArgument(what, " at ", time.micros(), " us is past the last moment, ",
                         kSpanTimeMax.micros(), " us");
}

absl::Status CheckSpan(SpanId span) {
  if (!span.is_none()) return absl::OkStatus();
  return InvalidArgument("the span id is 0, which names no span");
}

// Ascending, each once.
absl::StatusOr<trace::TagList> SortedTags(const std::vector<std::string_view>& tags) {
  trace::TagList sorted = tags;
  for (const std::string_view tag : tags) VARVE_RETURN_IF_ERROR(CheckName("a tag", tag));
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (sorted.size() > kSpanTagsMax) {
    return ResourceExhausted("there are ", sorted.size(), " tags, more than the limit of ",
                             kSpanTagsMax, ": use attributes for what is not searched by");
  }
  return sorted;
}

absl::Status CheckBytes(std::size_t bytes) {
  if (bytes <= kSpanBytesMax) return absl::OkStatus();
  return ResourceExhausted("the span would have ", bytes, " bytes, more than the limit of ",
                           kSpanBytesMax, ": keep large content in KV and name its key here");
}

absl::Status CheckLimit(std::uint64_t limit) {
  if (limit > 0) return absl::OkStatus();
  return InvalidArgument("a page with the limit 0 gives nothing: the least limit is 1");
}

absl::Status CheckQuery(const SpanQuery& query) {
  for (const std::string& tag : query.tags) VARVE_RETURN_IF_ERROR(CheckName("a tag", tag));
  if (query.kind.has_value() && NameOf(*query.kind) == "unknown") {
    return InvalidArgument("the kind ", static_cast<std::uint8_t>(*query.kind), " does not exist");
  }
  return CheckLimit(query.limit);
}

// What the indexes do not know.
bool Holds(const SpanQuery& query, const trace::RowImage& image) {
  if (query.name.has_value() && image.name != *query.name) return false;
  return !query.finished.has_value() || image.end.has_value() == *query.finished;
}

bool AsksRows(const SpanQuery& query) {
  return query.name.has_value() || query.finished.has_value();
}

// The row at `at`, or nullopt where the query does not hold for it.
absl::StatusOr<std::optional<StoredSpan>> MatchAt(Reader& reader, const RunId& run,
                                                  const SpanQuery& query,
                                                  const trace::Position& at) {
  VARVE_ASSIGN_OR_RETURN(StoredSpan stored, trace::ReadNamedSpan(reader, run, at.span));
  if (!Holds(query, stored.image)) return std::nullopt;
  return stored;
}

}  // namespace

Trace::Trace(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Trace::Trace(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::StatusOr<SpanId> Trace::Record(const SpanRecord& record) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  trace::RowImage image;
  image.kind = record.kind;
  image.status = record.status.value_or(record.kind == SpanKind::kError ? SpanStatus::kError
                                                                        : SpanStatus::kUnset);
  image.parent = record.parent;
  image.start = record.start.value_or(reader_->now());
  image.end = record.end;
  image.name = record.name;
  image.message = record.status_message;
  if (NameOf(image.kind) == "unknown" || NameOf(image.status) == "unknown") {
    return InvalidArgument("the span has a kind or status that does not exist");
  }
  VARVE_RETURN_IF_ERROR(CheckName("the name of the span", image.name));
  VARVE_RETURN_IF_ERROR(CheckMessage(image.message));
  VARVE_RETURN_IF_ERROR(CheckTime("the start", image.start));
  VARVE_RETURN_IF_ERROR(CheckTime("the end", image.end.value_or(Timestamp())));
  if (image.end.has_value() && *image.end < image.start) {
    return InvalidArgument("the end ", image.end->micros(), " us is before the start ",
                           image.start.micros(), " us");
  }
  VARVE_ASSIGN_OR_RETURN(image.tags, SortedTags(record.tags));
  VARVE_ASSIGN_OR_RETURN(const trace::AttributeList attributes,
                         trace::AttributeList::Parse(record.attributes));
  image.attributes = attributes.Sorted();
  std::erase_if(image.attributes, [](const auto& attribute) { return attribute.value.empty(); });
  VARVE_RETURN_IF_ERROR(CheckBytes(trace::EncodedRowBytes(image)));
  const SpanId id = record.id.is_none() ? SpanId::Draw() : record.id;
  VARVE_RETURN_IF_ERROR(Write(kTraceRecord, trace::EncodeRecord(id, image)));
  return id;
}

absl::StatusOr<SpanId> Trace::RecordChild(SpanId parent, SpanRecord record) {
  VARVE_RETURN_IF_ERROR(CheckSpan(parent));
  record.parent = parent;
  return Record(record);
}

absl::Status Trace::Finish(SpanId span, const SpanFinish& finish) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  VARVE_RETURN_IF_ERROR(CheckMessage(finish.status_message));
  if (!finish.status.has_value() && !finish.status_message.empty()) {
    return InvalidArgument("SpanFinish holds a message without a status: set the status too");
  }
  if (finish.status.has_value() && NameOf(*finish.status) == "unknown") {
    return InvalidArgument("the status ", static_cast<std::uint8_t>(*finish.status),
                           " does not exist");
  }
  const Timestamp end = finish.end.value_or(reader_->now());
  VARVE_RETURN_IF_ERROR(CheckTime("the end", end));
  return Write(kTraceFinish, trace::EncodeFinish({.span = span,
                                                  .end = end,
                                                  .not_before_start = !finish.end.has_value(),
                                                  .status = finish.status,
                                                  .message = finish.status_message}));
}

absl::Status Trace::Annotate(SpanId span, const SpanAnnotation& annotation) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  trace::AnnotatePayload annotate;
  annotate.span = span;
  VARVE_ASSIGN_OR_RETURN(annotate.added, SortedTags(annotation.add_tags));
  VARVE_ASSIGN_OR_RETURN(annotate.removed, SortedTags(annotation.remove_tags));
  for (const std::string_view tag : annotate.added) {
    if (std::binary_search(annotate.removed.begin(), annotate.removed.end(), tag)) {
      return InvalidArgument("the tag \"", tag, "\" is to be both added and removed");
    }
  }
  VARVE_ASSIGN_OR_RETURN(const trace::AttributeList attributes,
                         trace::AttributeList::Parse(annotation.attributes));
  annotate.attributes = attributes.Sorted();
  if (annotate.added.empty() && annotate.removed.empty() && annotate.attributes.empty()) {
    return InvalidArgument("the annotation changes nothing: add a tag or an attribute to it");
  }
  const std::string payload = trace::EncodeAnnotate(annotate);
  VARVE_RETURN_IF_ERROR(CheckBytes(payload.size()));
  return Write(kTraceAnnotate, payload);
}

absl::Status Trace::DeleteTree(SpanId span) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  return Write(kTraceDelete, trace::EncodeDelete(span));
}

absl::StatusOr<std::optional<Span>> Trace::Get(SpanId span) const {
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  VARVE_ASSIGN_OR_RETURN(const std::optional<StoredSpan> stored,
                         trace::ReadSpan(*reader_, run_, span));
  if (!stored.has_value()) return std::nullopt;
  return trace::ToSpan(*stored);
}

absl::StatusOr<bool> Trace::Exists(SpanId span) const {
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  VARVE_ASSIGN_OR_RETURN(const std::optional<StoredSpan> stored,
                         trace::ReadSpan(*reader_, run_, span));
  return stored.has_value();
}

absl::StatusOr<SpanPage> Trace::Find(const SpanQuery& query) const {
  VARVE_RETURN_IF_ERROR(CheckQuery(query));
  std::optional<trace::Position> after;
  if (!query.cursor.empty()) {
    VARVE_ASSIGN_OR_RETURN(after, trace::ParseCursor(query));
  }
  SpanPage page;
  trace::Intersection matches(*reader_, run_, query, after);
  for (; matches.valid(); matches.Next()) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<StoredSpan> stored,
                           MatchAt(*reader_, run_, query, matches.at()));
    if (!stored.has_value()) continue;
    // The span behind the last one is looked for too, so that a cursor means that there is more.
    if (page.spans.size() == query.limit) {
      const Span& last = page.spans.back();
      page.cursor = trace::MakeCursor(query, {.start = last.start, .span = last.id});
      break;
    }
    page.spans.push_back(trace::ToSpan(*stored));
  }
  VARVE_RETURN_IF_ERROR(matches.status());
  return page;
}

absl::StatusOr<SpanPage> Trace::Children(SpanId span, SpanQuery query) const {
  VARVE_RETURN_IF_ERROR(CheckSpan(span));
  if (query.parent.value_or(span) != span) {
    return InvalidArgument("the query asks for the children of another span: leave its parent out");
  }
  query.parent = span;
  return Find(query);
}

absl::StatusOr<SpanPage> Trace::Roots(SpanQuery query) const {
  if (!query.parent.value_or(SpanId()).is_none()) {
    return InvalidArgument("the query asks for the children of a span: leave its parent out");
  }
  query.parent = SpanId();
  return Find(query);
}

absl::StatusOr<TreePage> Trace::Tree(const TreeQuery& query) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(query.limit));
  trace::TreeWalk walk(*reader_, run_, query.root);
  const auto step = [&] { return walk.Next(walk.depth() < query.depth_max); };
  if (query.cursor.empty()) {
    VARVE_RETURN_IF_ERROR(walk.Begin());
  } else {
    VARVE_ASSIGN_OR_RETURN(const trace::TreePlace last, trace::ParseTreeCursor(query));
    VARVE_RETURN_IF_ERROR(walk.Resume(last.span, last.depth));
    VARVE_RETURN_IF_ERROR(step());
  }
  TreePage page;
  while (walk.valid()) {
    if (page.spans.size() == query.limit) {
      const TreeSpan& last = page.spans.back();
      page.cursor = trace::MakeTreeCursor(query, {.span = last.span.id, .depth = last.depth});
      break;
    }
    page.spans.push_back({.span = trace::ToSpan(walk.span()), .depth = walk.depth()});
    VARVE_RETURN_IF_ERROR(step());
  }
  return page;
}

absl::StatusOr<std::uint64_t> Trace::Count() const {
  std::uint64_t count = 0;
  for (const SpanKind kind : kSpanKinds) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t of_kind, Count(kind));
    count += of_kind;
  }
  return count;
}

absl::StatusOr<std::uint64_t> Trace::Count(SpanKind kind) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader_->Get(kTraceCounts, run_, trace::CountKey(kind)));
  if (!row.has_value()) return 0;
  return trace::DecodeCount(row->value);
}

absl::StatusOr<std::uint64_t> Trace::Count(const SpanQuery& query) const {
  VARVE_RETURN_IF_ERROR(CheckQuery(query));
  std::uint64_t count = 0;
  trace::Intersection matches(*reader_, run_, query, std::nullopt);
  for (; matches.valid(); matches.Next()) {
    if (AsksRows(query)) {
      VARVE_ASSIGN_OR_RETURN(const std::optional<StoredSpan> stored,
                             MatchAt(*reader_, run_, query, matches.at()));
      if (!stored.has_value()) continue;
    }
    ++count;
  }
  VARVE_RETURN_IF_ERROR(matches.status());
  return count;
}

absl::Status Trace::CheckWritable() const {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this Trace is on a read-only view: write through one on a",
                              " Transaction");
  }
  return absl::OkStatus();
}

absl::Status Trace::Write(std::uint8_t type, std::string_view payload) {
  return transaction_->Write({.type = type, .run = run_, .payload = payload});
}

}  // namespace varve
