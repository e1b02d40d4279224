// A few documents, and everything that can be done to them.
#include <memory>
#include <string>

#include "crash/allocations/allocation_fault.h"
#include "crash/operations/operations.h"
#include "primitives/json/json.h"
#include "primitives/json/json_primitive.h"

namespace varve::crash {
namespace {

// Few names and members, so that operations meet.
std::string AnyName(Decisions& random) {
  const std::uint64_t choice = random.Below(5);
  if (choice == 0) return std::string("\0\x01\xFF", 3);
  return "doc/" + std::to_string(choice);
}

std::string AnyPointer(Decisions& random) {
  constexpr const char* kPointers[] = {"/a", "/b", "/list", "/list/0", "/list/-", "/a/b/c", "/~1"};
  return kPointers[random.Below(std::size(kPointers))];
}

// Scalars, and containers short and long enough to have rows of their own.
JsonValue AnyValue(Decisions& random) {
  switch (random.Below(7)) {
    case 0:
      return random();
    case 1:
      return -static_cast<std::int64_t>(random.Below(1000));
    case 2:
      return 0.25 * static_cast<double>(random.Below(1000));
    case 3:
      return std::string(random.Below(400), 's');
    case 4:
      return {{"a", 1}, {"list", {1, 2, 3}}};
    case 5:
      return {{"b", std::string(300, 'b')}, {"list", {std::string(300, '0'), "1", nullptr}}};
    default:
      return JsonValue::array({std::string(400, 'x'), std::string(400, 'y')});
  }
}

JsonValue AnyPatch(Decisions& random) {
  constexpr const char* kOperations[] = {"add", "remove", "replace", "move", "copy", "test"};
  JsonValue patch = JsonValue::array();
  for (std::uint64_t i = 1 + random.Below(2); i > 0; --i) {
    patch.push_back({{"op", kOperations[random.Below(std::size(kOperations))]},
                     {"path", AnyPointer(random)},
                     {"from", AnyPointer(random)},
                     {"value", AnyValue(random)}});
  }
  return patch;
}

// nlohmann's values need memory to be destroyed, in a destructor that must not throw: where there
// is none the process ends (docs/limits.md). So this primitive always finds it, and no story ends
// so.
class JsonWithMemory final : public Primitive {
 public:
  [[nodiscard]] const PrimitiveSpec& spec() const override { return json_.spec(); }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    const AllocationsSucceed always;
    return json_.Apply(entry, context);
  }
  [[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const override {
    return json_.DescribeRow(table, key, value);
  }
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
    return json_.Describe(entry);
  }
  [[nodiscard]] absl::Status CheckRows(ReadView& view,
                                       const CheckProgress& progress) const override {
    return json_.CheckRows(view, progress);
  }

 private:
  const JsonPrimitive json_;
};

}  // namespace

std::unique_ptr<Primitive> MakeJsonWithMemory() { return std::make_unique<JsonWithMemory>(); }

absl::Status OperateJson(Transaction& transaction, const RunId& run, Decisions& random) {
  const AllocationsSucceed always;
  Json json(transaction, run);
  const std::string name = AnyName(random);
  const std::string pointer = AnyPointer(random);
  const std::string index = random.Below(2) == 0 ? "by-a" : "by-list";
  switch (random.Below(16)) {
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
      return random.Below(2) == 0 ? json.Destroy(name) : json.Delete(name, "/list/1");
    case 9:
      return json.Push(name, "/list", AnyValue(random));
    case 10:
      return json.Insert(name, "/list", static_cast<std::uint32_t>(random.Below(3)),
                         AnyValue(random));
    case 11:
      return json.Increment(name, pointer, 0.5 * static_cast<double>(random.Below(100)));
    case 12: {
      const JsonAssignment sets[] = {{name, pointer, AnyValue(random)},
                                     {"doc/1", "/a", AnyValue(random)}};
      return json.SetMany(sets);
    }
    case 13:
      return json.CreateIndex(
          index, index == "by-a" ? "/a" : "/list/0",
          random.Below(2) == 0 ? JsonIndexKind::kNumber : JsonIndexKind::kString);
    case 14:
      return random.Below(3) == 0 ? json.DropIndex(index) : json.Pop(name, "/list").status();
    default:
      return json.CompareAndSet(name, Lsn(random.Below(40)), pointer, AnyValue(random)).status();
  }
}

}  // namespace varve::crash
