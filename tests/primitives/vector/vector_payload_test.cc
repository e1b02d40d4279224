// Tests: primitives/vector/vector_primitive.cc
#include "primitives/vector/vector_payload.h"

#include <limits>

#include "kernel/base/limits.h"
#include "primitives/vector/vector_primitive.h"
#include "tests/primitives/vector/vector_store_fixture.h"
#include "tests/support/source_files.h"

namespace varve::vector {
namespace {

constexpr VectorShape kPlane{.dimension = 2, .metric = VectorMetric::kCosine};

std::string Components(const std::vector<float>& vector) { return EncodeComponents(vector); }

Entry EntryOf(EntryType type, std::string_view payload) {
  Entry entry;
  entry.type = type;
  entry.payload = payload;
  return entry;
}

// VEC-1 VEC-2 VEC-3 VEC-4 VEC-5 VEC-6 VEC-7
TEST(VectorPayload, IsWhatTheFormatDocumentShows) {
  const std::vector<std::string> documented =
      testing_support::DocumentedPayloads("docs/format/vector.md");
  ASSERT_EQ(documented.size(), 6u);
  const std::string key = MakeVectorKey("docs", "a");
  EXPECT_EQ(documented[0], EncodeCreate(kPlane, "docs"));
  EXPECT_EQ(documented[1],
            EncodeKeyed(key, EncodeRow(kPlane, Components({1, -0.5f}), R"({"n":1})")));
  EXPECT_EQ(documented[2], EncodeKeyed(key, Components({0, 2})));
  EXPECT_EQ(documented[3], EncodeKeyed(key, "{}"));
  EXPECT_EQ(documented[4], key);
  EXPECT_EQ(documented[5], "docs");
}

TEST(VectorPayload, DescribeSaysWhatThePayloadsSay) {
  const VectorPrimitive primitive;
  const std::vector<std::string> documented =
      testing_support::DocumentedPayloads("docs/format/vector.md");
  const EntryType types[] = {kVectorCollectionCreate, kVectorInsert, kVectorUpdate,
                             kVectorSetMetadata,      kVectorDelete, kVectorCollectionDelete};
  std::string text;
  for (std::size_t at = 0; at < documented.size(); ++at) {
    const EntryDescription told = primitive.Describe(EntryOf(types[at], documented[at]));
    text += told.operation + "|" + told.subject + "|" + told.detail + "\n";
  }
  EXPECT_EQ(text,
            "create|docs|2 cosine\n"
            "insert|docs/a|[1, -0.5] {\\\"n\\\":1}\n"
            "update|docs/a|[0, 2]\n"
            "set metadata|docs/a|{}\n"
            "delete|docs/a|\n"
            "drop|docs|\n");
  EXPECT_EQ(primitive.Describe(EntryOf(0x7F, "x")).operation, "unknown");
}

TEST(VectorPayload, RowsAreDescribedForDiffs) {
  const VectorPrimitive primitive;
  const VectorShape shape{.dimension = 5, .metric = VectorMetric::kDot};
  const std::string row = EncodeRow(shape, Components({1, 2, 3, 4, 5}), "");
  const RowDescription told =
      primitive.DescribeRow(kVectorRows.number, MakeVectorKey("docs", "a\n"), row);
  EXPECT_EQ(told.subject, "docs/a\\n");
  EXPECT_EQ(told.content, "[1, 2, 3, 4, ... (5)]");
  EXPECT_EQ(primitive.DescribeRow(kVectorCollections.number, "docs", EncodeShape(kPlane)).content,
            "2 cosine");
  EXPECT_EQ(primitive.DescribeRow(kVectorRows.number, "?", "?").content, "?");
}

// VEC-8
TEST(VectorPayload, EveryCutAndEveryBadFieldIsDataLoss) {
  const std::string row = EncodeRow(kPlane, Components({1, -0.5f}), "{}");
  for (std::size_t bytes = 0; bytes < 12; ++bytes) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeRow(row.substr(0, bytes)).status())) << bytes;
  }
  EXPECT_TRUE(DecodeRow(row.substr(0, 12)).ok());
  const auto with = [&](std::size_t at, char byte) {
    std::string changed = row;
    changed[at] = byte;
    return DecodeRow(changed).status();
  };
  EXPECT_TRUE(absl::IsDataLoss(with(0, 0)));     // dimension 0
  EXPECT_TRUE(absl::IsDataLoss(with(1, 0x21)));  // 8450
  EXPECT_TRUE(absl::IsDataLoss(with(2, 0)));     // metrics
  EXPECT_TRUE(absl::IsDataLoss(with(2, 4)));
  EXPECT_TRUE(absl::IsDataLoss(with(3, 1)));  // reserved
  const std::string infinite = Components({1, std::numeric_limits<float>::infinity()});
  EXPECT_TRUE(absl::IsDataLoss(DecodeRow(EncodeShape(kPlane) + infinite).status()));
  const std::string long_row = EncodeRow(kPlane, Components({1, 1}), std::string(65536, ' '));
  EXPECT_TRUE(DecodeRow(long_row).ok());
  EXPECT_TRUE(absl::IsDataLoss(DecodeRow(long_row + " ").status()));
}

// VEC-2 VEC-8
TEST(VectorPayload, TableKeysHoldNamesAndKeysWithinTheirLimits) {
  const std::string longest =
      MakeVectorKey(std::string(kNameBytesMax, 'n'), std::string(kKeyBytesMax, 'k'));
  const absl::StatusOr<VectorKey> key = DecodeVectorKey(longest);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->collection.size(), kNameBytesMax);
  EXPECT_EQ(key->key.size(), kKeyBytesMax);
  EXPECT_TRUE(absl::IsDataLoss(DecodeVectorKey(longest + "k").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeVectorKey(MakeCollectionPrefix("c")).status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeVectorKey(std::string("\0\0k", 3)).status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeVectorKey("\x01").status()));
  EXPECT_TRUE(absl::IsDataLoss(
      DecodeVectorKey(std::string("\x01\x01", 2) + std::string(300, 'x'))  // a name of 257 bytes
          .status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeKeyed("\x09").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeName("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeName(std::string(kNameBytesMax + 1, 'n')).status()));
}

// VEC-8
TEST_F(VectorStoreTest, ApplyRefusesChangesOfWhatIsNotThere) {
  const std::string key = MakeVectorKey("docs", "a");
  Transaction transaction = Begin();
  EXPECT_TRUE(absl::IsNotFound(
      transaction.Write(EntryOf(kVectorUpdate, EncodeKeyed(key, Components({0, 2}))))));
  EXPECT_TRUE(
      absl::IsNotFound(transaction.Write(EntryOf(kVectorSetMetadata, EncodeKeyed(key, "{}")))));
  ASSERT_TRUE(transaction
                  .Write(EntryOf(kVectorInsert,
                                 EncodeKeyed(key, EncodeRow(kPlane, Components({1, 1}), ""))))
                  .ok());
  EXPECT_TRUE(absl::IsDataLoss(
      transaction.Write(EntryOf(kVectorUpdate, EncodeKeyed(key, Components({0, 2, 3}))))));
  EXPECT_TRUE(absl::IsDataLoss(
      transaction.Write(EntryOf(kVectorSetMetadata, EncodeKeyed(key, std::string(65537, ' '))))));
}

}  // namespace
}  // namespace varve::vector
