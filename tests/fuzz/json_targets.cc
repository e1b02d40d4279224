// JSON: its text, its encoding in rows, queries and patches.
#include <memory>
#include <string>
#include <vector>

#include "kernel/store.h"
#include "primitives/json/json.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_path.h"
#include "primitives/json/json_pointer.h"
#include "recovery/open.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"

namespace varve::fuzz {
namespace {

absl::Status RefusedAsArgument(const absl::Status& status) {
  if (absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status)) {
    return RefusedHonestly(status);
  }
  return Broken("text is answered with ", status.ToString());
}

// --- json_text

absl::Status TryJsonText(std::string_view input) {
  const auto value = ParseJson(input);
  if (!value.ok()) return RefusedAsArgument(value.status());
  const auto text = FormatJson(*value);
  if (!text.ok()) return Broken("a parsed value cannot be written: ", text.status().ToString());
  const auto again = ParseJson(*text);
  if (!again.ok() || *again != *value) return Broken("parse(format(x)) is not x");
  const std::string encoded = json::Encode(*value);
  if (encoded.size() != json::EncodedBytes(*value)) return Broken("EncodedBytes is not the length");
  const auto decoded = json::Decode(encoded);
  if (!decoded.ok()) return Broken("decode(encode(x)) is refused: ", decoded.status().ToString());
  if (*decoded != *value || json::Encode(*decoded) != encoded) {
    return Broken("decode(encode(x)) is not x");
  }
  return absl::OkStatus();
}

std::vector<std::string> JsonTextSeeds() {
  return {R"({"a":[1,-2,3.5,1e300,null,true,false,"text \u00e9 \ud83d\ude00"],"b":{}})",
          R"([[],[[]],{"":0,"a/b":"~","c":{"d":18446744073709551615}}])",
          R"(-9223372036854775808)",
          R"(0.1)",
          R"("\u0000")",
          R"([1E-400, -0.0, 5e-324])"};
}

const Registration kJsonText({.name = "json_text", .run = TryJsonText, .seeds = JsonTextSeeds});

// --- json_encoding: the bytes of a row.

absl::Status TryFind(std::string_view bytes, const JsonValue& value) {
  std::vector<json::Path> paths(1);
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) paths.push_back({key});
  }
  if (value.is_array() && !value.empty()) {
    paths.push_back({"0"});
    paths.push_back({std::to_string(value.size() - 1)});
    paths.push_back({std::to_string(value.size())});
  }
  for (const json::Path& path : paths) {
    const auto found = json::FindEncoded(bytes, path);
    if (!found.ok()) return Broken("FindEncoded: ", found.status().ToString());
    const nlohmann::json::json_pointer pointer(json::FormatPointer(path));
    if (found->has_value() != value.contains(pointer)) return Broken("FindEncoded misses a value");
    if (found->has_value() && **found != json::Encode(value[pointer])) {
      return Broken("FindEncoded gives another value");
    }
  }
  return absl::OkStatus();
}

absl::Status TryJsonEncoding(std::string_view input) {
  const auto tag = json::TagOf(input);
  if (!tag.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(tag.status()));
  const std::vector<std::string> path = {"a", "0"};
  const auto found = json::FindEncoded(input, path);
  if (!found.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(found.status()));
  const auto value = json::Decode(input);
  if (!value.ok()) return RefusedAsDamage(value.status());
  if (json::Encode(*value) != input) return Broken("encode(decode(x)) is not x");
  if (!CheckJson(*value).ok()) return Broken("a decoded value that cannot be stored");
  return TryFind(input, *value);
}

std::vector<std::string> JsonEncodingSeeds() {
  std::vector<std::string> seeds;
  for (const std::string& text : JsonTextSeeds()) seeds.push_back(json::Encode(*ParseJson(text)));
  return seeds;
}

const Registration kJsonEncoding({.name = "json_encoding",
                                  .run = TryJsonEncoding,
                                  .seeds = JsonEncodingSeeds});

// --- json_path: a query, and in a second line a value; without one, a value of ours.

constexpr char kDocument[] = R"({"store":{"book":[
  {"category":"reference","author":"Nigel","title":"Sayings","price":8.95},
  {"category":"fiction","author":"Evelyn","title":"Sword","price":12,"isbn":"0-553-21311-3"}],
  "bicycle":{"color":"red","price":399}},"a'b":[[1,2,[3]],null],"\u00e9":{"~/":true}})";

absl::Status CheckNode(const json::Node& node, const JsonValue& root) {
  const auto path = json::JsonPath::Parse(node.normalized);
  if (!path.ok())
    return Broken("normalized path ", node.normalized, ": ", path.status().ToString());
  const std::vector<json::Node> found = path->Select(root);
  if (found.size() != 1 || found[0].value != node.value || found[0].path != node.path ||
      found[0].normalized != node.normalized) {
    return Broken("normalized path ", node.normalized, " does not lead back");
  }
  const std::string pointer = json::FormatPointer(node.path);
  const auto parsed = json::ParsePointer(pointer);
  if (!parsed.ok()) return RefusedAsArgument(parsed.status());
  if (*parsed != node.path) return Broken("parse(format(path)) is not the path");
  return absl::OkStatus();
}

absl::Status TryJsonPath(std::string_view input) {
  constexpr std::size_t kQueryBytesMax = 200;  // results grow with the power of the segments
  constexpr std::size_t kNodesChecked = 50;
  const std::size_t line = input.find('\n');
  const auto path = json::JsonPath::Parse(input.substr(0, line));
  if (!path.ok()) return RefusedAsArgument(path.status());
  const auto pointer = json::ParsePointer(input.substr(0, line));
  if (!pointer.ok()) VARVE_RETURN_IF_ERROR(RefusedAsArgument(pointer.status()));
  const auto root = ParseJson(line == std::string_view::npos ? kDocument : input.substr(line + 1));
  if (!root.ok() || std::min(line, input.size()) > kQueryBytesMax) return absl::OkStatus();
  const std::vector<json::Node> nodes = path->Select(*root);
  for (std::size_t i = 0; i < nodes.size() && i < kNodesChecked; ++i) {
    VARVE_RETURN_IF_ERROR(CheckNode(nodes[i], *root));
  }
  const json::Path prefix = path->FixedPrefix();
  for (const json::Node& node : nodes) {
    if (node.path.size() < prefix.size() ||
        !std::equal(prefix.begin(), prefix.end(), node.path.begin())) {
      return Broken("a node outside of the fixed prefix: ", node.normalized);
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> JsonPathSeeds() {
  return {"$",
          "$.store.book[*].author",
          "$..price",
          "$.store.book[?@.price < 10 && @.isbn].title",
          "$.store.book[-1:]",
          "$..book[0,1]",
          "$['a\\'b'][::-1]",
          "$[?length(@) > 1 || !match(@.a, 'b.*')]",
          "$..[?search(@.title, 'S[a-z]+') && count(@.*) == 4]",
          "$[?value(@..price) == $.store.bicycle.price]",
          "$[\"\\u00e9\"]['~/']",
          "$.a[1:5:2]\n{\"a\":[1,2,3,4,5,6]}",
          "$[?@ == 1.0 || @ == null]\n[1,null,\"x\"]"};
}

const Registration kJsonPath({.name = "json_path", .run = TryJsonPath, .seeds = JsonPathSeeds});

// --- json_patch: [document, patch], both ways of patching.

Store& PatchStore() {
  static const std::unique_ptr<Store> store = [] {
    StoreOptions options;
    options.background_threads = false;
    options.log.background_threads = false;
    return *OpenInMemory(NewBuiltins(), options);
  }();
  return *store;
}

// RFC 7396, as its section 2 writes it.
JsonValue MergePatched(JsonValue target, const JsonValue& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = JsonValue::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      target.erase(name);
    } else {
      target[name] = MergePatched(target.contains(name) ? target[name] : JsonValue(), value);
    }
  }
  return target;
}

// What is left of `document` in a store. The transaction is never committed.
absl::StatusOr<JsonValue> Patched(const JsonValue& document, const JsonValue& patch, bool merge) {
  VARVE_ASSIGN_OR_RETURN(Transaction transaction, PatchStore().Begin());
  Json documents(transaction);
  VARVE_RETURN_IF_ERROR(documents.Create("document", document));
  const absl::Status status =
      merge ? documents.MergePatch("document", patch) : documents.Patch("document", patch);
  VARVE_ASSIGN_OR_RETURN(const auto left, documents.GetDocument("document"));
  if (!left.has_value()) return Broken("the document is gone");
  if (!status.ok() && *left != document) return Broken("a refused patch changed the document");
  VARVE_RETURN_IF_ERROR(status);
  return *left;
}

absl::Status TryJsonPatch(std::string_view input) {
  const auto both = ParseJson(input);
  if (!both.ok()) return RefusedAsArgument(both.status());
  if (!both->is_array() || both->size() != 2) return absl::OkStatus();
  const JsonValue& document = (*both)[0];
  const JsonValue& patch = (*both)[1];
  const auto merged = Patched(document, patch, true);
  if (!merged.ok()) VARVE_RETURN_IF_ERROR(RefusedHonestly(merged.status()));
  if (merged.ok() && *merged != MergePatched(document, patch)) {
    return Broken("merge patch gives ", merged->dump());
  }
  const auto patched = Patched(document, patch, false);
  if (!patched.ok()) return RefusedHonestly(patched.status());
  const auto text = FormatJson(*patched);
  if (!text.ok() || *ParseJson(*text) != *patched) return Broken("a patched value is none");
  return absl::OkStatus();
}

std::vector<std::string> JsonPatchSeeds() {
  return {
      R"([{"a":1,"b":[1,2]},[{"op":"add","path":"/b/1","value":{}},{"op":"remove","path":"/a"}]])",
      R"([{"a":{"b":[0]}},[{"op":"move","from":"/a/b","path":"/c"},{"op":"test","path":"/c","value":[0]}]])",
      R"([[1,2,3],[{"op":"replace","path":"/0","value":null},{"op":"copy","from":"/1","path":"/-"}]])",
      R"([{"a":"b","c":{"d":"e","f":"g"}},{"a":"z","c":{"f":null}}])",
      R"([{},[{"op":"add","path":"","value":[1]},{"op":"add","path":"/~0~1","value":2}]])",
      R"([{"a":[1,2]},{"a":{"b":{"c":null,"d":[null]}}}])"};
}

const Registration kJsonPatch(
    {.name = "json_patch", .run = TryJsonPatch, .seeds = JsonPatchSeeds, .smoke_runs = 1500});

}  // namespace
}  // namespace varve::fuzz
