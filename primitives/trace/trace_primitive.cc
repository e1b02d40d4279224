#include "primitives/trace/trace_primitive.h"

#include "kernel/base/status.h"
#include "primitives/trace/trace_apply.h"
#include "primitives/trace/trace_describe.h"

namespace varve {

TracePrimitive::TracePrimitive() {
  spec_.id = kTraceId;
  spec_.name = "varve.trace";
  spec_.entry_range = kTraceRecord;
  spec_.entries = {{.type = kTraceRecord, .name = "TraceRecord"},
                   {.type = kTraceFinish, .name = "TraceFinish"},
                   {.type = kTraceAnnotate, .name = "TraceAnnotate"},
                   {.type = kTraceDelete, .name = "TraceDelete"}};
  spec_.tables = {{.number = kTraceSpans.number, .name = "spans"},
                  {.number = kTraceChildren.number, .name = "children", .derived = true},
                  {.number = kTraceTimes.number, .name = "times", .derived = true},
                  {.number = kTraceKinds.number, .name = "kinds", .derived = true},
                  {.number = kTraceTags.number, .name = "tags", .derived = true},
                  {.number = kTraceCounts.number, .name = "counts", .derived = true}};
}

absl::Status TracePrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("Trace: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kTraceRecord:
      return trace::ApplyRecord(entry.payload, context);
    case kTraceFinish:
      return trace::ApplyFinish(entry.payload, context);
    case kTraceAnnotate:
      return trace::ApplyAnnotate(entry.payload, context);
    case kTraceDelete:
      return trace::ApplyDelete(entry.payload, context);
    default:
      return Unimplemented("Trace: entry type ", entry.type, " is not one of 80 to 83");
  }
}

RowDescription TracePrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const {
  if (table == kTraceSpans.number) return trace::DescribeSpanRow(key, value);
  return Primitive::DescribeRow(table, key, value);
}

EntryDescription TracePrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kTraceRecord:
      return trace::DescribeRecord(entry.payload);
    case kTraceFinish:
      return trace::DescribeFinish(entry.payload);
    case kTraceAnnotate:
      return trace::DescribeAnnotate(entry.payload);
    case kTraceDelete:
      return trace::DescribeDelete(entry.payload);
    default:
      return {"unknown", "?", ""};
  }
}

}  // namespace varve
