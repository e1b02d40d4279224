#include "document_search/documents.h"

#include <optional>
#include <set>

#include "feature_hashing/feature_hashing.h"
#include "kernel/base/status.h"

namespace document_search {
namespace {

constexpr std::string_view kCollection = "texts";
constexpr std::size_t kDimension = 512;

std::string TextMember(const varve::JsonValue& document, const char* name) {
  const auto member = document.find(name);
  return member != document.end() && member->is_string() ? member->get<std::string>() : "";
}

std::vector<float> VectorOf(const varve::JsonValue& document) {
  return feature_hashing::Embed(TitleOf(document) + "\n" + TextMember(document, "text"),
                                kDimension);
}

// What a filter may ask for: every member but the long ones.
std::string MetadataOf(const varve::JsonValue& document) {
  varve::JsonValue metadata = varve::JsonValue::object();
  for (const auto& [name, value] : document.items()) {
    if (name != "text" && !value.is_object()) metadata[name] = value;
  }
  return metadata.dump();
}

absl::Status WriteVector(varve::Transaction& transaction, std::string_view id,
                         const varve::JsonValue& document) {
  return varve::Vectors(transaction)
      .Upsert(kCollection, id, VectorOf(document), MetadataOf(document));
}

bool IsVectorOf(const varve::VectorRow& row, const varve::JsonValue& document) {
  return row.vector == VectorOf(document) && row.metadata == MetadataOf(document);
}

}  // namespace

std::string TitleOf(const varve::JsonValue& document) { return TextMember(document, "title"); }

absl::Status Prepare(varve::Transaction& transaction) {
  varve::Vectors vectors(transaction);
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::VectorCollection> collection,
                         vectors.Info(kCollection));
  if (collection.has_value()) return absl::OkStatus();
  return vectors.Create(kCollection,
                        {.dimension = kDimension, .metric = varve::VectorMetric::kCosine});
}

absl::StatusOr<PutOutcome> Put(varve::Transaction& transaction, std::string_view id,
                               const varve::JsonValue& document) {
  if (!document.is_object()) return varve::InvalidArgument("document ", id, " is no JSON object");
  varve::Json json(transaction);
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::JsonValue> before, json.GetDocument(id));
  if (before.has_value() && varve::JsonEquals(*before, document)) return PutOutcome::kUnchanged;
  VARVE_RETURN_IF_ERROR(json.Set(id, "", document));
  VARVE_RETURN_IF_ERROR(WriteVector(transaction, id, document));
  return before.has_value() ? PutOutcome::kChanged : PutOutcome::kAdded;
}

absl::Status Change(varve::Transaction& transaction, std::string_view id, std::string_view pointer,
                    const varve::JsonValue& value) {
  varve::Json json(transaction);
  VARVE_ASSIGN_OR_RETURN(const bool exists, json.Exists(id));
  if (!exists) return varve::MakeStatus(absl::StatusCode::kNotFound, "no document ", id);
  VARVE_RETURN_IF_ERROR(json.Set(id, pointer, value));
  // A transaction reads its own writes: this is the document as it is about to become.
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::JsonValue> after, json.GetDocument(id));
  if (!after.has_value() || !after->is_object())
    return varve::InvalidArgument("document ", id, " would be no object");
  return WriteVector(transaction, id, *after);
}

absl::StatusOr<bool> Remove(varve::Transaction& transaction, std::string_view id) {
  VARVE_RETURN_IF_ERROR(varve::Json(transaction).Destroy(id));
  return varve::Vectors(transaction).Delete(kCollection, id);
}

absl::StatusOr<std::vector<Found>> Search(varve::Reader& reader, std::string_view text,
                                          const varve::VectorFilter& filter, std::size_t count) {
  VARVE_ASSIGN_OR_RETURN(
      const std::vector<varve::VectorHit> hits,
      varve::Vectors(reader).Search(kCollection, feature_hashing::Embed(text, kDimension),
                                    {.k = count, .filter = filter, .include_metadata = false}));
  const varve::Json json(reader);
  std::vector<Found> found;
  for (const varve::VectorHit& hit : hits) {
    VARVE_ASSIGN_OR_RETURN(std::optional<varve::JsonValue> document, json.GetDocument(hit.key));
    if (!document.has_value()) {
      return varve::MakeStatus(absl::StatusCode::kInternal, "a vector without document ", hit.key);
    }
    found.push_back({.id = hit.key, .score = hit.score, .document = *std::move(document)});
  }
  return found;
}

absl::StatusOr<CheckReport> Check(varve::Reader& reader) {
  const varve::Vectors vectors(reader);
  CheckReport report;
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::VectorCollection> collection,
                         vectors.Info(kCollection));
  if (!collection.has_value()) return report;  // nothing was ever imported
  VARVE_ASSIGN_OR_RETURN(const varve::JsonList list, varve::Json(reader).List());
  report.documents = list.documents.size();
  for (const varve::JsonInfo& info : list.documents) {
    VARVE_ASSIGN_OR_RETURN(const auto document, varve::Json(reader).GetDocument(info.name));
    VARVE_ASSIGN_OR_RETURN(const auto row, vectors.Get(kCollection, info.name));
    if (!row.has_value() || !IsVectorOf(*row, *document)) report.faults.push_back(info.name);
  }
  std::set<std::string> ids;
  for (const varve::JsonInfo& info : list.documents) ids.insert(info.name);
  VARVE_ASSIGN_OR_RETURN(report.vectors, vectors.Count(kCollection));
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::VectorRow> rows,
                         vectors.Scan(kCollection, {.limit = report.vectors + 1}));
  for (const varve::VectorRow& row : rows) {
    if (!ids.contains(row.key)) report.faults.push_back(row.key);
  }
  return report;
}

}  // namespace document_search
