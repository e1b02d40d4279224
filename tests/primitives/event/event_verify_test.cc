// Tests: primitives/event/event_verify.cc
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "primitives/event/event_payload.h"
#include "tests/primitives/event/event_store_fixture.h"

namespace varve {
namespace {

// What a broken program or a clever forger might have left: the rows of a view, some of them
// replaced or added.
class ForgedReader final : public Reader {
 public:
  ForgedReader(ReadView& view, std::map<std::pair<TableId, std::string>, std::string> forged)
      : view_(view), forged_(std::move(forged)) {}

  absl::StatusOr<std::optional<Row>> Get(TableId table, const RunId& run,
                                         std::string_view key) override {
    const auto found = forged_.find({table, std::string(key)});
    if (found == forged_.end()) return view_.Get(table, run, key);
    return std::optional<Row>(Row{key, found->second, Lsn(1), Timestamp(1)});
  }
  std::unique_ptr<RowScan> Scan(TableId table, const RunId& run, const KeyRange& range,
                                Order order) override {
    std::map<std::string, Row> rows;
    const std::unique_ptr<RowScan> scan = view_.Scan(table, run, range, order);
    for (; scan->valid(); scan->Next()) rows[std::string(scan->row().key)] = scan->row();
    for (const auto& [place, value] : forged_) {
      if (place.first != table) continue;
      rows[place.second] = Row{place.second, value, Lsn(1), Timestamp(1)};
    }
    return std::make_unique<ForgedScan>(std::move(rows));
  }
  absl::Status History(TableId, const RunId&, std::string_view,
                       const std::function<bool(const Row&, bool)>&) override {
    return absl::OkStatus();
  }
  void VisitOwnWrites(TableId, const RunId&,
                      const std::function<void(const Row&, bool)>&) override {}
  const PrimitiveRegistry& registry() const override { return view_.registry(); }
  Lsn lsn() const override { return view_.lsn(); }
  Timestamp now() const override { return view_.now(); }

 private:
  class ForgedScan final : public RowScan {
   public:
    explicit ForgedScan(std::map<std::string, Row> rows) : rows_(std::move(rows)) {}
    bool valid() const override { return at_ != rows_.end(); }
    void Next() override { ++at_; }
    const Row& row() const override { return at_->second; }
    absl::Status status() const override { return absl::OkStatus(); }

   private:
    std::map<std::string, Row> rows_;
    std::map<std::string, Row>::const_iterator at_ = rows_.begin();
  };

  ReadView& view_;
  std::map<std::pair<TableId, std::string>, std::string> forged_;
};

class EventVerifyTest : public EventStoreTest {
 protected:
  void SetUp() override {
    EventStoreTest::SetUp();
    const std::vector<NewEvent> batch = {{.type = "t", .payload = "{\"n\":0}"},
                                         {.type = "t", .payload = "{\"n\":1}"},
                                         {.type = "t", .payload = "{\"n\":2}"}};
    for (int i = 0; i < 3; ++i) {
      Commit([&](Events& events) { EXPECT_TRUE(events.AppendMany("s", batch).ok()); });
    }
  }

  // The stored row as the tables hold it.
  std::string RowValue(TableId table, std::string_view key) {
    ReadView view = View();
    return std::string((*view.Get(table, {}, key))->value);
  }
  // Puts a row over the stored ones.
  void PutRow(TableId table, std::string_view key, std::string_view value) {
    forged_[{table, std::string(key)}] = std::string(value);
  }
  ChainVerdict Verify() {
    ReadView view = View();
    ForgedReader reader(view, forged_);
    return *Events(reader).VerifyChain("s");
  }
  static std::string RowKey(std::uint64_t first) {
    return event::WithSequence(event::NamePrefix("s"), first);
  }

  std::map<std::pair<TableId, std::string>, std::string> forged_;
};

TEST_F(EventVerifyTest, AnUntouchedChainVerifies) {
  const ChainVerdict verdict = Verify();
  EXPECT_EQ(verdict.verified, 9u);
  EXPECT_FALSE(verdict.bad.has_value()) << verdict.fault;
}

TEST_F(EventVerifyTest, AStreamThatIsNotThereVerifies) {
  ReadView view = View();
  EXPECT_EQ(Events(view).VerifyChain("none")->verified, 0u);
  EXPECT_FALSE(Events(view).VerifyChain("none")->bad.has_value());
  EXPECT_EQ(Events(view).VerifyChain("").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EventVerifyTest, AChangedPayloadIsNamedByItsSequence) {
  std::string row = RowValue(kEventRows, RowKey(3));
  row[row.rfind("{\"n\":1}") + 5] = '7';
  PutRow(kEventRows, RowKey(3), row);
  EXPECT_EQ(Verify().bad, 4u);
  EXPECT_EQ(Verify().verified, 4u);
  EXPECT_NE(Verify().fault, "");
}

TEST_F(EventVerifyTest, EveryByteOfARowCounts) {
  const std::string row = RowValue(kEventRows, RowKey(3));
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string changed = row;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    PutRow(kEventRows, RowKey(3), changed);
    const ChainVerdict verdict = Verify();
    ASSERT_TRUE(verdict.bad.has_value()) << "byte " << at;
    EXPECT_GE(*verdict.bad, 3u) << "byte " << at;
    EXPECT_LT(*verdict.bad, 6u) << "byte " << at;
  }
  PutRow(kEventRows, RowKey(3), row);
  EXPECT_FALSE(Verify().bad.has_value());
}

TEST_F(EventVerifyTest, ARowInTheWrongPlaceIsNamed) {
  PutRow(kEventRows, RowKey(3), RowValue(kEventRows, RowKey(6)));
  EXPECT_EQ(Verify().bad, 3u);
}

TEST_F(EventVerifyTest, AMissingRowIsNamed) {
  PutRow(kEventRows, RowKey(12), RowValue(kEventRows, RowKey(6)));
  EXPECT_EQ(Verify().bad, 9u);
}

TEST_F(EventVerifyTest, AHeadThatDisagreesIsNamed) {
  event::Head head = *event::DecodeHead(RowValue(kEventStreams, "s"));
  head.length = 10;
  PutRow(kEventStreams, "s", event::EncodeHead(head));
  EXPECT_EQ(Verify().bad, 9u);
  head.length = 9;
  head.hash[5] ^= 1;
  PutRow(kEventStreams, "s", event::EncodeHead(head));
  EXPECT_EQ(Verify().bad, 9u);
}

}  // namespace
}  // namespace varve
