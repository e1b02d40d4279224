// JsonPrimitive::CheckRows: I1 to I5 of json_primitive.h.
#include <optional>
#include <string>
#include <vector>

#include "kernel/row_walk.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_index.h"
#include "primitives/json/json_keys.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_primitive.h"
#include "primitives/json/json_rows.h"
#include "primitives/json/json_tree.h"

namespace varve {

namespace {

using json::IsSplit;
using json::Tag;

// The nodes, which come as documents one behind the other, each container before its children: in
// memory are the containers on the way to one node.
class TreesCheck final {
 public:
  explicit TreesCheck(RowWalk& walk) : walk_(walk) {}

  absl::Status Add(const RunId& run, const Row& row) {
    std::string_view rest = row.key;
    std::string name;
    if (!json::TakeTerminated(rest, name) || name.empty() || name.size() > kJsonNameBytesMax) {
      return InRun(Broken("the key of a node does not begin with the name of a document"), run);
    }
    if (!begun_ || run != run_ || name != name_) {
      VARVE_RETURN_IF_ERROR(Finish());
      begun_ = true;
      run_ = run;
      name_ = std::move(name);
      bytes_ = 0;
      open_.clear();
      if (!rest.empty()) return Bad("it has parts and no root");
    } else {
      VARVE_RETURN_IF_ERROR(FindPlace(row.key));
    }
    return AddValue(row);
  }

  // The document that was looked at last has no more rows.
  absl::Status Finish() {
    if (!begun_) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                           walk_.view().Get(kJsonDocuments, run_, name_));
    if (!row.has_value()) return Bad("it has nodes and no row of its own");
    const absl::StatusOr<std::uint64_t> bytes = json::DecodeDocumentRow(row->value);
    if (!bytes.ok()) return Bad(FromAbsl(bytes.status().message()));
    if (*bytes == bytes_) return absl::OkStatus();
    return Bad("its row says " + std::to_string(*bytes) + " bytes, its nodes have " +
               std::to_string(bytes_));
  }

 private:
  struct Open {  // a split container whose children are being looked at
    std::string key;
    bool is_array = false;
    std::uint32_t children = 0;
  };

  [[nodiscard]] absl::Status Bad(std::string_view fault) const {
    return InRun(Broken("document ", Quoted(name_), ": ", fault), run_);
  }

  absl::Status FindPlace(std::string_view key) {
    while (!open_.empty() && !key.starts_with(open_.back().key)) open_.pop_back();
    if (open_.empty()) return Bad("a node has no parent");
    Open& parent = open_.back();
    key.remove_prefix(parent.key.size());
    const std::optional<json::Segment> segment = json::TakeSegment(key);
    if (!segment.has_value() || !key.empty()) return Bad("a node has no parent");
    if (segment->is_element != parent.is_array) {
      return Bad("a member is in an array, or an element in an object");
    }
    if (!parent.is_array) {
      bytes_ += json::EncodedKeyBytes(segment->member);
    } else if (segment->index != parent.children) {
      return Bad("element " + std::to_string(parent.children) + " of an array is missing");
    }
    ++parent.children;
    return absl::OkStatus();
  }

  absl::Status AddValue(const Row& row) {
    const absl::StatusOr<Tag> tag = json::TagOf(row.value);
    if (!tag.ok()) return Bad(FromAbsl(tag.status().message()));
    if (!IsSplit(*tag)) {
      bytes_ += row.value.size();
      const absl::Status value = json::Decode(row.value).status();
      return value.ok() ? value : Bad(FromAbsl(value.message()));
    }
    if (row.value.size() != 1) return Bad("the row of a split container holds more than its mark");
    bytes_ += json::kContainerHeaderBytes;
    open_.push_back({.key = std::string(row.key), .is_array = *tag == Tag::kSplitArray});
    return absl::OkStatus();
  }

  RowWalk& walk_;
  bool begun_ = false;
  RunId run_;
  std::string name_;
  std::uint64_t bytes_ = 0;  // of the document's encoding, so far
  std::vector<Open> open_;
};

absl::Status CheckTrees(RowWalk& walk) {
  TreesCheck trees(walk);
  VARVE_RETURN_IF_ERROR(walk.Visit(
      kJsonNodes, [&](const RunId& run, const Row& row) { return trees.Add(run, row); }));
  return trees.Finish();
}

// The definitions of the run that a walk is in.
class IndexesOfRun final {
 public:
  explicit IndexesOfRun(RowWalk& walk) : walk_(walk) {}

  absl::StatusOr<const std::vector<json::Index>*> Of(const RunId& run) {
    if (!run_.has_value() || *run_ != run) {
      json::ReaderRows rows(walk_.view(), run);
      VARVE_ASSIGN_OR_RETURN(indexes_, json::ReadIndexes(rows));
      run_ = run;
    }
    return &indexes_;
  }

 private:
  RowWalk& walk_;
  std::optional<RunId> run_;
  std::vector<json::Index> indexes_;
};

// Each document has a root, and its line in each index of its run.
absl::Status CheckDocuments(RowWalk& walk) {
  IndexesOfRun indexes(walk);
  return walk.Check(kJsonDocuments, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const bool has_root, walk.Has(kJsonNodes, run, json::RootKey(row.key)));
    if (!has_root) return Broken("document ", Quoted(row.key), ": it has a row and no root");
    VARVE_ASSIGN_OR_RETURN(const std::vector<json::Index>* const all, indexes.Of(run));
    json::ReaderRows rows(walk.view(), run);
    for (const json::Index& index : *all) {
      VARVE_ASSIGN_OR_RETURN(const std::string line, json::LineOf(rows, index, row.key));
      if (line.empty()) continue;
      VARVE_ASSIGN_OR_RETURN(const bool there, walk.Has(kJsonIndexEntries, run, line));
      if (there) continue;
      return Broken("index ", Quoted(index.name), " does not find document ", Quoted(row.key));
    }
    return absl::OkStatus();
  });
}

absl::Status CheckIndexes(RowWalk& walk) {
  return walk.Check(kJsonIndexes, [](const RunId&, const Row& row) -> absl::Status {
    const absl::Status index = json::DecodeIndexRow(row.value).status();
    return index.ok() ? index : AddContext(index, "index " + Quoted(row.key));
  });
}

// No line but those that documents have.
absl::Status CheckLines(RowWalk& walk) {
  IndexesOfRun indexes(walk);
  return walk.Check(kJsonIndexEntries, [&](const RunId& run, const Row& row) -> absl::Status {
    const std::optional<json::LineParts> parts = json::ParseLine(row.key);
    if (!parts.has_value()) return Broken("a line of an index is none");
    VARVE_ASSIGN_OR_RETURN(const std::vector<json::Index>* const all, indexes.Of(run));
    json::ReaderRows rows(walk.view(), run);
    for (const json::Index& index : *all) {
      if (index.name != parts->index) continue;
      VARVE_ASSIGN_OR_RETURN(const std::string line, json::LineOf(rows, index, parts->document));
      if (line == row.key) return absl::OkStatus();
      return Broken("index ", Quoted(index.name), " leads to document ", Quoted(parts->document),
                    " by a value that it has not");
    }
    return Broken("a line belongs to index ", Quoted(parts->index), ", which does not exist");
  });
}

}  // namespace

absl::Status JsonPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(CheckTrees(walk));
  VARVE_RETURN_IF_ERROR(CheckIndexes(walk));
  VARVE_RETURN_IF_ERROR(CheckDocuments(walk));
  return CheckLines(walk);
}

}  // namespace varve
