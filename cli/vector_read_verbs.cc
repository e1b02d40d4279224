// varve STORE vector ls|info|get|scan|count|search
#include <string>

#include "cli/kv_arguments.h"
#include "cli/vector_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// A view with the vectors of a run. `at` as for `kv get --at`.
struct OpenVectors {
  OpenedStore opened;
  ReadView view;
  Vectors vectors;
};

absl::StatusOr<std::unique_ptr<OpenVectors>> OpenRun(Session& session, const std::string& run_text,
                                                     std::optional<std::uint64_t> at = {}) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(run_text));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, at ? opened.store->AsOf(Lsn(*at)) : opened.store->View());
  auto open = std::unique_ptr<OpenVectors>(
      new OpenVectors{std::move(opened), std::move(view), Vectors(view, run)});
  open->vectors = Vectors(open->view, run);
  return open;
}

void DeclareAt(Arguments& arguments, std::optional<std::uint64_t>& at) {
  arguments.Number({.name = "--at",
                    .help = "As of this LSN, where history is kept that far",
                    .value_name = "LSN"},
                   at);
}

void PrintCollection(const VectorCollection& collection, Output& output) {
  output.Line(EscapeBytes(collection.name) + "\t" + std::to_string(collection.shape.dimension) +
              "\t" + std::string(VectorMetricName(collection.shape.metric)));
  output.Object({{"collection", BytesToJson(collection.name)},
                 {"dimension", collection.shape.dimension},
                 {"metric", VectorMetricName(collection.shape.metric)},
                 {"created_lsn", collection.created.value()},
                 {"created_time_us", collection.created_time.micros()}});
}

struct ListArguments {
  std::string run;
};

void DeclareList(Arguments& arguments, ListArguments& to) { DeclareRun(arguments, to.run); }

absl::StatusOr<Answer> RunList(const ListArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.run));
  std::string after;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<VectorCollection> page, open->vectors.List(after));
    for (const VectorCollection& collection : page) PrintCollection(collection, session.output());
    if (page.empty()) return Answer::kYes;
    after = page.back().name;
  }
}

absl::StatusOr<Answer> RunInfo(const CollectionArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.run));
  VARVE_ASSIGN_OR_RETURN(const auto info, open->vectors.Info(arguments.collection));
  if (!info.has_value()) return Answer::kNo;
  PrintCollection(*info, session.output());
  return Answer::kYes;
}

Json RowToJson(const VectorRow& row, bool with_vector) {
  Json object = {{"key", BytesToJson(row.key)}};
  if (with_vector) object["vector"] = ComponentsToJson(row.vector);
  object["metadata"] = MetadataToJson(row.metadata);
  object["lsn"] = row.lsn.value();
  object["commit_time_us"] = row.commit_time.micros();
  return object;
}

struct GetArguments {
  VectorKeyArguments key;
  std::optional<std::uint64_t> at;
};

void DeclareGet(Arguments& arguments, GetArguments& to) {
  DeclareVectorKey(arguments, to.key);
  DeclareAt(arguments, to.at);
}

absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.key.where.run, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const auto row,
                         open->vectors.Get(arguments.key.where.collection, arguments.key.key));
  if (!row.has_value()) {
    session.output().Object({{"found", false}, {"key", BytesToJson(arguments.key.key)}});
    return Answer::kNo;
  }
  std::string line = FormatComponents(row->vector);
  if (!row->metadata.empty()) line += "\t" + EscapeBytes(row->metadata);
  session.output().Line(line);
  Json object = {{"found", true}};
  object.update(RowToJson(*row, true));
  session.output().Object(object);
  return Answer::kYes;
}

struct ScanArguments {
  CollectionArguments where;
  std::string prefix;
  std::string after;
  bool vectors = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::uint64_t> at;
};

void DeclareScan(Arguments& arguments, ScanArguments& to) {
  DeclareCollection(arguments, to.where);
  arguments.Text({.name = "prefix", .help = "Only keys that start with this"}, to.prefix);
  arguments.Text({.name = "--after", .help = "Only keys behind this one", .value_name = "KEY"},
                 to.after);
  arguments.Number({.name = "--limit", .help = "At most so many rows", .value_name = "N"}, to.limit,
                   {.min = 1});
  arguments.Flag({.name = "--vectors", .help = "With the components"}, to.vectors);
  DeclareAt(arguments, to.at);
}

void PrintRow(const VectorRow& row, bool with_vector, Output& output) {
  std::string line = EscapeBytes(row.key);
  if (with_vector) line += "\t" + FormatComponents(row.vector);
  if (!row.metadata.empty()) line += "\t" + EscapeBytes(row.metadata);
  output.Line(line);
  output.Object(RowToJson(row, with_vector));
}

absl::StatusOr<Answer> RunScan(const ScanArguments& arguments, Session& session) {
  constexpr std::uint64_t kPage = 1000;
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.where.run, arguments.at));
  std::string after = arguments.after;
  for (std::uint64_t left = arguments.limit; left > 0;) {
    if (Interrupted()) return absl::CancelledError("interrupted");
    const VectorScanOptions options{.prefix = arguments.prefix,
                                    .after = after,
                                    .limit = std::min(left, kPage),
                                    .include_vectors = arguments.vectors};
    VARVE_ASSIGN_OR_RETURN(const std::vector<VectorRow> rows,
                           open->vectors.Scan(arguments.where.collection, options));
    for (const VectorRow& row : rows) PrintRow(row, arguments.vectors, session.output());
    if (rows.size() < options.limit) return Answer::kYes;
    after = rows.back().key;
    left -= rows.size();
  }
  return Answer::kYes;
}

absl::StatusOr<Answer> RunCount(const CollectionArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.run));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, open->vectors.Count(arguments.collection));
  session.output().Line(std::to_string(count));
  session.output().Object({{"count", count}});
  return Answer::kYes;
}

struct SearchArguments {
  CollectionArguments where;
  ComponentArguments query;
  std::uint64_t k = 10;
  std::string threshold;
  std::string filter;
  bool vectors = false;
  std::uint64_t threads = 0;
  std::optional<std::uint64_t> at;
};

void DeclareSearch(Arguments& arguments, SearchArguments& to) {
  DeclareCollection(arguments, to.where);
  DeclareComponents(arguments, to.query);
  arguments.Number({.name = "-k", .help = "How many at most (default 10)", .value_name = "N"}, to.k,
                   {.min = 1, .max = kVectorSearchResultsMax});
  arguments.Text(
      {.name = "--threshold", .help = "Only scores of at least this", .value_name = "SCORE"},
      to.threshold);
  arguments.Text({.name = "--filter",
                  .help = "Only rows whose metadata match, such as {\"eq\":[\"lang\",\"en\"]}",
                  .value_name = "JSON"},
                 to.filter);
  arguments.Flag({.name = "--vectors", .help = "With the components"}, to.vectors);
  arguments.Number({.name = "--threads", .help = "0: as many as there are", .value_name = "N"},
                   to.threads, {.min = 0, .max = kVectorSearchThreadsMax});
  DeclareAt(arguments, to.at);
}

absl::StatusOr<VectorSearchOptions> OptionsOf(const SearchArguments& arguments) {
  VectorSearchOptions options;
  options.k = arguments.k;
  options.include_vectors = arguments.vectors;
  options.threads = arguments.threads;
  if (!arguments.threshold.empty()) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<float> numbers,
                           ParseComponents("[" + arguments.threshold + "]"));
    if (numbers.size() != 1) return InvalidArgument("--threshold takes one number");
    options.threshold = numbers[0];
  }
  if (!arguments.filter.empty()) {
    VARVE_ASSIGN_OR_RETURN(options.filter, VectorFilter::Parse(arguments.filter));
  }
  return options;
}

void PrintHit(const VectorHit& hit, bool with_vector, Output& output) {
  std::string line = FormatFloat(hit.score) + "\t" + EscapeBytes(hit.key);
  if (with_vector) line += "\t" + FormatComponents(hit.vector);
  if (!hit.metadata.empty()) line += "\t" + EscapeBytes(hit.metadata);
  output.Line(line);
  // A score beyond all floats has no JSON number.
  const Json score = Json::parse(FormatFloat(hit.score), nullptr, false);
  Json object = {{"key", BytesToJson(hit.key)},
                 {"score", score.is_number() ? score : Json(FormatFloat(hit.score))}};
  if (with_vector) object["vector"] = ComponentsToJson(hit.vector);
  object["metadata"] = MetadataToJson(hit.metadata);
  output.Object(object);
}

absl::StatusOr<Answer> RunSearch(const SearchArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<float> query, ComponentsOf(arguments.query));
  VARVE_ASSIGN_OR_RETURN(const VectorSearchOptions options, OptionsOf(arguments));
  VARVE_ASSIGN_OR_RETURN(const auto open, OpenRun(session, arguments.where.run, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::vector<VectorHit> hits,
                         open->vectors.Search(arguments.where.collection, query, options));
  for (const VectorHit& hit : hits) PrintHit(hit, arguments.vectors, session.output());
  return hits.empty() ? Answer::kNo : Answer::kYes;
}

void AddVectorReadVerbs(Verbs& vector) {
  vector.Add<ListArguments>(
      {"ls", "Prints the collections: name, dimension, metric.", {"vector ls"}}, DeclareList,
      RunList);
  vector.Add<CollectionArguments>(
      {"info", "Prints one collection. Exit 1 where there is none.", {"vector info docs --json"}},
      DeclareCollection, RunInfo);
  vector.Add<GetArguments>({"get",
                            "Prints the components and metadata of a vector. Exit 1 where there is "
                            "none.",
                            {"vector get docs apple", "vector get docs apple --at 42 --json"}},
                           DeclareGet, RunGet);
  vector.Add<ScanArguments>(
      {"scan",
       "Prints vectors in key order: key and metadata.",
       {"vector scan docs", "vector scan docs a --limit 10 --vectors --json"}},
      DeclareScan, RunScan);
  vector.Add<CollectionArguments>(
      {"count", "Counts the vectors of a collection.", {"vector count docs"}}, DeclareCollection,
      RunCount);
  vector.Add<SearchArguments>(
      {"search",
       "Prints the vectors most like a query, best first: score, key, metadata. Exit 1 where none "
       "is found.",
       {"vector search docs [1,0,0] -k 5",
        "vector search docs --file query.json --filter '{\"eq\":[\"lang\",\"en\"]}' --json"}},
      DeclareSearch, RunSearch);
}

}  // namespace

void AddVectorVerbs(Verbs& root) {
  Verbs vector = root.Group("vector", "Collections of vectors: create, insert, search, ...");
  AddVectorReadVerbs(vector);
  AddVectorWriteVerbs(vector);
}

}  // namespace varve::cli
