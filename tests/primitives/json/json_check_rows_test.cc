#include "gmock/gmock.h"
#include "primitives/json/json.h"
#include "primitives/json/json_index.h"
#include "primitives/json/json_keys.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr RunId kRun({7});

// A document that is split twice, a whole one, and an index, in two runs.
class JsonCheckRows : public VandalizedStore<JsonPrimitive> {
 protected:
  JsonCheckRows() { Fill(); }

  void Refill() {
    Open();
    Fill();
  }
  void Fill() {
    const JsonValue long_text(std::string(600, 'x'));
    const JsonValue large = {{"id", 7},
                             {"list", JsonValue::array({"a", long_text, "c", 4.5})},
                             {"name", "large"},
                             {"other", long_text}};
    for (const RunId& run : {RunId(), kRun}) {
      Commit([&](Transaction& to) -> absl::Status {
        Json json(to, run);
        VARVE_RETURN_IF_ERROR(json.Create("large", large));
        VARVE_RETURN_IF_ERROR(json.CreateIndex("ids", "/id", JsonIndexKind::kNumber));
        VARVE_RETURN_IF_ERROR(json.CreateIndex("names", "/name", JsonIndexKind::kString));
        return json.Create("small", {{"id", -1}, {"name", "small"}});
      });
    }
  }
  static std::string Element(std::uint32_t index) {
    std::string key = Member("list");
    json::AppendElement(key, index);
    return key;
  }
  static std::string Member(std::string_view member) {
    std::string key = json::RootKey("large");
    json::AppendMember(key, member);
    return key;
  }
  static std::string Line(std::string_view index, const JsonValue& value,
                          std::string_view document) {
    return json::IndexValuePrefix(index, value).append(document);
  }
  static std::string Where() { return "run " + kRun.ToString() + ": document \"large\": "; }
};

TEST_F(JsonCheckRows, FindsNothingInRowsAsTheyAreWritten) { EXPECT_THAT(Fault(), IsEmpty()); }

TEST_F(JsonCheckRows, FindsANodeWithoutAParent) {
  DeleteRow(kJsonNodes, Member("list"), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + "a node has no parent"));
  Refill();
  DeleteRow(kJsonNodes, json::RootKey("large"), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + "it has parts and no root"));
}

TEST_F(JsonCheckRows, FindsAMissingElement) {
  DeleteRow(kJsonNodes, Element(1), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + "element 1 of an array is missing"));
}

TEST_F(JsonCheckRows, FindsAMemberInAnArray) {
  std::string key = Member("list");
  json::AppendMember(key, "m");
  PutRow(kJsonNodes, key, json::Encode(1), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + "a member is in an array"));
}

TEST_F(JsonCheckRows, FindsAMemberThatIsGoneBySize) {
  DeleteRow(kJsonNodes, Member("id"), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + "its row says"));
}

TEST_F(JsonCheckRows, FindsANodeThatDoesNotDecode) {
  PutRow(kJsonNodes, Member("id"), "\x42", kRun);
  EXPECT_THAT(Fault(), HasSubstr("document \"large\""));
  PutRow(kJsonNodes, Member("list"), "\x10more", kRun);
  EXPECT_THAT(Fault(), HasSubstr("document \"large\""));
  PutRow(kJsonNodes, "no end", "\x01");
  EXPECT_THAT(Fault(), HasSubstr("does not begin with the name of a document"));
}

TEST_F(JsonCheckRows, FindsADocumentWithoutARowAndARowWithoutADocument) {
  DeleteRow(kJsonDocuments, "small", kRun);
  EXPECT_THAT(Fault(), HasSubstr("document \"small\": it has nodes and no row of its own"));
  Refill();
  DeleteRow(kJsonNodes, json::RootKey("small"), kRun);
  EXPECT_THAT(Fault(), HasSubstr("document \"small\": it has a row and no root"));
}

TEST_F(JsonCheckRows, FindsLinesThatAreMissingOrTooMany) {
  DeleteRow(kJsonIndexEntries, Line("ids", -1, "small"), kRun);
  EXPECT_THAT(Fault(), HasSubstr("index \"ids\" does not find document \"small\""));
  Refill();
  PutRow(kJsonIndexEntries, Line("ids", 8, "small"), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("index \"ids\" leads to document \"small\" by a value"));
  Refill();
  PutRow(kJsonIndexEntries, Line("names", "x", "none"), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("index \"names\" leads to document \"none\" by a value"));
  Refill();
  PutRow(kJsonIndexEntries, Line("gone", 8, "small"), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("index \"gone\", which does not exist"));
  Refill();
  PutRow(kJsonIndexEntries, "none", "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("a line of an index is none"));
}

TEST_F(JsonCheckRows, FindsADefinitionThatDoesNotDecode) {
  PutRow(kJsonIndexes, "ids", "\x09/id", kRun);
  EXPECT_THAT(Fault(), HasSubstr("index \"ids\""));
}

}  // namespace
}  // namespace varve
