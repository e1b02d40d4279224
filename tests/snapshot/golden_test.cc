// The frozen bytes: tests/golden/*_v1.hex were made from docs/format by a program that shares no
// code with this one. A change there needs a second reviewer.
#include <gtest/gtest.h>

#include "kernel/carried_primitive.h"
#include "kernel/table/row.h"
#include "snapshot/manifest.h"
#include "tests/snapshot/snapshot_fixture.h"
#include "tests/support/source_files.h"

namespace varve::snapshot {
namespace {

using testing_support::ParseHexdump;
using testing_support::ReadSource;

constexpr std::uint64_t kTime = 1'700'000'000'000'000;

class GoldenEntropy final : public Entropy {
 public:
  void Fill(std::span<char> bytes) override {
    ASSERT_EQ(bytes.size(), 8u);
    const std::string salt("\xef\xcd\xab\x89\x67\x45\x23\x01", 8);
    std::copy(salt.begin(), salt.end(), bytes.begin());
  }
};

class GoldenTest : public SnapshotFixture {
 protected:
  GoldenTest() {
    registry_ = PrimitiveRegistry();
    EXPECT_TRUE(registry_.Register(MakeNote(16, 0x80, "note")).ok());
    EXPECT_TRUE(registry_.Register(MakeCarriedPrimitive({PrimitiveId(17), 0x90, "memo"})).ok());
    outside_.clock.Set(Timestamp(kTime + 500'000));
    RunId run({0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
               0xae, 0xaf});
    state_.rows[table::MakeRowKey({PrimitiveId(16), 0}, RunId(), "alpha")] = {
        {Lsn(42), Timestamp(kTime), false, "one"}, {Lsn(40), Timestamp(kTime - 1000), true, ""}};
    state_.rows[table::MakeRowKey({PrimitiveId(16), 1}, run, "beta")] = {
        {Lsn(41), Timestamp(kTime - 500), false, "two"}};
    AddCarriedRows();
  }

  // A section "k" -> "v" that memo had written, and one entry since.
  void AddCarriedRows() {
    Rows inner;
    inner[table::MakeRowKey({PrimitiveId(17), 0}, RunId(), "k")] = {
        {Lsn(5), Timestamp(kTime - 9000), false, "v"}};
    TableState memo;
    memo.rows = inner;
    StringSink section;
    ASSERT_TRUE(SaveRows(*memo.NewVersionStream("", ""), section).ok());
    std::string content = EncodeCarriedHeader({true, 1, section.content.size()}) + section.content;
    Entry entry;
    entry.type = 0x90;
    entry.payload = "\1kw";
    std::string framed;
    AppendEntry(framed, entry);
    AppendCarriedEntryHeader(content, Lsn(41), Timestamp(kTime - 500), framed.size());
    StringSource source(content + framed);
    RowCollector rows;
    ASSERT_TRUE(registry_.FindById(PrimitiveId(17))->Load(1, source, rows).ok());
    state_.rows.merge(rows.rows);
  }

  Environment GoldenEnvironment() { return {outside_.files.get(), &outside_.clock, &entropy_}; }

  GoldenEntropy entropy_;
};

Manifest GoldenManifest() {
  Manifest manifest;
  manifest.generation = 9;
  manifest.store = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  manifest.limits = {1024, 16 << 20, 64 << 20};
  manifest.primitives = {{{PrimitiveId(1), 0x10, "varve.kv"}, false},
                         {{PrimitiveId(16), 0x80, "note"}, true}};
  Digest first;
  Digest second;
  for (std::uint8_t i = 0; i < 16; ++i) {
    first.bytes[i] = i;
    second.bytes[i] = static_cast<std::uint8_t>(16 + i);
  }
  manifest.snapshots = {{Lsn(20), 1000, first}, {Lsn(42), 2000, second}};
  manifest.durable_lsn = Lsn(57);
  manifest.clean_close = true;
  manifest.log_end = {3, 70'000, Lsn(57), 0x55667788};
  manifest.log_start = Lsn(21);
  return manifest;
}

// SNAP-H1 SNAP-S1 SNAP-K1 SNAP-F1 SNAP-F2 SNAP-C1 SNAP-C2 SNAP-D1 SNAP-R1
TEST_F(GoldenTest, TheWriterWritesTheGoldenSnapshot) {
  ASSERT_TRUE(WriteSnapshot(GoldenEnvironment(), kPath, state_, registry_).ok());
  EXPECT_EQ(FileBytes(), ParseHexdump(ReadSource("tests/golden/snapshot_v1.hex")));
}

TEST_F(GoldenTest, TheReaderReadsTheGoldenSnapshot) {
  SetFileBytes(ParseHexdump(ReadSource("tests/golden/snapshot_v1.hex")));
  ASSERT_TRUE(Verify().ok()) << Verify();
  Rows rows;
  ASSERT_TRUE(Load(registry_, rows).ok());
  EXPECT_EQ(rows, state_.rows);
}

TEST_F(GoldenTest, TheReaderReadsTheGoldenSnapshotThatIsCompressed) {
  SetFileBytes(ParseHexdump(ReadSource("tests/golden/snapshot_zstd_v1.hex")));
  ASSERT_TRUE(Verify().ok()) << Verify();
  Rows rows;
  ASSERT_TRUE(Load(registry_, rows).ok());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.begin()->second[0].value.size(), 300u);
}

// MAN-1 MAN-2 MAN-3
TEST_F(GoldenTest, BothWaysOfTheGoldenManifest) {
  const std::string golden = ParseHexdump(ReadSource("tests/golden/manifest_v1.hex"));
  ASSERT_EQ(golden.size(), 2 * kManifestSlotBytes);
  SetFileBytes("store/MANIFEST", golden);
  const auto read = ReadManifest(*outside_.files, "store/MANIFEST");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, GoldenManifest());
  const auto slot = EncodeManifestSlot(GoldenManifest());
  ASSERT_TRUE(slot.ok());
  EXPECT_EQ(*slot, golden.substr(kManifestSlotBytes));
}

// The documents show these very bytes.
TEST_F(GoldenTest, TheDocumentsShowTheGoldenBytes) {
  for (const std::string name : {"snapshot", "manifest"}) {
    const std::string text = ReadSource("docs/format/" + name + ".md");
    const std::size_t begin = text.find("```hexdump\n");
    ASSERT_NE(begin, std::string::npos) << name;
    const std::size_t end = text.find("```", begin + 3);
    const std::string dump = text.substr(begin + 11, end - begin - 11);
    EXPECT_EQ(ParseHexdump(dump), ParseHexdump(ReadSource("tests/golden/" + name + "_v1.hex")));
  }
}

}  // namespace
}  // namespace varve::snapshot
