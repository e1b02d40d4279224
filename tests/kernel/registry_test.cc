#include "kernel/registry.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/builtin.h"

namespace varve {
namespace {

using testing::HasSubstr;

class Named final : public Primitive {
 public:
  explicit Named(PrimitiveSpec spec) : spec_(std::move(spec)) {}
  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry&, ApplyContext&) const override {
    return absl::OkStatus();
  }
  [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

 private:
  PrimitiveSpec spec_;
};

// A spec that nothing is wrong with.
PrimitiveSpec Ledger() {
  PrimitiveSpec spec;
  spec.id = PrimitiveId(40);
  spec.name = "acme.ledger";
  spec.entry_range = 0x90;
  spec.entries = {{.type = 0x90, .name = "LedgerPost"}, {.type = 0x9F, .name = "LedgerClose"}};
  spec.tables = {{.number = 0, .name = "accounts"}, {.number = 15, .name = "closed"}};
  return spec;
}

PrimitiveSpec Other() {
  PrimitiveSpec spec;
  spec.id = PrimitiveId(20);
  spec.name = "acme.other";
  spec.entry_range = 0xF0;
  spec.entries = {{.type = 0xF0, .name = "OtherDo"}};
  return spec;
}

absl::Status Add(PrimitiveRegistry& registry, const PrimitiveSpec& spec) {
  return registry.Register(std::make_unique<Named>(spec));
}

// What Register answers to Ledger() with one thing changed; the registry must stay empty.
absl::Status Refusal(const std::function<void(PrimitiveSpec&)>& change) {
  PrimitiveSpec spec = Ledger();
  change(spec);
  PrimitiveRegistry registry;
  absl::Status status = Add(registry, spec);
  EXPECT_EQ(registry.primitives().size(), status.ok() ? 1u : 0u);
  EXPECT_EQ(registry.FindByEntryType(spec.entry_range) != nullptr, status.ok());
  return status;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(PrimitiveRegistry, FindsWhatWasRegisteredByEveryNumber) {
  PrimitiveRegistry registry;
  ASSERT_TRUE(Add(registry, Ledger()).ok());
  ASSERT_TRUE(Add(registry, Other()).ok());

  Primitive* const ledger = registry.FindById(PrimitiveId(40));
  ASSERT_NE(ledger, nullptr);
  EXPECT_EQ(ledger->spec().name, "acme.ledger");
  EXPECT_EQ(registry.FindByEntryType(0x90), ledger);
  EXPECT_EQ(registry.FindByEntryType(0x95), ledger);
  EXPECT_EQ(registry.FindByEntryType(0x9F), ledger);
  EXPECT_EQ(registry.FindByEntryType(0xA0), nullptr);
  EXPECT_EQ(registry.FindById(PrimitiveId(41)), nullptr);
  ASSERT_NE(registry.FindEntry(0x9F), nullptr);
  EXPECT_EQ(registry.FindEntry(0x9F)->name, "LedgerClose");
  EXPECT_EQ(registry.FindEntry(0x91), nullptr);
}

TEST(PrimitiveRegistry, KeepsPrimitivesAndFingerprintAscendingById) {
  PrimitiveRegistry registry;
  ASSERT_TRUE(Add(registry, Ledger()).ok());
  ASSERT_TRUE(Add(registry, Other()).ok());
  ASSERT_EQ(registry.primitives().size(), 2u);
  EXPECT_EQ(registry.primitives()[0]->spec().name, "acme.other");
  EXPECT_EQ(registry.primitives()[1]->spec().name, "acme.ledger");
  EXPECT_THAT(
      registry.Fingerprint(),
      testing::ElementsAre(
          RegisteredName{.id = PrimitiveId(20), .entry_range = 0xF0, .name = "acme.other"},
          RegisteredName{.id = PrimitiveId(40), .entry_range = 0x90, .name = "acme.ledger"}));
}

TEST(PrimitiveRegistry, StaysWholeWhenMoved) {
  PrimitiveRegistry first;
  ASSERT_TRUE(Add(first, Ledger()).ok());
  const PrimitiveRegistry second = std::move(first);
  ASSERT_NE(second.FindEntry(0x90), nullptr);
  EXPECT_EQ(second.FindEntry(0x90)->name, "LedgerPost");
  EXPECT_EQ(second.FindById(PrimitiveId(40)), second.primitives()[0].get());
}

TEST(PrimitiveRegistry, RefusesATakenNumberOrNameAndSaysByWhom) {
  PrimitiveRegistry registry;
  ASSERT_TRUE(Add(registry, Ledger()).ok());
  const auto expect_taken = [&](const PrimitiveSpec& spec) {
    const absl::Status status = Add(registry, spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
    EXPECT_THAT(Message(status), HasSubstr("primitive 40 (acme.ledger)"));
    EXPECT_THAT(Message(status), HasSubstr("primitive " + std::to_string(spec.id.value())));
    EXPECT_EQ(registry.primitives().size(), 1u);
  };
  PrimitiveSpec same_id = Other();
  same_id.id = PrimitiveId(40);
  expect_taken(same_id);
  PrimitiveSpec same_range = Other();
  same_range.entry_range = 0x90;
  same_range.entries = {{.type = 0x91, .name = "OtherDo"}};
  expect_taken(same_range);
  PrimitiveSpec same_name = Other();
  same_name.name = "acme.ledger";
  expect_taken(same_name);
  EXPECT_EQ(registry.FindEntry(0x91), nullptr);
  EXPECT_TRUE(Add(registry, Other()).ok());
}

TEST(PrimitiveRegistry, RefusesEverythingOnceSealed) {
  PrimitiveRegistry registry;
  registry.Seal();
  EXPECT_TRUE(registry.sealed());
  const absl::Status status = Add(registry, Ledger());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status), HasSubstr("before the open"));
}

TEST(PrimitiveRegistry, RefusesSpecsThatContradictThemselves) {
  const std::pair<const char*, std::function<void(PrimitiveSpec&)>> cases[] = {
      {"id 0", [](PrimitiveSpec& s) { s.id = PrimitiveId(0); }},
      {"no name", [](PrimitiveSpec& s) { s.name = ""; }},
      {"more than the limit", [](PrimitiveSpec& s) { s.name.assign(kNameBytesMax + 1, 'n'); }},
      {"printable", [](PrimitiveSpec& s) { s.name = "two words"; }},
      {"not a multiple of 16", [](PrimitiveSpec& s) { s.entry_range = 0x91; }},
      {"outside its range",
       [](PrimitiveSpec& s) { s.entries[0].type = s.entry_range + kEntryTypesPerPrimitive; }},
      {"share a type", [](PrimitiveSpec& s) { s.entries[1].type = 0x90; }},
      {"share a type or a name", [](PrimitiveSpec& s) { s.entries[1].name = "LedgerPost"; }},
      {"no name", [](PrimitiveSpec& s) { s.entries[0].name = ""; }},
      {"payload version", [](PrimitiveSpec& s) { s.entries[0].payload_version_max = 0; }},
      {"not below 16", [](PrimitiveSpec& s) { s.tables[0].number = kPrimitiveTablesMax; }},
      {"share a number", [](PrimitiveSpec& s) { s.tables[0].number = 15; }},
      {"share a number or a name", [](PrimitiveSpec& s) { s.tables[0].name = "closed"; }},
      {"no name", [](PrimitiveSpec& s) { s.tables[0].name = ""; }},
      {"section version 0", [](PrimitiveSpec& s) { s.section_version = 0; }},
  };
  for (const auto& [message, change] : cases) {
    const absl::Status status = Refusal(change);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(Message(status), HasSubstr(message));
  }
  EXPECT_EQ(PrimitiveRegistry().Register(nullptr).code(), absl::StatusCode::kInvalidArgument);
}

TEST(PrimitiveRegistry, AcceptsASpecAtEveryLimit) {
  EXPECT_TRUE(Refusal([](PrimitiveSpec&) {}).ok());
  EXPECT_TRUE(Refusal([](PrimitiveSpec& s) { s.name.assign(kNameBytesMax, 'n'); }).ok());
  EXPECT_TRUE(Refusal([](PrimitiveSpec& s) { s.id = PrimitiveId(16); }).ok());
  EXPECT_TRUE(Refusal([](PrimitiveSpec& s) { s.id = PrimitiveId(255); }).ok());
  EXPECT_TRUE(Refusal([](PrimitiveSpec& s) {
                s.tables.clear();
                s.entries.clear();
                for (std::uint8_t i = 0; i < kPrimitiveTablesMax; ++i) {
                  s.tables.push_back({.number = i, .name = "table" + std::to_string(i)});
                }
                for (std::uint8_t i = 0; i < kEntryTypesPerPrimitive; ++i) {
                  const auto type = static_cast<EntryType>(s.entry_range + i);
                  s.entries.push_back({.type = type, .name = "Entry" + std::to_string(i)});
                }
              }).ok());
}

TEST(PrimitiveRegistry, KeepsBuiltInsAndExtensionsApart) {
  const std::function<void(PrimitiveSpec&)> trespasses[] = {
      [](PrimitiveSpec& s) { s.id = PrimitiveId(15); },
      [](PrimitiveSpec& s) { s.name = "varve.ledger"; },
      [](PrimitiveSpec& s) {
        s.entry_range = 0x70;
        s.entries.clear();
      },
      [](PrimitiveSpec& s) {
        s.entry_range = 0x00;
        s.entries.clear();
      },
  };
  for (const auto& trespass : trespasses) {
    EXPECT_EQ(Refusal(trespass).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(Refusal([](PrimitiveSpec& s) {
                s.id = PrimitiveId(15);
                s.name = "varve.ledger";
              }).ok());
}

TEST(PrimitiveRegistry, TakesTheBuiltIns) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  ASSERT_NE(registry.FindByEntryType(0x10), nullptr);
  EXPECT_EQ(registry.FindByEntryType(0x10)->spec().name, "varve.kv");
}

}  // namespace
}  // namespace varve
