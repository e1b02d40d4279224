// document_search STORE import FILE [LINES]            JSON lines; LINES of them a transaction
// (100) document_search STORE search TEXT [FILTER [COUNT]]   the documents most like TEXT
// document_search STORE find POINTER VALUE             those with this value there, by an index
// document_search STORE index NAME POINTER KIND        makes one; KIND: string or number
// document_search STORE show ID [JSONPATH]             a document, or what the path selects in it
// document_search STORE set ID POINTER VALUE           changes one place of a document
// document_search STORE delete ID
// document_search STORE snapshot                       a verified snapshot; log below it may go
// document_search STORE check                          compares every vector with its document
//
// VALUE is JSON, FILTER as primitives/vector/vector_filter.h says. FILE may be - (standard input).
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "document_search/documents.h"
#include "document_search/import.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "recovery/open.h"

namespace document_search {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kLinesPerTransaction = 100;
constexpr std::size_t kFoundMax = 5;
constexpr std::size_t kShownBytes = 60;

// Readers open it beside a writing process: they write nothing, not one byte.
absl::StatusOr<varve::OpenedStore> Open(const std::string& directory, bool read_only) {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  varve::OpenOptions options;
  options.read_only = read_only;
  return varve::OpenStore(directory, std::move(registry), options);
}

std::size_t NumberOr(const Words& words, std::size_t at, std::size_t otherwise) {
  return at < words.size() ? std::strtoull(words[at].c_str(), nullptr, 10) : otherwise;
}

absl::Status ImportFile(varve::Store& store, const Words& words) {
  std::ifstream file;
  if (words[0] != "-") {
    file.open(words[0]);
    if (!file) return varve::InvalidArgument(words[0], ": cannot be read");
  }
  const std::size_t lines = NumberOr(words, 1, kLinesPerTransaction);
  if (lines == 0) return varve::InvalidArgument("LINES: at least 1");
  VARVE_ASSIGN_OR_RETURN(
      const ImportReport report,
      Import(store, words[0] == "-" ? std::cin : file, lines, [](const ImportReport& so_far) {
        std::cout << so_far.lines << " lines are durable\n" << std::flush;
      }));
  std::cout << report.added << " added, " << report.changed << " changed, " << report.unchanged
            << " unchanged\n";
  return absl::OkStatus();
}

absl::Status SearchTexts(varve::Reader& reader, const Words& words) {
  varve::VectorFilter filter;
  if (words.size() > 1) {
    VARVE_ASSIGN_OR_RETURN(filter, varve::VectorFilter::Parse(words[1]));
  }
  VARVE_ASSIGN_OR_RETURN(const std::vector<Found> found,
                         Search(reader, words[0], filter, NumberOr(words, 2, kFoundMax)));
  for (const Found& one : found) {
    std::string title = TitleOf(one.document);
    if (title.size() > kShownBytes) title.resize(kShownBytes);
    std::printf("%.3f  %-24s %s\n", static_cast<double>(one.score), one.id.c_str(), title.c_str());
  }
  return absl::OkStatus();
}

absl::Status FindByField(varve::Reader& reader, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(const varve::JsonValue value, varve::ParseJson(words[1]));
  VARVE_ASSIGN_OR_RETURN(const varve::JsonNames found, varve::Json(reader).Find(words[0], value));
  for (const std::string& id : found.names) std::cout << id << "\n";
  std::cerr << found.names.size() << " documents, "
            << (found.index.empty() ? "by looking at every one" : "by the index " + found.index)
            << "\n";
  return absl::OkStatus();
}

absl::Status Show(varve::Reader& reader, const Words& words) {
  VARVE_ASSIGN_OR_RETURN(
      const std::vector<varve::JsonMatch> matches,
      varve::Json(reader).Query(words[0], words.size() > 1 ? words[1] : std::string("$")));
  for (const varve::JsonMatch& match : matches) {
    VARVE_ASSIGN_OR_RETURN(const std::string text, varve::FormatJson(match.value, 2));
    std::cout << text << "\n";
  }
  return matches.empty() ? varve::MakeStatus(absl::StatusCode::kNotFound, "nothing there")
                         : absl::OkStatus();
}

absl::Status CheckAll(varve::Reader& reader) {
  VARVE_ASSIGN_OR_RETURN(const CheckReport report, Check(reader));
  std::cout << report.documents << " documents, " << report.vectors << " vectors\n";
  if (report.faults.empty()) return absl::OkStatus();
  return varve::MakeStatus(absl::StatusCode::kDataLoss, report.faults.size(),
                           " documents and vectors do not belong together, the first is ",
                           report.faults[0]);
}

absl::Status Read(varve::Reader& reader, const std::string& verb, const Words& words) {
  if (verb == "search") return SearchTexts(reader, words);
  if (verb == "find") return FindByField(reader, words);
  if (verb == "show") return Show(reader, words);
  return CheckAll(reader);
}

absl::Status MakeIndex(varve::Transaction& transaction, const Words& words) {
  if (words[2] != "string" && words[2] != "number") {
    return varve::InvalidArgument("an index is of kind string or number, not ", words[2]);
  }
  return varve::Json(transaction)
      .CreateIndex(
          words[0], words[1],
          words[2] == "string" ? varve::JsonIndexKind::kString : varve::JsonIndexKind::kNumber);
}

absl::Status Write(varve::Transaction& transaction, const std::string& verb, const Words& words) {
  if (verb == "index") return MakeIndex(transaction, words);
  if (verb == "set") {
    VARVE_ASSIGN_OR_RETURN(const varve::JsonValue value, varve::ParseJson(words[2]));
    return Change(transaction, words[0], words[1], value);
  }
  VARVE_ASSIGN_OR_RETURN(const bool there, Remove(transaction, words[0]));
  return there ? absl::OkStatus()
               : varve::MakeStatus(absl::StatusCode::kNotFound, "no document ", words[0]);
}

absl::Status RunWriting(varve::OpenedStore& opened, const std::string& verb, const Words& words) {
  varve::Store& store = *opened.store;
  VARVE_RETURN_IF_ERROR(store.Update(&Prepare).status());
  if (verb == "import") {
    VARVE_RETURN_IF_ERROR(ImportFile(store, words));
  } else if (verb == "snapshot") {
    VARVE_ASSIGN_OR_RETURN(const varve::snapshot::SnapshotInfo info,
                           opened.snapshotter->CreateSnapshot(store));
    std::cout << info.path << ", " << info.file_bytes << " bytes\n";
  } else {
    VARVE_RETURN_IF_ERROR(store
                              .Update([&](varve::Transaction& transaction) {
                                return Write(transaction, verb, words);
                              })
                              .status());
  }
  return store.Close();
}

struct Verb {
  const char* name;
  std::size_t words_min;
  std::size_t words_max;
  bool reads;
};
constexpr Verb kVerbs[] = {
    {"import", 1, 2, false}, {"search", 1, 3, true},    {"find", 2, 2, true},
    {"index", 3, 3, false},  {"show", 1, 2, true},      {"set", 3, 3, false},
    {"delete", 1, 1, false}, {"snapshot", 0, 0, false}, {"check", 0, 0, true}};

absl::Status Main(const std::string& directory, const std::string& name, const Words& words) {
  for (const Verb& verb : kVerbs) {
    if (name != verb.name || words.size() < verb.words_min || words.size() > verb.words_max) {
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(varve::OpenedStore opened, Open(directory, verb.reads));
    if (!verb.reads) return RunWriting(opened, name, words);
    VARVE_ASSIGN_OR_RETURN(varve::ReadView view, opened.store->View());
    return Read(view, name, words);
  }
  return varve::InvalidArgument(
      "usage: document_search STORE import FILE [LINES] | search TEXT [FILTER [COUNT]] | "
      "find POINTER VALUE | index NAME POINTER KIND | show ID [JSONPATH] | set ID POINTER VALUE | "
      "delete ID | snapshot | check");
}

}  // namespace
}  // namespace document_search

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool enough = words.size() >= 2;
  const absl::Status status =
      document_search::Main(enough ? words[0] : "", enough ? words[1] : "",
                            document_search::Words(words.begin() + (enough ? 2 : 0), words.end()));
  if (status.ok()) return 0;
  std::cerr << "document_search: " << status.ToString() << "\n";
  return 1;
}
