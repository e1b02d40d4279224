#include "snapshot/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::Fault;
using ::testing::HasSubstr;

constexpr const char* kManifest = "store/MANIFEST";

class ManifestTest : public SnapshotFixture {
 protected:
  ManifestTest() {
    manifest_.generation = 1;
    manifest_.store = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    manifest_.limits = {1024, 16 << 20, 64 << 20};
    manifest_.primitives = {{{PrimitiveId(1), 0x10, "varve.kv"}, false},
                            {{PrimitiveId(20), 0x80, "ledger"}, true}};
    manifest_.log_start = Lsn(1);
  }

  FileSystem& files() { return *outside_.files; }
  void Create() {
    ASSERT_TRUE(CreateManifest(files(), kManifest, manifest_).ok());
    ASSERT_TRUE(files().SyncDirectory("store").ok());
  }
  absl::StatusOr<Manifest> Read() { return ReadManifest(files(), kManifest, &warnings_); }
  absl::Status Update(std::uint64_t durable_lsn) {
    manifest_.durable_lsn = Lsn(durable_lsn);
    return UpdateManifest(files(), kManifest, manifest_);
  }
  std::string Bytes() { return outside_.files->Contents().at(kManifest); }
  void SetBytes(const std::string& bytes) { SetFileBytes(kManifest, bytes); }

  // The slot's checksum written again, over changed bytes.
  static void Fix(std::string& slot) {
    StoreLittleEndian(slot.data() + ManifestLayout::kChecksumOffset,
                      Crc32c(slot.substr(0, ManifestLayout::kChecksumOffset)));
  }

  Manifest manifest_;
  std::vector<std::string> warnings_;
};

TEST_F(ManifestTest, SlotsComeBackWhateverIsInThem) {
  for (int snapshots = 0; snapshots < 20; ++snapshots) {
    const auto slot = EncodeManifestSlot(manifest_);
    ASSERT_TRUE(slot.ok());
    EXPECT_EQ(slot->size(), kManifestSlotBytes);
    const auto decoded = DecodeManifestSlot(*slot);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, manifest_);
    Digest digest;
    digest.bytes[0] = static_cast<std::uint8_t>(snapshots);
    manifest_.snapshots.push_back({Lsn(static_cast<std::uint64_t>(snapshots) + 5), 77, digest});
    manifest_.clean_close = !manifest_.clean_close;
    manifest_.log_end = {3, 4, Lsn(5), 6};
  }
}

// MAN-6: what does not fit is refused, at the byte.
TEST_F(ManifestTest, RefusesWhatDoesNotFitASlot) {
  const std::size_t used = 120 + 14 + 12;
  const std::size_t room = ManifestLayout::kChecksumOffset - used;
  for (std::size_t i = 0; i < room / 32; ++i) manifest_.snapshots.push_back({Lsn(i + 1), 1, {}});
  manifest_.primitives[1].name.name += std::string(room % 32, 'x');
  EXPECT_TRUE(EncodeManifestSlot(manifest_).ok());
  manifest_.primitives[1].name.name += 'x';
  const auto refused = EncodeManifestSlot(manifest_);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_THAT(refused.status().ToString(), HasSubstr("retain fewer snapshots"));
  EXPECT_TRUE(absl::IsResourceExhausted(CreateManifest(files(), kManifest, manifest_)));
  EXPECT_TRUE(FileNames().empty());
}

// MAN-1 MAN-7
TEST_F(ManifestTest, UpdatesGoToTheSlotsInTurn) {
  Create();
  EXPECT_EQ(Bytes().size(), 2 * kManifestSlotBytes);
  std::string before = Bytes();
  for (std::uint64_t generation = 2; generation < 8; ++generation) {
    ASSERT_TRUE(Update(generation * 10).ok());
    EXPECT_EQ(manifest_.generation, generation);
    EXPECT_EQ(*Read(), manifest_);
    const std::string after = Bytes();
    const std::size_t kept = generation % 2 == 0 ? 0 : kManifestSlotBytes;
    EXPECT_EQ(after.substr(kept, kManifestSlotBytes), before.substr(kept, kManifestSlotBytes));
    before = after;
  }
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(ManifestTest, CreatingOneDoesNotReplaceAnother) {
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
  Create();
  EXPECT_TRUE(absl::IsAlreadyExists(CreateManifest(files(), kManifest, manifest_)));
}

// MAN-4: 0 silent. Either the flipped slot is refused and the other one counts, which is said, or
// the flip hit the slot that does not count anyway, which is said too.
TEST_F(ManifestTest, EverySingleBitFlipIsNoticedAndTheOtherSlotCounts) {
  Create();
  ASSERT_TRUE(Update(10).ok());
  const Manifest older = manifest_;
  ASSERT_TRUE(Update(20).ok());
  const std::string good = Bytes();
  for (std::size_t bit = 0; bit < good.size() * 8; bit += bit % kManifestSlotBytes < 300 ? 1 : 7) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    SetBytes(bad);
    warnings_.clear();
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << bit << ": " << read.status();
    const bool newest_hit = bit / 8 < kManifestSlotBytes;  // generation 3 is in slot 0
    ASSERT_EQ(*read, newest_hit ? older : manifest_) << bit;
    ASSERT_EQ(warnings_.size(), 1u) << bit;
    ASSERT_THAT(warnings_[0], HasSubstr(newest_hit ? "slot 0 is damaged" : "slot 1 is damaged"));
  }
}

TEST_F(ManifestTest, TruncationAtEveryByteLeavesTheOtherSlotOrIsDataLoss) {
  Create();
  ASSERT_TRUE(Update(10).ok());
  ASSERT_TRUE(Update(20).ok());
  const std::string good = Bytes();
  for (std::size_t size = 0; size < good.size(); size += size % 4096 < 200 ? 1 : 13) {
    SetBytes(good.substr(0, size));
    const auto read = Read();
    if (size < kManifestSlotBytes) {
      ASSERT_TRUE(DamageOf(read.status()).has_value()) << size << ": " << read.status();
    } else {
      ASSERT_TRUE(read.ok()) << size;
      ASSERT_EQ(*read, manifest_) << size;
    }
  }
  SetBytes(good + "x");
  EXPECT_TRUE(DamageOf(Read().status()).has_value()) << "trailing garbage";
}

// MAN-9, "laundering": an update never makes a good slot of a bad one's content.
TEST_F(ManifestTest, ABadSlotIsNeverWrittenAgainButWithNewContent) {
  Create();
  ASSERT_TRUE(Update(10).ok());
  const Manifest older = manifest_;
  ASSERT_TRUE(Update(20).ok());
  std::string bad = Bytes();
  bad[200] ^= 1;  // generation 3, slot 0
  SetBytes(bad);
  EXPECT_EQ(*Read(), older);
  EXPECT_EQ(Bytes(), bad) << "reading wrote";
  // Whoever still believes in the damaged generation may not write.
  EXPECT_TRUE(absl::IsFailedPrecondition(Update(30)));
  EXPECT_EQ(Bytes(), bad);
  manifest_ = older;
  ASSERT_TRUE(Update(40).ok());
  EXPECT_EQ(manifest_.generation, 3u);
  EXPECT_EQ(Read()->durable_lsn, Lsn(40));
  EXPECT_EQ(Bytes().substr(kManifestSlotBytes), bad.substr(kManifestSlotBytes))
      << "the good slot was touched";
}

// MAN-3 MAN-4 MAN-5
TEST_F(ManifestTest, ANewerSlotIsUnimplementedAndADamagedVersionIsNot) {
  Create();
  ASSERT_TRUE(Update(10).ok());
  std::string newer = Bytes().substr(kManifestSlotBytes);
  newer[ManifestLayout::kVersionOffset] = 2;
  EXPECT_TRUE(absl::IsUnimplemented(DecodeManifestSlot(newer).status()));
  const std::string first = Bytes().substr(0, kManifestSlotBytes);
  SetBytes(first + newer);  // its checksum fails: damage of the version field
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(Read()->generation, 1u);
  Fix(newer);
  SetBytes(first + newer);
  EXPECT_TRUE(absl::IsUnimplemented(Read().status())) << Read().status();
  manifest_.generation = 1;
  EXPECT_TRUE(absl::IsUnimplemented(Update(20)));
  std::string needs = Bytes().substr(0, kManifestSlotBytes);
  needs[ManifestLayout::kIncompatibleFlagsOffset] = 1;
  Fix(needs);
  SetBytes(needs + std::string(kManifestSlotBytes, '\0'));
  EXPECT_TRUE(absl::IsUnimplemented(Read().status()));
}

// MAN-5
TEST_F(ManifestTest, RefusesWhatTheWriterWouldNotWrite) {
  const std::string good = *EncodeManifestSlot(manifest_);
  const auto with = [&good](std::size_t offset, int value) {
    std::string slot = good;
    slot[offset] = static_cast<char>(value);
    Fix(slot);
    return DecodeManifestSlot(slot).status();
  };
  EXPECT_TRUE(with(ManifestLayout::kCompatibleFlagsOffset, 1).ok());
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kVersionOffset, 0)));
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kStateOffset, 2)));
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kReservedOffset, 1)));
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kReserved2Offset, 1)));
  for (const std::size_t count :
       {ManifestLayout::kPrimitiveCountOffset, ManifestLayout::kSnapshotCountOffset}) {
    for (const int value : {1, 3, 255}) {
      EXPECT_TRUE(absl::IsDataLoss(with(count, value))) << count << " " << int{value};
    }
    EXPECT_TRUE(absl::IsDataLoss(with(count + 1, 255)));
  }
  for (const int used : {0, 119, 145, 147, 255}) {
    EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kUsedLengthOffset, used))) << used;
  }
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kUsedLengthOffset + 2, 255)));
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kFixedBytes, 20))) << "ids out of order";
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kFixedBytes + 2, 2))) << "primitive flags";
  EXPECT_TRUE(absl::IsDataLoss(with(ManifestLayout::kFixedBytes + 5, 255))) << "name length";
  EXPECT_TRUE(absl::IsDataLoss(with(4000, 1))) << "behind the end";
}

// MAN-10
// Found by the fuzz target manifest: what was updated next was older than this, and lost.
TEST_F(ManifestTest, AGenerationThatNoneCanFollowIsRefused) {
  Manifest manifest;
  manifest.generation = ~std::uint64_t{0};
  const auto slot = EncodeManifestSlot(manifest);
  ASSERT_TRUE(slot.ok()) << slot.status();
  EXPECT_TRUE(absl::IsDataLoss(DecodeManifestSlot(*slot).status()));
}

TEST_F(ManifestTest, TwoSlotsOfOneGenerationMustBeTheSame) {
  Create();
  ASSERT_TRUE(Update(10).ok());
  const std::string second = Bytes().substr(kManifestSlotBytes);
  SetBytes(second + second);
  EXPECT_EQ(*Read(), manifest_);
  Manifest other = manifest_;
  other.durable_lsn = Lsn(11);
  SetBytes(second + *EncodeManifestSlot(other));
  EXPECT_TRUE(DamageOf(Read().status()).has_value());
}

// MAN-8
TEST_F(ManifestTest, ASlotThatWasNeverWrittenIsNoDamageUntilTheSecondGeneration) {
  Create();
  ASSERT_TRUE(Read().ok());
  EXPECT_TRUE(warnings_.empty());
  ASSERT_TRUE(Update(10).ok());
  SetBytes(std::string(kManifestSlotBytes, '\0') + Bytes().substr(kManifestSlotBytes));
  EXPECT_EQ(*Read(), manifest_);
  EXPECT_EQ(warnings_.size(), 1u);
}

// MAN-11: whatever a power cut leaves of an update, the old manifest or the new one counts.
TEST_F(ManifestTest, AfterACrashAtAnyMomentOneOfTheTwoCounts) {
  for (const bool creating : {true, false}) {
    const std::uint64_t calls = creating ? 8 : 4;
    for (std::uint64_t call = 1; call <= calls; ++call) {
      for (std::uint64_t seed = 0; seed < 24; ++seed) {
        crash::StrictFileSystem disk;
        ASSERT_TRUE(disk.CreateDirectory("store").ok());
        ASSERT_TRUE(disk.SyncDirectory("").ok());
        Manifest next = manifest_;
        if (!creating) {
          ASSERT_TRUE(CreateManifest(disk, kManifest, manifest_).ok());
          ASSERT_TRUE(disk.SyncDirectory("store").ok());
          ASSERT_TRUE(UpdateManifest(disk, kManifest, next).ok());
        }
        const Manifest before = next;
        next.durable_lsn = Lsn(99);
        disk.CrashAt(disk.call_count() + call);
        absl::Status status = creating ? CreateManifest(disk, kManifest, next)
                                       : UpdateManifest(disk, kManifest, next);
        if (creating && status.ok()) status = disk.SyncDirectory("store");
        const auto left =
            disk.CrashImage(seed < 2 ? (seed == 0 ? CrashChoice::Nothing() : CrashChoice::All())
                                     : CrashChoice::Random(seed));
        const auto read = ReadManifest(*left, kManifest);
        if (creating) {
          const bool absent = absl::IsNotFound(read.status());
          ASSERT_TRUE(read.ok() || absent) << read.status();
          ASSERT_TRUE(read.ok() || !status.ok()) << "acknowledged and gone";
        } else {
          ASSERT_TRUE(read.ok()) << read.status();
          const bool is_new = read->durable_lsn == Lsn(99);
          ASSERT_TRUE(is_new || !status.ok()) << "acknowledged and gone";
          ASSERT_TRUE(is_new || *read == before);
        }
      }
    }
  }
}

// MAN-7: an update that is repeated after an error never touches the last slot known to be durable,
// even where the failed one can be read back.
TEST_F(ManifestTest, ARepeatedUpdateWritesTheSameSlotAgain) {
  for (const auto effect : {Fault::Effect::kSyncDropped, Fault::Effect::kSyncPersisted,
                            Fault::Effect::kSyncReverted, Fault::Effect::kPartialWrite}) {
    crash::StrictFileSystem disk;
    ASSERT_TRUE(disk.CreateDirectory("store").ok());
    ASSERT_TRUE(disk.SyncDirectory("").ok());
    manifest_.generation = 1;
    ASSERT_TRUE(CreateManifest(disk, kManifest, manifest_).ok());
    ASSERT_TRUE(disk.SyncDirectory("store").ok());
    const bool partial = effect == Fault::Effect::kPartialWrite;
    disk.AddFault({.kind = partial ? CallKind::kWriteDurably : CallKind::kFlushDurably,
                   .effect = effect,
                   .partial_bytes = 512});
    Manifest next = manifest_;
    next.durable_lsn = Lsn(50);
    ASSERT_FALSE(UpdateManifest(disk, kManifest, next).ok());
    EXPECT_EQ(next.generation, 1u);
    // The second try dies in the middle, at worst with its sectors torn.
    disk.CrashAt(disk.call_count() + 2);
    EXPECT_FALSE(UpdateManifest(disk, kManifest, next).ok());
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto left = disk.CrashImage(CrashChoice::Random(seed));
      const auto read = ReadManifest(*left, kManifest);
      ASSERT_TRUE(read.ok()) << read.status();
    }
  }
}

}  // namespace
}  // namespace varve::snapshot
