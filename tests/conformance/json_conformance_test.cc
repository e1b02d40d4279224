// Tests: primitives/json/json_primitive.cc
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "primitives/json/json.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

// Few names and members, so that operations meet.
std::string AnyName(std::mt19937_64& random) {
  const std::uint64_t choice = random() % 5;
  if (choice == 0) return std::string("\0\x01\xFF", 3);
  return "doc/" + std::to_string(choice);
}

std::string AnyPointer(std::mt19937_64& random) {
  constexpr const char* kPointers[] = {"/a", "/b", "/list", "/list/0", "/list/-", "/a/b/c", "/~1"};
  return kPointers[random() % std::size(kPointers)];
}

// Scalars, and containers short and long enough to have rows of their own.
JsonValue AnyValue(std::mt19937_64& random) {
  switch (random() % 7) {
    case 0:
      return random();
    case 1:
      return -static_cast<std::int64_t>(random() % 1000);
    case 2:
      return 0.25 * static_cast<double>(random() % 1000);
    case 3:
      return std::string(random() % 400, 's');
    case 4:
      return {{"a", 1}, {"list", {1, 2, 3}}};
    case 5:
      return {{"b", std::string(300, 'b')}, {"list", {std::string(300, '0'), "1", nullptr}}};
    default:
      return JsonValue::array({std::string(400, 'x'), std::string(400, 'y')});
  }
}

JsonValue AnyPatch(std::mt19937_64& random) {
  constexpr const char* kOperations[] = {"add", "remove", "replace", "move", "copy", "test"};
  JsonValue patch = JsonValue::array();
  for (std::uint64_t i = 1 + random() % 2; i > 0; --i) {
    patch.push_back({{"op", kOperations[random() % std::size(kOperations)]},
                     {"path", AnyPointer(random)},
                     {"from", AnyPointer(random)},
                     {"value", AnyValue(random)}});
  }
  return patch;
}

absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Json json(transaction, run);
  const std::string name = AnyName(random);
  const std::string pointer = AnyPointer(random);
  const std::string index = random() % 2 == 0 ? "by-a" : "by-list";
  switch (random() % 16) {
    case 0:
    case 1:
      return json.Create(name, AnyValue(random));
    case 2:
    case 3:
    case 4:
      return json.Set(name, pointer, AnyValue(random));
    case 5:
      return json.Delete(name, pointer);
    case 6:
      return json.Patch(name, AnyPatch(random));
    case 7:
      return json.MergePatch(name, AnyValue(random));
    case 8:
      return random() % 2 == 0 ? json.Destroy(name) : json.Delete(name, "/list/1");
    case 9:
      return json.Push(name, "/list", AnyValue(random));
    case 10:
      return json.Insert(name, "/list", static_cast<std::uint32_t>(random() % 3), AnyValue(random));
    case 11:
      return json.Increment(name, pointer, 0.5 * static_cast<double>(random() % 100));
    case 12: {
      const JsonAssignment sets[] = {{name, pointer, AnyValue(random)},
                                     {"doc/1", "/a", AnyValue(random)}};
      return json.SetMany(sets);
    }
    case 13:
      return json.CreateIndex(index, index == "by-a" ? "/a" : "/list/0",
                              random() % 2 == 0 ? JsonIndexKind::kNumber : JsonIndexKind::kString);
    case 14:
      return random() % 3 == 0 ? json.DropIndex(index) : json.Pop(name, "/list").status();
    default:
      return json.CompareAndSet(name, Lsn(random() % 40), pointer, AnyValue(random)).status();
  }
}

Subject JsonSubject() {
  const auto set = [](const std::string& name, const std::string& pointer, const JsonValue& value) {
    return [=](Transaction& transaction, const RunId& run) {
      return Json(transaction, run).Set(name, pointer, value);
    };
  };
  return {
      .make = [] { return std::make_unique<JsonPrimitive>(); },
      .operate = Operate,
      .refusals = {
          {"an empty name", set("", "/a", 1)},
          {"a name past the limit", set(std::string(kJsonNameBytesMax + 1, 'n'), "/a", 1)},
          {"a pointer without its slash", set("doc", "a", 1)},
          {"a path past the limit", set("doc", "/" + std::string(kJsonPathBytesMax, 'p'), 1)},
          {"bytes that are not UTF-8", set("doc", "/a", "\xFF")},
          {"not a number", set("doc", "/a", std::numeric_limits<double>::quiet_NaN())},
          {"a document past the limit", set("doc", "/a", std::string(kJsonDocumentBytesMax, 's'))},
          {"a patch that is none",
           [](Transaction& transaction, const RunId& run) {
             return Json(transaction, run).Patch("doc", {{"op", "add"}});
           }},
          {"an increment by a string",
           [](Transaction& transaction, const RunId& run) {
             return Json(transaction, run).Increment("doc", "/a", "1");
           }},
      }};
}

VARVE_PRIMITIVE_CONFORMANCE(Json, JsonSubject());

}  // namespace
}  // namespace varve
