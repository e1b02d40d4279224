// Other text from outside: lines of an import, filters and metadata of vectors, OpenTelemetry.
#include <memory>
#include <string>
#include <vector>

#include "cli/bytes_text.h"
#include "cli/jsonl_record.h"
#include "kernel/store.h"
#include "primitives/trace/trace_otlp.h"
#include "primitives/vector/vector_filter.h"
#include "primitives/vector/vector_metadata.h"
#include "recovery/open.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"

namespace varve::fuzz {
namespace {

// --- jsonl_record: one line; also as base64 and as bytes to print.

absl::Status TryBytesText(std::string_view input) {
  const std::string printed = cli::EscapeBytes(input);
  if (!cli::IsUtf8(printed)) return Broken("EscapeBytes gives what is not UTF-8");
  if (printed.size() > 4 * input.size()) return Broken("EscapeBytes gives more than four times");
  const auto back = cli::BytesFromJson(cli::BytesToJson(input));
  if (!back.ok() || *back != input) return Broken("BytesFromJson(BytesToJson(x)) is not x");
  const auto decoded = cli::DecodeBase64(input);
  if (decoded.has_value() && cli::EncodeBase64(*decoded) != input) {
    return Broken("encode(decode(base64)) is not the text");
  }
  return absl::OkStatus();
}

absl::Status TryJsonlRecord(std::string_view input) {
  VARVE_RETURN_IF_ERROR(TryBytesText(input));
  const auto record = cli::ParseJsonlRecord(input);
  if (!record.ok()) {
    if (!absl::IsInvalidArgument(record.status())) {
      return Broken("a line is answered with ", record.status().ToString());
    }
    return RefusedHonestly(record.status());
  }
  KvRow row;
  row.key = record->key;
  row.value = record->value;
  row.expires = record->expires;
  const auto again = cli::ParseJsonlRecord(cli::FormatJsonlRecord(row));
  if (!again.ok()) return Broken("parse(format(row)) is refused: ", again.status().ToString());
  if (again->key != record->key || again->value != record->value ||
      again->expires != record->expires) {
    return Broken("parse(format(row)) is not the row");
  }
  return absl::OkStatus();
}

std::vector<std::string> JsonlSeeds() {
  return {R"({"key":"k","value":"v"})",
          R"({"key":{"base64":"AP8="},"value":{"base64":""},"expires_us":1700000000000000})",
          R"({"key":"k","value":{"a":[1,2.5,null,true]},"lsn":7})",
          R"({"key":"\u00e9\n","value":"\ud83d\ude00","found":true})",
          "QUJD",
          "\xFF\x01 text"};
}

const Registration kJsonl({.name = "jsonl_record", .run = TryJsonlRecord, .seeds = JsonlSeeds});

// --- vector_filter: a filter, and in a second line metadata to look at.

absl::Status TryVectorFilter(std::string_view input) {
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view metadata = input.substr(std::min(line + 1, input.size()));
  const absl::Status checked = vector::CheckMetadata(metadata);
  if (!checked.ok()) VARVE_RETURN_IF_ERROR(RefusedHonestly(checked));
  const std::string image = vector::MakeMetadataImage(metadata);
  vector::FieldReader fields(image);
  vector::Field field;
  while (fields.Next(field)) {
    if (field.path.empty() || field.path.front() != '/') return Broken("a field without a pointer");
  }
  const auto filter = VectorFilter::Parse(input.substr(0, line));
  if (!filter.ok()) return RefusedHonestly(filter.status());
  const absl::Status usable = filter->Check();
  if (!usable.ok()) return Broken("Parse takes what Check refuses: ", usable.ToString());
  if (VectorFilter::Not(*filter).Matches(image) == filter->Matches(image)) {
    return Broken("a row matches a filter and its opposite, or neither");
  }
  return absl::OkStatus();
}

std::vector<std::string> VectorFilterSeeds() {
  return {
      "{\"and\":[{\"eq\":[\"lang\",\"en\"]},{\"ge\":[\"year\",2020]},{\"not\":{\"exists\":"
      "\"hidden\"}}]}\n{\"lang\":\"en\",\"year\":2021}",
      "{\"or\":[{\"in\":[\"/a/b\",[1,2.5,\"x\"]]},{\"contains\":[\"tags\",\"x\"]}]}\n"
      "{\"a\":{\"b\":2.5},\"tags\":[\"x\",null,true]}",
      "{\"not_in\":[\"n\",[null,true,-1]]}\n{\"n\":18446744073709551615}",
      "{\"ne\":[\"a\",1]}\n{\"a\":1e0,\"~/\":{\"\":[]}}"};
}

const Registration kVectorFilter({.name = "vector_filter",
                                  .run = TryVectorFilter,
                                  .seeds = VectorFilterSeeds});

// --- otlp_import: a request.

Store& TraceStore() {
  static const std::unique_ptr<Store> store = [] {
    StoreOptions options;
    options.background_threads = false;
    options.log.background_threads = false;
    return *OpenInMemory(NewBuiltins(), options);
  }();
  return *store;
}

OtlpExportOptions ExportOptions(const OtlpImport& imported) {
  OtlpExportOptions options;
  options.trace_id = imported.trace_id;
  return options;
}

// What an export says of an import is imported as the same.
absl::Status TryOtlpImport(std::string_view input) {
  VARVE_ASSIGN_OR_RETURN(Transaction first, TraceStore().Begin());
  const auto imported = ImportOtlp(first, RunId(), input);
  if (!imported.ok()) return RefusedHonestly(imported.status());
  if (!imported->trace_id.has_value()) return absl::OkStatus();
  const auto exported = ExportOtlp(first, RunId(), ExportOptions(*imported));
  if (!exported.ok()) return Broken("export: ", exported.status().ToString());
  if (!exported->cursor.empty()) return absl::OkStatus();
  if (exported->spans != imported->spans) return Broken("spans were lost");
  VARVE_ASSIGN_OR_RETURN(Transaction second, TraceStore().Begin());
  const auto reimported = ImportOtlp(second, RunId(), exported->json);
  if (!reimported.ok()) return Broken("import(export(x)): ", reimported.status().ToString());
  const auto again = ExportOtlp(second, RunId(), ExportOptions(*imported));
  if (!again.ok() || again->json != exported->json) {
    return Broken("export(import(export(x))) is not export(x): ", exported->json);
  }
  return absl::OkStatus();
}

std::vector<std::string> OtlpSeeds() {
  return {
      R"({"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{},"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"one","kind":1,
"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",
"attributes":[{"key":"my.span.attr","value":{"stringValue":"some"}},
{"key":"n","value":{"intValue":"-7"}},{"key":"d","value":{"doubleValue":1.5}},
{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true}]}}}],"status":{"code":2,"message":"m"}},
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175",
"parentSpanId":"eee19b7ec3c1b174","name":"two","startTimeUnixNano":"1544712660000000000",
"events":[{"timeUnixNano":"1","name":"e"}],"links":[]}]}]}]})",
      R"({"resourceSpans":[]})",
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"","name":"","startTimeUnixNano":1}]}]}]})"};
}

const Registration kOtlp(
    {.name = "otlp_import", .run = TryOtlpImport, .seeds = OtlpSeeds, .smoke_runs = 1500});

}  // namespace
}  // namespace varve::fuzz
