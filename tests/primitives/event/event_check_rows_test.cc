// Tests: primitives/event/event_chain.cc
#include "gmock/gmock.h"
#include "primitives/event/event.h"
#include "primitives/event/event_payload.h"
#include "primitives/event/event_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr RunId kRun({7});

// Two streams in each of two runs; "s" has the events 0 to 5 in three rows.
class EventCheckRows : public VandalizedStore<EventPrimitive> {
 protected:
  EventCheckRows() { Fill(); }

  void Refill() {
    Open();
    Fill();
  }
  void Fill() {
    for (const RunId& run : {RunId(), kRun}) {
      for (int i = 0; i < 3; ++i) Append("s", run);
      Append("t", run);
      Commit([&](Transaction& to) { return Events(to, run).CommitPosition("s", "c", 4); });
    }
  }
  void Append(std::string_view stream, const RunId& run) {
    const NewEvent batch[] = {{.type = "a", .payload = "{\"n\":1}"},
                              {.type = "b", .payload = "{\"n\":2}"}};
    Commit([&](Transaction& to) { return Events(to, run).AppendMany(stream, batch).status(); });
  }
  // Changes a row of "s" in kRun.
  void Damage(TableId table, std::string_view key,
              const std::function<void(std::string& value)>& change) {
    std::string value;
    ASSERT_TRUE(store_
                    ->Read([&](ReadView& view) {
                      const auto row = view.Get(table, kRun, key);
                      EXPECT_TRUE(row.ok() && row->has_value());
                      value = std::string((*row)->value);
                      return absl::OkStatus();
                    })
                    .ok());
    change(value);
    PutRow(table, key, value, kRun);
  }
  static std::string RowKey(std::uint64_t first) {
    return event::WithSequence(event::NamePrefix("s"), first);
  }
  static std::string Where() { return "run " + kRun.ToString() + ": stream \"s\""; }
};

TEST_F(EventCheckRows, FindsNothingInRowsAsTheyAreWritten) { EXPECT_THAT(Fault(), IsEmpty()); }

TEST_F(EventCheckRows, FindsAnEventThatWasChanged) {
  Damage(kEventRows, RowKey(2), [](std::string& value) { value[value.size() - 2] = '9'; });
  EXPECT_THAT(Fault(), HasSubstr(Where() + ", event 3: its stored hash is"));
}

TEST_F(EventCheckRows, FindsAGap) {
  DeleteRow(kEventRows, RowKey(2), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + ", event 2: it is missing"));
}

TEST_F(EventCheckRows, FindsALostEndAndALostStream) {
  DeleteRow(kEventRows, RowKey(4), kRun);
  EXPECT_THAT(Fault(), HasSubstr(Where() + ", event 4: the head of the stream counts 6"));
  DeleteRow(kEventRows, RowKey(2), kRun);
  DeleteRow(kEventRows, RowKey(0), kRun);
  EXPECT_THAT(Fault(), HasSubstr("counts 6 events, and there are none"));
}

TEST_F(EventCheckRows, FindsAHeadThatSaysOtherThings) {
  const auto damage = [this](std::size_t offset) {
    Damage(kEventStreams, "s", [offset](std::string& value) { value[offset] ^= 1; });
  };
  damage(event::HeadLayout::kHashOffset);
  EXPECT_THAT(Fault(), HasSubstr("the head of the stream has the hash"));
  Refill();
  damage(event::HeadLayout::kLastTimeOffset);
  EXPECT_THAT(Fault(), HasSubstr("the head of the stream has other times"));
  Refill();
  damage(event::HeadLayout::kFirstTimeOffset);
  EXPECT_THAT(Fault(), HasSubstr("the head of the stream has other times"));
  Refill();
  damage(event::HeadLayout::kPayloadBytesOffset);
  EXPECT_THAT(Fault(), HasSubstr("bytes of payload"));
  Refill();
  DeleteRow(kEventStreams, "s", kRun);
  EXPECT_THAT(Fault(), HasSubstr("the stream has events but no head"));
}

TEST_F(EventCheckRows, FindsAPositionBeyondTheStream) {
  std::string value;
  AppendLittleEndian(value, std::uint64_t{7});
  PutRow(kEventConsumers, event::NamePrefix("s", "c"), value, kRun);
  EXPECT_THAT(Fault(), HasSubstr("consumer \"c\" stands at 7"));
  PutRow(kEventConsumers, event::NamePrefix("s", "c"), "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("not a position"));
}

TEST_F(EventCheckRows, FindsTypesThatLeadWrong) {
  const std::string line = event::WithSequence(event::NamePrefix("s", "b"), 2);
  DeleteRow(kEventTypes, line, kRun);
  EXPECT_THAT(Fault(), HasSubstr("the type \"b\" does not lead to them"));
  PutRow(kEventTypes, line, "", kRun);
  EXPECT_THAT(Fault(), IsEmpty());
  PutRow(kEventTypes, event::WithSequence(event::NamePrefix("s", "c"), 2), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("which are not of it"));
  DeleteRow(kEventTypes, event::WithSequence(event::NamePrefix("s", "c"), 2), kRun);
  PutRow(kEventTypes, event::WithSequence(event::NamePrefix("s", "b"), 3), "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("which are not of it"));
}

TEST_F(EventCheckRows, FindsRowsThatDoNotDecode) {
  PutRow(kEventRows, "x", "", kRun);
  EXPECT_THAT(Fault(), HasSubstr("run " + kRun.ToString()));
  Refill();
  Damage(kEventRows, RowKey(0), [](std::string& value) { value.resize(20); });
  EXPECT_THAT(Fault(), HasSubstr(Where() + ", event 0: Event row"));
}

}  // namespace
}  // namespace varve
