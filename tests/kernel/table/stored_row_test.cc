#include "kernel/table/stored_row.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "kernel/io/file_system.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_long_key.h"
#include "kernel/table/materialized_map.h"
#include "tests/kernel/table/materialized_model.h"
#include "tests/support/source_files.h"

namespace varve::table {
namespace {

// Bytes of the lines between ``` of the document that begin with "key" or an offset, by part: for
// each the key, directly followed by the entry (which is how a page holds them).
std::vector<std::string> ExampleOfTheDocument() {
  std::istringstream document(testing_support::ReadSource("docs/format/state.md"));
  std::vector<std::string> entries;
  std::string line;
  bool within = false;
  while (std::getline(document, line)) {
    if (line.starts_with("```")) within = !within;
    if (!within || line.size() < 8 || line.substr(4, 2) != "  ") continue;
    if (line.starts_with("key")) entries.emplace_back();
    const std::size_t width =
        line.starts_with("key") ? line.size() : std::min(line.size(), std::size_t{54});
    std::istringstream bytes(line.substr(6, width - 6));
    std::string hex;
    while (bytes >> hex) entries.back().push_back(static_cast<char>(std::stoi(hex, nullptr, 16)));
  }
  return entries;
}

// STATE-1 STATE-3 STATE-4 STATE-5 STATE-6 STATE-7
TEST(StoredRow, TheFileHoldsTheBytesOfTheDocument) {
  const std::vector<std::string> entries = ExampleOfTheDocument();
  ASSERT_EQ(entries.size(), 3u);
  const std::string folder = testing::TempDir() + "/stored_row_test_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/state.mdb";
  std::array<std::uint8_t, 16> uuid{};
  for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<std::uint8_t>(0x10 + i);
  AppliedMark mark{Uuid(uuid), Lsn(2), Timestamp(1), Lsn(2)};
  ASSERT_TRUE(CreateLmdbFile(PosixFileSystem(), path, mark).ok());
  MaterializedOptions options;
  options.history.keep = std::chrono::microseconds::max();
  const auto store = OpenLmdbStore(path, options);
  ASSERT_TRUE(store.ok()) << store.status();
  const std::string row_key("\x01\x01\x00\x61\x00\x62", 6);
  for (const ModelVersion& version : {ModelVersion{3, 1600000000000000, false, "hi"},
                                      ModelVersion{7, 1700000000000000, false, "hello"}}) {
    const ModelRows rows{{row_key, {version}}};
    ModelStream stream(rows);
    mark.applied = Lsn(version.lsn);
    mark.commit_time = Timestamp(version.time);
    ASSERT_TRUE((*store)->Checkpoint(stream, mark).ok());
  }
  const std::string image = *ReadWholeFile(PosixFileSystem(), path, 1 << 20);
  for (const std::string& entry : entries) EXPECT_NE(image.find(entry), std::string::npos);
  std::filesystem::remove_all(folder);
}

// STATE-4
TEST(StoredRow, AnyBitFlippedInKeyOrEntryFailsTheChecksum) {
  const std::string key = "\x03key";
  std::string entry = "content";
  AppendLittleEndian(entry, EntryChecksum(key, entry));
  ASSERT_TRUE(EntryIsSound(key, entry));
  const std::string both = key + entry;  // adjacent, as in a page
  EXPECT_TRUE(EntryIsSound(std::string_view(both).substr(0, key.size()),
                           std::string_view(both).substr(key.size())));
  for (std::size_t bit = 0; bit < both.size() * 8; ++bit) {
    std::string flipped = both;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(EntryIsSound(flipped.substr(0, key.size()), flipped.substr(key.size()))) << bit;
  }
  EXPECT_FALSE(EntryIsSound(key, "abc"));
}

TEST(StoredRow, TooShortContentIsNone) {
  EXPECT_FALSE(ParseRow(std::string(kRowHeadBytes - 1, 'x')).has_value());
  EXPECT_TRUE(ParseRow(std::string(kRowHeadBytes, 'x')).has_value());
  EXPECT_FALSE(ParseSuperseded(std::string(kSupersededHeadBytes - 1, 'x')).has_value());
  EXPECT_TRUE(ParseSuperseded(std::string(kSupersededHeadBytes, 'x')).has_value());
  EXPECT_FALSE(ParseHead("1234567").has_value());
}

// STATE-7
TEST(StoredRow, MarkComesBackAndOtherLayoutsAreRefused) {
  StoredMark mark;
  mark.mark = {Uuid(), Lsn(5), Timestamp(6), Lsn(4)};
  mark.loading = true;
  mark.next_continuation = 9;
  mark.history_entries = 8;
  mark.long_key_heads = 7;
  const std::string content = EncodeMark(mark);
  ASSERT_EQ(content.size(), kMarkBytes);
  const auto parsed = ParseMark(content);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(EncodeMark(*parsed), content);
  for (const std::size_t byte : {0u, 5u, 72u}) {
    std::string other = content;
    other[byte] = static_cast<char>(other[byte] ^ 2);
    EXPECT_FALSE(ParseMark(other).has_value()) << byte;
  }
  EXPECT_FALSE(ParseMark(content + "x").has_value());
}

}  // namespace
}  // namespace varve::table
