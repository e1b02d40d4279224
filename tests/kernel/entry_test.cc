#include "kernel/entry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/base/codec.h"

namespace varve {
namespace {

const RunId kRun = *RunId::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

std::string Encoded(const Entry& entry) {
  std::string body;
  AppendEntry(body, entry);
  return body;
}

absl::Status Walk(const std::string& body) {
  EntryReader reader(body);
  Entry entry;
  while (reader.Next(entry)) {
  }
  return reader.status();
}

// WAL-E1
TEST(Entry, DecodesWhatItEncoded) {
  std::vector<Entry> entries;
  for (const std::string_view payload : {"", "1", "1234567", "12345678", "123456789"}) {
    for (const RunId& run : {RunId(), kRun}) {
      for (const bool safe_ignore : {false, true})
        entries.push_back({7, 3, safe_ignore, run, payload});
    }
  }
  std::string body;
  for (const Entry& entry : entries) {
    const std::size_t before = body.size();
    AppendEntry(body, entry);
    EXPECT_EQ(body.size() - before, EncodedEntryBytes(entry));
    EXPECT_EQ(body.size() % 8, 0u);
  }
  EntryReader reader(body);
  for (const Entry& expected : entries) {
    Entry entry;
    ASSERT_TRUE(reader.Next(entry)) << reader.status();
    EXPECT_EQ(entry.type, expected.type);
    EXPECT_EQ(entry.payload_version, expected.payload_version);
    EXPECT_EQ(entry.safe_ignore, expected.safe_ignore);
    EXPECT_EQ(entry.run, expected.run);
    EXPECT_EQ(entry.payload, expected.payload);
  }
  Entry none;
  EXPECT_FALSE(reader.Next(none));
  EXPECT_TRUE(reader.status().ok());
}

// WAL-E3
TEST(Entry, ABodyCutOffAnywhereIsRefused) {
  const std::string body = Encoded({1, 1, false, kRun, "a payload"});
  for (std::size_t size = 1; size < body.size(); ++size) {
    EXPECT_EQ(Walk(body.substr(0, size)).code(), absl::StatusCode::kDataLoss) << size;
  }
}

// WAL-E3
TEST(Entry, ALengthBeyondTheBodyIsRefused) {
  for (const std::uint32_t length : {10u, 16u, 0x7fffffffu, 0xfffffff9u, 0xffffffffu}) {
    std::string body = Encoded({1, 1, false, RunId(), "a payload"});
    body.resize(EntryLayout::kBytes + 9);
    StoreLittleEndian(body.data() + EntryLayout::kPayloadLengthOffset, length);
    EXPECT_EQ(Walk(body).code(), absl::StatusCode::kDataLoss) << length;
  }
}

// WAL-E3
TEST(Entry, PaddingThatIsNotZeroIsRefused) {
  const std::string good = Encoded({1, 1, false, RunId(), "12345"});
  for (std::size_t at = EntryLayout::kBytes + 5; at < good.size(); ++at) {
    std::string body = good;
    body[at] = 1;
    EXPECT_EQ(Walk(body).code(), absl::StatusCode::kDataLoss) << at;
  }
}

// WAL-E2
TEST(Entry, ReservedFlagsAreRefused) {
  for (int bit = 2; bit < 16; ++bit) {
    std::string body = Encoded({1, 1, true, RunId(), "12345678"});
    const auto flags = static_cast<std::uint16_t>(1 << bit);
    StoreLittleEndian(body.data() + EntryLayout::kFlagsOffset, flags);
    EXPECT_EQ(Walk(body).code(), absl::StatusCode::kDataLoss) << bit;
  }
}

// WAL-E4
TEST(Entry, ANilRunIsNeverSpeltOut) {
  EXPECT_EQ(Encoded({1, 1, false, RunId(), ""}).size(), EntryLayout::kBytes);
  std::string body = Encoded({1, 1, false, kRun, ""});
  body.replace(EntryLayout::kBytes, 16, 16, '\0');
  EXPECT_EQ(Walk(body).code(), absl::StatusCode::kDataLoss);
}

TEST(Entry, AfterAFaultTheReaderStays) {
  std::string body = Encoded({1, 1, false, RunId(), "fine"});
  body += Encoded({1, 1, false, RunId(), "bad"});
  body.back() = 1;
  EntryReader reader(body);
  Entry entry;
  EXPECT_TRUE(reader.Next(entry));
  EXPECT_FALSE(reader.Next(entry));
  EXPECT_FALSE(reader.Next(entry));
  EXPECT_FALSE(reader.status().ok());
}

}  // namespace
}  // namespace varve
