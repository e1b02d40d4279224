// JSON: documents under a name, read and changed in part.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     varve::Json json(txn);
//     VARVE_ASSIGN_OR_RETURN(varve::JsonValue ada, varve::ParseJson(R"({"name": "Ada"})"));
//     VARVE_RETURN_IF_ERROR(json.Create("user/7", ada));
//     VARVE_RETURN_IF_ERROR(json.Set("user/7", "/address/city", "London"));
//     return json.Increment("user/7", "/logins");
//   });
//
//   store.Read([](varve::ReadView& view) -> absl::Status {
//     varve::Json json(view);
//     VARVE_ASSIGN_OR_RETURN(std::optional<varve::JsonValue> city,
//                            json.Get("user/7", "/address/city"));
//     if (city.has_value()) std::cout << city->get<std::string>() << "\n";
//     VARVE_ASSIGN_OR_RETURN(varve::JsonNames londoners, json.Find("/address/city", "London"));
//     ...
//
// Paths are JSON Pointers (RFC 6901): "" is the whole document, "/tags/0" the first element of its
// member "tags", "/tags/-" the place behind the last. Query takes JSONPath (RFC 9535).
//
// Numbers stay what they are: 64-bit integers exactly, doubles bit for bit. Members of an object
// are kept and given back in the byte order of their keys.
//
// Conflicts: a read is of the rows on its way and no others, so a writer elsewhere in the document
// does not conflict with it; what "elsewhere" means is in README.md. The writes that are called
// blind below read nothing that is validated: any number of them on one document all commit. They
// are decided when they commit: where a commit in between has made one impossible (its array is
// gone), Commit answers that error and nothing is written.
//
// Limits (json_limits.h): names 1 to 256 bytes, documents 16 MiB encoded, 128 deep, paths 256
// segments and 1535 bytes. Past one the answer is kResourceExhausted (depth: kInvalidArgument).
//
// Every call can also answer kInvalidArgument (an empty name, a bad pointer, a value that CheckJson
// refuses), every read kDataLoss (a stored row failed its checksum).
#ifndef VARVE_PRIMITIVES_JSON_JSON_H_
#define VARVE_PRIMITIVES_JSON_JSON_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/json/json_value.h"

namespace varve {

// A place in a document.
struct JsonPlace {
  std::string_view name{};
  std::string_view pointer{};
};

// One set of SetMany.
struct JsonAssignment {
  std::string_view name{};
  std::string_view pointer{};
  JsonValue value{};
};

struct JsonInfo {
  std::string name{};
  std::uint64_t bytes = 0;  // of its compact encoding
  // Of the last transaction that changed it: its version. Lsn() where this one did.
  Lsn lsn{};
  Timestamp commit_time{};
};

struct JsonListOptions {
  std::string_view prefix{};  // names that begin with it
  std::string_view after{};   // names behind this one; empty: from the first
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // at least 1
};

// Ask again with `after` = the last name where `more`.
struct JsonList {
  std::vector<JsonInfo> documents{};  // by name
  bool more = false;
};

// What a query selected. See RFC 9535 for "node".
struct JsonMatch {
  std::string pointer{};  // where: a JSON Pointer, for Get and Set
  JsonValue value{};
};

struct JsonFindOptions {
  std::string_view after{};  // names behind this one; empty: from the first
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // at least 1
};

struct JsonNames {
  std::vector<std::string> names{};  // by name
  bool more = false;
  std::string index{};  // the index that answered; empty: every document was looked at
};

enum class JsonIndexKind { kNumber, kString };

struct JsonIndexInfo {
  std::string name{};
  std::string pointer{};
  JsonIndexKind kind{};
};

// The documents of one run. A thin, copyable handle; the transaction or reader must outlive it. One
// thread at a time, as its reader. What it returns is the caller's own.
class Json final {
 public:
  // Reads and writes. `run`: whose documents; nil is the default run.
  explicit Json(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Json(Reader& reader, const RunId& run = {});

  // Reads. nullopt: there is no such document, or nothing at the pointer.

  [[nodiscard]] absl::StatusOr<std::optional<JsonValue>> GetDocument(std::string_view name) const;
  [[nodiscard]] absl::StatusOr<std::optional<JsonValue>> Get(std::string_view name,
                                                             std::string_view pointer) const;
  // In the order of `places`.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<JsonValue>>> GetMany(
      std::span<const JsonPlace> places) const;
  [[nodiscard]] absl::StatusOr<bool> Exists(std::string_view name,
                                            std::string_view pointer = {}) const;
  // How many elements the array there has; nullopt also where it is no array.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint32_t>> ArrayLength(
      std::string_view name, std::string_view pointer) const;
  // Reads the row that every change of the document writes: conflicts with all of them.
  [[nodiscard]] absl::StatusOr<std::optional<JsonInfo>> Info(std::string_view name) const;
  [[nodiscard]] absl::StatusOr<JsonList> List(const JsonListOptions& options = {}) const;

  // What a JSONPath (RFC 9535) selects in one document, in the order of the RFC. An absent document
  // has no nodes. kInvalidArgument: not a well-formed, well-typed query; the message says where.
  [[nodiscard]] absl::StatusOr<std::vector<JsonMatch>> Query(std::string_view name,
                                                             std::string_view json_path) const;
  // The documents with exactly this value at `pointer` (JsonEquals). Where an index on that pointer
  // holds values of this kind it answers, at a cost of the documents found; otherwise every
  // document of the run is looked at.
  [[nodiscard]] absl::StatusOr<JsonNames> Find(std::string_view pointer, const JsonValue& value,
                                               const JsonFindOptions& options = {}) const;
  [[nodiscard]] absl::StatusOr<std::vector<JsonIndexInfo>> Indexes() const;

  // Writes. Each can also answer kResourceExhausted (the transaction is full, a limit) and
  // kFailedPrecondition (a read-only handle, an ended transaction); after an error the transaction
  // is as before the call. All are blind but those that say what they read.

  // kAlreadyExists: there is a document of this name.
  [[nodiscard]] absl::Status Create(std::string_view name, const JsonValue& value);
  // Replaces what is at `pointer`, or puts it there. What is missing on the way is created, the
  // document too: arrays where the next token is "-", else objects. In an array, the index that is
  // its length, and "-", append.
  //   kOutOfRange          an index beyond the length of its array
  //   kFailedPrecondition  the path goes through a scalar, or a token is no index of its array
  [[nodiscard]] absl::Status Set(std::string_view name, std::string_view pointer,
                                 const JsonValue& value);
  // All or none of them, in their order; as Set.
  [[nodiscard]] absl::Status SetMany(std::span<const JsonAssignment> assignments);
  // OK also where there is nothing. Elements behind one that is deleted move up.
  // kInvalidArgument: the pointer is "" (see Destroy).
  [[nodiscard]] absl::Status Delete(std::string_view name, std::string_view pointer);
  // The whole document; OK also where there is none.
  [[nodiscard]] absl::Status Destroy(std::string_view name);

  // RFC 7396. kNotFound: there is no such document.
  [[nodiscard]] absl::Status MergePatch(std::string_view name, const JsonValue& patch);
  // RFC 6902, all operations or none. kInvalidArgument: no such patch. kNotFound: the document, or
  // what an operation names, does not exist. kFailedPrecondition: a "test" does not hold.
  // kOutOfRange: an index beyond its array. Decided again at commit, its tests too.
  [[nodiscard]] absl::Status Patch(std::string_view name, const JsonValue& patch);

  // A new last element. kNotFound, kFailedPrecondition: nothing there, or no array.
  [[nodiscard]] absl::Status Push(std::string_view name, std::string_view pointer,
                                  const JsonValue& value);
  // A new element before that at `index`, which moves down with all behind it. kOutOfRange: `index`
  // is above the length. As Push.
  [[nodiscard]] absl::Status Insert(std::string_view name, std::string_view pointer,
                                    std::uint32_t index, const JsonValue& value);
  // Takes the last element out; nullopt: the array is empty. Reads it and the length. As Push.
  [[nodiscard]] absl::StatusOr<std::optional<JsonValue>> Pop(std::string_view name,
                                                             std::string_view pointer);

  // Adds to a number; nothing there counts as 0, and is put there as by Set. Integers stay
  // integers, exactly; with a double on either side the sum is a double.
  //   kOutOfRange          the sum is beyond 64 bits, or infinite
  //   kFailedPrecondition  the value is not a number
  //   kInvalidArgument     `amount` is none
  [[nodiscard]] absl::Status Increment(std::string_view name, std::string_view pointer,
                                       const JsonValue& amount = 1);
  // The same, and the sum; reads the number.
  [[nodiscard]] absl::StatusOr<JsonValue> IncrementAndGet(std::string_view name,
                                                          std::string_view pointer,
                                                          const JsonValue& amount = 1);

  // Sets only where the document's version (JsonInfo::lsn) is `expected`; false: it is another, or
  // there is no document. Reads the version: conflicts with every change of the document.
  [[nodiscard]] absl::StatusOr<bool> CompareAndSet(std::string_view name, Lsn expected,
                                                   std::string_view pointer,
                                                   const JsonValue& value);

  // Looks numbers or strings at `pointer` up by value from now on, in all documents of the run.
  // Costs a read of every document now, and a little at every change on the pointer's way.
  // kAlreadyExists: there is an index of this name.
  [[nodiscard]] absl::Status CreateIndex(std::string_view index, std::string_view pointer,
                                         JsonIndexKind kind);
  // OK also where there is none.
  [[nodiscard]] absl::Status DropIndex(std::string_view index);

 private:
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::Status Begin(std::string_view name, std::string_view pointer,
                                   const JsonValue& value);
  [[nodiscard]] absl::Status WriteEntry(std::uint8_t type);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
  std::string payload_;  // reused by every write
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_JSON_JSON_H_
