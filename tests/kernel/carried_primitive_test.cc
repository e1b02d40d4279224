// The placeholder by itself; with real snapshot files: tests/snapshot/carried_test.cc.
#include "kernel/carried_primitive.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/row.h"
#include "tests/snapshot/table_state.h"

namespace varve {
namespace {

using snapshot::RowCollector;
using snapshot::Rows;
using snapshot::StringSink;
using snapshot::StringSource;
using snapshot::TableState;

const RegisteredName kName{PrimitiveId(16), 0x80, "note"};

// As much of a transaction as the placeholder uses.
class MapContext final : public ApplyContext {
 public:
  MapContext(Rows& rows, const RunId& run, Lsn lsn) : rows_(rows), run_(run), lsn_(lsn) {}

  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(std::uint8_t, std::string_view) override {
    return absl::UnimplementedError("not needed");
  }
  [[nodiscard]] std::unique_ptr<RowScan> Scan(std::uint8_t table, const KeyRange& range,
                                              Order order) override {
    EXPECT_EQ(order, Order::kReverse);
    const TableId id{kName.id, table};
    auto row = rows_.lower_bound(table::MakeRowKey(id, run_, range.end));
    const std::string begin = table::MakeRowKey(id, run_, range.begin);
    if (row == rows_.begin() || (--row)->first < begin) return std::make_unique<One>(std::nullopt);
    return std::make_unique<One>(
        Row{table::ParseRowKey(row->first)->key, row->second.front().value, Lsn(), Timestamp()});
  }
  [[nodiscard]] absl::Status Put(std::uint8_t table, std::string_view key,
                                 std::string_view value) override {
    rows_[table::MakeRowKey({kName.id, table}, run_, key)] = {
        {lsn_, commit_time(), false, std::string(value)}};
    return absl::OkStatus();
  }
  [[nodiscard]] absl::Status Delete(std::uint8_t, std::string_view) override {
    return absl::UnimplementedError("not needed");
  }
  [[nodiscard]] Lsn lsn() override { return lsn_; }
  [[nodiscard]] Timestamp commit_time() override { return Timestamp(1000 + lsn_.value()); }

 private:
  class One final : public RowScan {
   public:
    explicit One(std::optional<Row> row) : row_(row) {}
    [[nodiscard]] bool valid() const override { return row_.has_value(); }
    void Next() override { row_.reset(); }
    [[nodiscard]] const Row& row() const override { return *row_; }
    [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

   private:
    std::optional<Row> row_;
  };
  Rows& rows_;
  RunId run_;
  Lsn lsn_;
};

std::string Framed(EntryType type, const RunId& run, std::string_view payload) {
  Entry entry;
  entry.type = type;
  entry.payload_version = 200;
  entry.safe_ignore = true;
  entry.run = run;
  entry.payload = payload;
  std::string framed;
  AppendEntry(framed, entry);
  return framed;
}

absl::Status Apply(const Primitive& primitive, Rows& rows, const std::string& framed, Lsn lsn) {
  EntryReader reader(framed);
  Entry entry;
  EXPECT_TRUE(reader.Next(entry));
  MapContext context(rows, entry.run, lsn);
  return primitive.Apply(entry, context);
}

std::string Save(const Primitive& primitive, const Rows& rows) {
  TableState state;
  state.rows = rows;
  StringSink sink;
  const absl::Status status = primitive.Save(*state.NewVersionStream("", ""), sink);
  EXPECT_TRUE(status.ok()) << status;
  return sink.content;
}

absl::Status Load(const Primitive& primitive, const std::string& content, Rows* rows = nullptr) {
  StringSource source(content);
  RowCollector collector;
  const absl::Status status = primitive.Load(1, source, collector);
  if (rows != nullptr) *rows = collector.rows;
  return status;
}

std::string EntryRecord(std::uint64_t lsn, const std::string& framed) {
  std::string bytes;
  AppendCarriedEntryHeader(bytes, Lsn(lsn), Timestamp(1000 + lsn), framed.size());
  return bytes + framed;
}

TEST(CarriedPrimitive, IsAcceptedByTheRegistryAndTakesEveryTypeOfItsRange) {
  PrimitiveRegistry registry;
  ASSERT_TRUE(registry.Register(MakeCarriedPrimitive(kName)).ok());
  ASSERT_TRUE(registry.Register(MakeCarriedPrimitive({PrimitiveId(1), 0x10, "varve.kv"})).ok());
  for (unsigned type = 0x80; type < 0x90; ++type) {
    const EntrySpec* spec = registry.FindEntry(static_cast<EntryType>(type));
    ASSERT_NE(spec, nullptr) << type;
    EXPECT_EQ(spec->payload_version_max, 255);
  }
  EXPECT_TRUE(registry.FindById(PrimitiveId(16))->spec().carried);
  EXPECT_EQ(registry.Fingerprint()[1], kName);
}

// SNAP-C1 SNAP-C2: entries come out as they went in, in the order of runs, LSNs and writing.
TEST(CarriedPrimitive, SavesEntriesByRunAndThenInTheOrderOfTheLog) {
  const auto primitive = MakeCarriedPrimitive(kName);
  const RunId run({9});
  const std::string first = Framed(0x80, run, "1");
  const std::string second = Framed(0x8f, RunId(), "2");
  const std::string third = Framed(0x81, run, "3");
  const std::string fourth = Framed(0x81, run, "0");
  Rows rows;
  ASSERT_TRUE(Apply(*primitive, rows, first, Lsn(7)).ok());
  ASSERT_TRUE(Apply(*primitive, rows, second, Lsn(7)).ok());
  ASSERT_TRUE(Apply(*primitive, rows, third, Lsn(7)).ok());
  ASSERT_TRUE(Apply(*primitive, rows, fourth, Lsn(8)).ok());
  const std::string content = Save(*primitive, rows);
  EXPECT_EQ(content, std::string(16, '\0') + EntryRecord(7, second) + EntryRecord(7, first) +
                         EntryRecord(7, third) + EntryRecord(8, fourth));
  Rows loaded;
  ASSERT_TRUE(Load(*primitive, content, &loaded).ok());
  EXPECT_EQ(loaded, rows);
}

TEST(CarriedPrimitive, KeepsAnEntryThatIsLongerThanAnyRow) {
  const auto primitive = MakeCarriedPrimitive(kName);
  const std::string framed = Framed(0x80, RunId(), std::string(std::size_t{20} << 20, 'x'));
  Rows rows;
  ASSERT_TRUE(Apply(*primitive, rows, framed, Lsn(7)).ok());
  ASSERT_TRUE(Apply(*primitive, rows, framed, Lsn(7)).ok());
  for (const auto& [key, versions] : rows) ASSERT_LE(versions[0].value.size(), 1u << 20);
  const std::string content = Save(*primitive, rows);
  EXPECT_EQ(content, std::string(16, '\0') + EntryRecord(7, framed) + EntryRecord(7, framed));
  Rows loaded;
  ASSERT_TRUE(Load(*primitive, content, &loaded).ok());
  EXPECT_EQ(loaded, rows);
}

TEST(CarriedPrimitive, KeepsASectionThatItCannotRead) {
  const auto primitive = MakeCarriedPrimitive(kName);
  std::string section;
  for (int i = 0; i < 200'000; ++i) section += std::to_string(i);
  const std::string content = EncodeCarriedHeader({true, 3, section.size()}) + section +
                              EntryRecord(50, Framed(0x82, RunId(), "later"));
  Rows rows;
  ASSERT_TRUE(Load(*primitive, content, &rows).ok());
  EXPECT_EQ(Save(*primitive, rows), content);
  const std::string empty = EncodeCarriedHeader({true, 1, 0});
  ASSERT_TRUE(Load(*primitive, empty, &rows).ok());
  EXPECT_EQ(Save(*primitive, rows), empty);
}

// SNAP-C3
TEST(CarriedPrimitive, RefusesContentThatNoPlaceholderWrites) {
  const auto primitive = MakeCarriedPrimitive(kName);
  const std::string none = EncodeCarriedHeader({});
  const std::string entry = Framed(0x80, RunId(), "1");
  const std::string good = none + EntryRecord(7, entry);
  ASSERT_TRUE(Load(*primitive, good).ok());
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    if (cut == none.size()) continue;
    EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good.substr(0, cut)))) << cut;
  }
  for (std::size_t offset = 0; offset < none.size(); ++offset) {
    std::string bad = good;
    bad[offset] = 1;
    EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, bad))) << offset;
    bad[offset] = 2;
    EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, bad))) << offset;
  }
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, EncodeCarriedHeader({true, 0, 0}))));
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, EncodeCarriedHeader({true, 1, 5}) + "four")));
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + EntryRecord(6, entry)))) << "LSN goes back";
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + EntryRecord(8, Framed(0x90, RunId(), "1")))))
      << "of another range";
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + EntryRecord(8, entry + entry))))
      << "two entries";
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + EntryRecord(8, "12345678")))) << "no entry";
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + EntryRecord(8, "")))) << "empty";
  std::string hostile;
  AppendCarriedEntryHeader(hostile, Lsn(8), Timestamp(1), 0xFFFFFFF0u);
  EXPECT_TRUE(absl::IsDataLoss(Load(*primitive, good + hostile + "x"))) << "hostile length";
}

TEST(CarriedPrimitive, SaysWhenItsRowsAreIncomplete) {
  const auto primitive = MakeCarriedPrimitive(kName);
  Rows rows;
  ASSERT_TRUE(
      Load(*primitive, EncodeCarriedHeader({true, 1, 600'000}) + std::string(600'000, 's'), &rows)
          .ok());
  ASSERT_EQ(rows.size(), 4u);
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    Rows fewer = rows;
    fewer.erase(row->first);
    TableState state;
    state.rows = fewer;
    StringSink sink;
    EXPECT_TRUE(absl::IsDataLoss(primitive->Save(*state.NewVersionStream("", ""), sink)));
  }
}

TEST(CarriedPrimitive, DescribesWithoutUnderstanding) {
  Entry entry;
  entry.type = 0x85;
  entry.payload = "opaque";
  const EntryDescription description = MakeCarriedPrimitive(kName)->Describe(entry);
  EXPECT_EQ(description.operation, "carried");
  EXPECT_EQ(description.subject, "note");
  EXPECT_EQ(description.detail, "6 bytes");
}

}  // namespace
}  // namespace varve
