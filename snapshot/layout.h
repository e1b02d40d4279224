// Every offset and constant of a snapshot file. Frozen at format version 1; normative text:
// docs/format/snapshot.md (SNAP-*).
//
//   header | section header, chunk, chunk, ... | section header, ... | section table | trailer
#ifndef VARVE_SNAPSHOT_LAYOUT_H_
#define VARVE_SNAPSHOT_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace varve::snapshot {

inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::string_view kSnapshotMagic{"\x89VSN\r\n\x1a\n", 8};
inline constexpr std::string_view kSnapshotEndMagic{"\x89VSE\r\n\x1a\n", 8};

inline constexpr std::uint8_t kChecksumCrc32c = 1;
inline constexpr std::uint8_t kDigestXxh3 = 1;

inline constexpr std::size_t kChunkRawBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kSectionsMax = 255;     // one per primitive id, 0 excepted
inline constexpr std::size_t kFingerprintMax = 255;  // likewise
inline constexpr std::uint16_t kSectionCarried = 1;  // flag: SNAP-C1
inline constexpr std::uint16_t kSectionFlagsKnown = kSectionCarried;

struct HeaderLayout {                                            // SNAP-H1
  static constexpr std::size_t kMagicOffset = 0;                 // 8 bytes
  static constexpr std::size_t kVersionOffset = 8;               // u32
  static constexpr std::size_t kHeaderLengthOffset = 12;         // u32
  static constexpr std::size_t kCompatibleFlagsOffset = 16;      // u32
  static constexpr std::size_t kReadCompatibleFlagsOffset = 20;  // u32
  static constexpr std::size_t kIncompatibleFlagsOffset = 24;    // u32
  static constexpr std::size_t kChecksumKindOffset = 28;         // u8
  static constexpr std::size_t kDigestKindOffset = 29;           // u8
  static constexpr std::size_t kReservedOffset = 30;             // u16
  static constexpr std::size_t kStoreOffset = 32;                // 16 bytes
  static constexpr std::size_t kSaltOffset = 48;                 // u64
  static constexpr std::size_t kLsnOffset = 56;                  // u64
  static constexpr std::size_t kCommitTimeOffset = 64;           // u64
  static constexpr std::size_t kHistoryFromOffset = 72;          // u64
  static constexpr std::size_t kCreatedOffset = 80;              // u64
  static constexpr std::size_t kSectionCountOffset = 88;         // u32
  static constexpr std::size_t kFingerprintCountOffset = 92;     // u32
  static constexpr std::size_t kFixedBytes = 96;                 // then the fingerprint
  static constexpr std::size_t kNameIdOffset = 0;                // u8, of a fingerprint entry
  static constexpr std::size_t kNameRangeOffset = 1;             // u8
  static constexpr std::size_t kNameLengthOffset = 2;            // u16
  static constexpr std::size_t kNameBytes = 4;                   // then the name
  static constexpr std::size_t kChecksumBytes = 4;               // the last of the header
  static constexpr std::size_t kBytesMin = 104;
  static constexpr std::size_t kBytesMax = std::size_t{96} << 10;
};

struct SectionHeaderLayout {                               // SNAP-S1
  static constexpr std::size_t kPrimitiveOffset = 0;       // u8
  static constexpr std::size_t kVersionOffset = 1;         // u8
  static constexpr std::size_t kFlagsOffset = 2;           // u16
  static constexpr std::size_t kChunkCountOffset = 4;      // u32
  static constexpr std::size_t kDataLengthOffset = 8;      // u64
  static constexpr std::size_t kContentLengthOffset = 16;  // u64
  static constexpr std::size_t kReservedOffset = 24;       // u32
  static constexpr std::size_t kChecksumOffset = 28;       // u32
  static constexpr std::size_t kBytes = 32;
};

enum class ChunkCodec : std::uint8_t { kRaw = 0, kZstd = 1 };

struct ChunkLayout {                                     // SNAP-K1
  static constexpr std::size_t kCodecOffset = 0;         // u8
  static constexpr std::size_t kReservedOffset = 1;      // 3 bytes
  static constexpr std::size_t kStoredLengthOffset = 4;  // u32
  static constexpr std::size_t kRawLengthOffset = 8;     // u32
  static constexpr std::size_t kChecksumOffset = 12;     // u32
  static constexpr std::size_t kBytes = 16;              // then the stored bytes
};

struct TableEntryLayout {                                  // SNAP-F1
  static constexpr std::size_t kPrimitiveOffset = 0;       // u8
  static constexpr std::size_t kVersionOffset = 1;         // u8
  static constexpr std::size_t kFlagsOffset = 2;           // u16
  static constexpr std::size_t kChunkCountOffset = 4;      // u32
  static constexpr std::size_t kSectionOffset = 8;         // u64, of the section header
  static constexpr std::size_t kDataLengthOffset = 16;     // u64
  static constexpr std::size_t kContentLengthOffset = 24;  // u64
  static constexpr std::size_t kBytes = 32;
};

struct TrailerLayout {                                     // SNAP-F2
  static constexpr std::size_t kDigestOffset = 0;          // 16 bytes
  static constexpr std::size_t kFileLengthOffset = 16;     // u64
  static constexpr std::size_t kTableOffset = 24;          // u64
  static constexpr std::size_t kSectionCountOffset = 32;   // u32
  static constexpr std::size_t kReservedOffset = 36;       // u32
  static constexpr std::size_t kContentLengthOffset = 40;  // u64, of all sections
  static constexpr std::size_t kReserved2Offset = 48;      // u32
  static constexpr std::size_t kChecksumOffset = 52;       // u32
  static constexpr std::size_t kEndMagicOffset = 56;       // 8 bytes
  static constexpr std::size_t kBytes = 64;
};
static_assert(TrailerLayout::kEndMagicOffset + kSnapshotEndMagic.size() == TrailerLayout::kBytes);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_LAYOUT_H_
