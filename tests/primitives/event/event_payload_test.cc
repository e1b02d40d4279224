// Tests: primitives/event/event_hash.cc
// Tests: primitives/event/event_primitive.cc
#include "primitives/event/event_payload.h"

#include <string>

#include "gtest/gtest.h"
#include "primitives/event/event_primitive.h"

namespace varve {
namespace {

using event::AppendPayload;

template <std::size_t kSize>
std::string Bytes(const char (&text)[kSize]) {
  return std::string(text, kSize - 1);
}

std::string Append(std::string_view stream,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> events) {
  std::string payload;
  event::BeginAppend(payload, stream);
  for (const auto& [type, text] : events) event::AppendEvent(payload, stream, type, text);
  return payload;
}

template <typename Result>
void ExpectDataLoss(const Result& result) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss) << result.status();
}

// EVENT-1, EVENT-2, EVENT-3: the example of docs/format/event.md.
TEST(EventPayloadTest, AnAppendHasItsGoldenBytes) {
  EXPECT_EQ(Append("s", {{"a", "{}"}, {"bc", "{\"n\":1}"}}), Bytes("\x01\x00s"
                                                                   "\x02\x00\x00\x00"
                                                                   "\x01\x00\x02\x00\x00\x00"
                                                                   "a{}"
                                                                   "\x02\x00\x07\x00\x00\x00"
                                                                   "bc{\"n\":1}"));
}

// EVENT-4
TEST(EventPayloadTest, APositionAndAConsumerHaveTheirGoldenBytes) {
  EXPECT_EQ(event::EncodePosition("s", "reader", 258),
            Bytes("\x02\x01\x00\x00\x00\x00\x00\x00\x01\x00sreader"));
  EXPECT_EQ(event::EncodeConsumer("s", "reader"), Bytes("\x01\x00sreader"));
}

// EVENT-7
TEST(EventPayloadTest, AStreamRowHasItsGoldenBytesAndReadsBack) {
  event::Head head{.length = 3,
                   .hash = {},
                   .first_time = Timestamp(1),
                   .last_time = Timestamp(2),
                   .payload_bytes = 4};
  head.hash[0] = 0xab;
  const std::string row = event::EncodeHead(head);
  EXPECT_EQ(row, Bytes("\x03\0\0\0\0\0\0\0\xab") + std::string(31, '\0') +
                     Bytes("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0"));
  EXPECT_EQ(event::EncodeHead(*event::DecodeHead(row)), row);
  ExpectDataLoss(event::DecodeHead(row + "x"));
  ExpectDataLoss(event::DecodeHead(row.substr(1)));
}

// EVENT-8
TEST(EventPayloadTest, AnEventRowIsTheTimeAndTheHashesAndTheBatch) {
  const std::string payload = Append("s", {{"a", "{}"}});
  const AppendPayload append = *event::DecodeAppend(payload);
  const std::string row = event::EncodeChunk(Timestamp(9), append);
  EXPECT_EQ(row, Bytes("\x09\0\0\0\0\0\0\0\x01\0\0\0") + std::string(32, '\0') +
                     Bytes("\x01\0\x02\0\0\0a{}"));
  const event::Chunk chunk = *event::DecodeChunk(row);
  EXPECT_EQ(chunk.time, Timestamp(9));
  ASSERT_EQ(chunk.events.size(), 1u);
  EXPECT_EQ(chunk.events[0].type, "a");
  EXPECT_EQ(chunk.events[0].payload, "{}");
  EXPECT_EQ(chunk.HashAt(0), EventHash());
}

// EVENT-6
TEST(EventPayloadTest, KeysHoldNamesWithTheirLengthAndSequencesBigEndian) {
  const std::string key = event::WithSequence(event::NamePrefix("st"), 258);
  EXPECT_EQ(key, Bytes("\0\x02st\0\0\0\0\0\0\x01\x02"));
  EXPECT_EQ(event::ParseEventKey(key)->sequence, 258u);
  EXPECT_EQ(event::ParseEventKey(key)->stream, "st");
  const std::string type_key = event::WithSequence(event::NamePrefix("st", "t"), 1);
  EXPECT_EQ(type_key, Bytes("\0\x02st\0\x01t\0\0\0\0\0\0\0\x01"));
  EXPECT_EQ(event::ParseTypeKey(type_key)->second, "t");
  EXPECT_EQ(event::ParseConsumerKey(event::NamePrefix("st", "c"))->second, "c");
  for (const std::string& bad : {std::string(), Bytes("\0"), Bytes("\0\x09st"), key.substr(1),
                                 key + "x", key.substr(0, 11)}) {
    ExpectDataLoss(event::ParseEventKey(bad));
  }
  ExpectDataLoss(event::ParseTypeKey(key));
  ExpectDataLoss(event::ParseConsumerKey(key));
}

// EVENT-9: computed with another program (Python's hashlib) from the rule's text.
TEST(EventPayloadTest, TheChainStartsFromZerosAndFollowsItsRule) {
  const std::string payload = Append("s", {{"a", "{}"}, {"bc", "{\"n\":1}"}});
  const AppendPayload append = *event::DecodeAppend(payload);
  const EventHash first =
      event::ChainHash(EventHash(), 0, Timestamp(1'700'000'000'000'000), append.events[0].bytes);
  EXPECT_EQ(event::HashText(first),
            "2c3c5610022bfbc3be206f14a6f303c5dfbb4a3ce7d699f940e5c7b86061b09b");
  const EventHash second =
      event::ChainHash(first, 1, Timestamp(1'700'000'000'000'000), append.events[1].bytes);
  EXPECT_EQ(event::HashText(second),
            "cbce95858e8c54631d24fd8df5011853a34f43a1713274f3a9d72594880b24eb");
}

// EVENT-5
TEST(EventPayloadTest, EveryCutOfAnAppendIsDataLoss) {
  const std::string payload = Append("stream", {{"type", "{\"n\":1}"}, {"t", "{}"}});
  ASSERT_TRUE(event::DecodeAppend(payload).ok());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    ExpectDataLoss(event::DecodeAppend(payload.substr(0, size)));
  }
  ExpectDataLoss(event::DecodeAppend(payload + "x"));
}

TEST(EventPayloadTest, EveryCutOfARowIsDataLoss) {
  const std::string payload = Append("s", {{"type", "{\"n\":1}"}, {"t", "{}"}});
  const std::string row = event::EncodeChunk(Timestamp(1), *event::DecodeAppend(payload));
  ASSERT_TRUE(event::DecodeChunk(row).ok());
  for (std::size_t size = 0; size < row.size(); ++size) {
    ExpectDataLoss(event::DecodeChunk(row.substr(0, size)));
  }
  ExpectDataLoss(event::DecodeChunk(row + "x"));
}

TEST(EventPayloadTest, ABatchHoldsEventsUpToItsLimit) {
  for (const std::size_t count :
       {std::size_t{0}, event::kBatchEventsMax, event::kBatchEventsMax + 1}) {
    std::string payload;
    event::BeginAppend(payload, "s");
    for (std::size_t i = 0; i < count; ++i) event::AppendEvent(payload, "s", "t", "{}");
    EXPECT_EQ(event::DecodeAppend(payload).ok(), count == event::kBatchEventsMax) << count;
  }
}

TEST(EventPayloadTest, NamesOutsideTheirLimitsAreDataLoss) {
  const std::string longest(kNameBytesMax, 'n');
  EXPECT_TRUE(event::DecodeAppend(Append(longest, {{longest, "{}"}})).ok());
  ExpectDataLoss(event::DecodeAppend(Append("", {{"t", "{}"}})));
  ExpectDataLoss(event::DecodeAppend(Append(longest + "n", {{"t", "{}"}})));
  ExpectDataLoss(event::DecodeAppend(Append("s", {{"", "{}"}})));
  ExpectDataLoss(event::DecodeAppend(Append("s", {{longest + "n", "{}"}})));
  EXPECT_TRUE(event::DecodePosition(event::EncodePosition(longest, longest, 1)).ok());
  ExpectDataLoss(event::DecodePosition(event::EncodePosition("", "c", 1)));
  ExpectDataLoss(event::DecodePosition(event::EncodePosition("s", "", 1)));
  ExpectDataLoss(event::DecodePosition(event::EncodePosition("s", longest + "n", 1)));
  ExpectDataLoss(event::DecodePosition("short"));
  ExpectDataLoss(event::DecodeConsumer(event::EncodeConsumer(longest + "n", "c")));
  ExpectDataLoss(event::DecodeConsumer(""));
}

TEST(EventPayloadTest, APayloadPastItsLimitIsDataLoss) {
  const std::string largest(kValueBytesMax, ' ');
  EXPECT_TRUE(event::DecodeAppend(Append("s", {{"t", largest}})).ok());
  ExpectDataLoss(event::DecodeAppend(Append("s", {{"t", largest + " "}})));
}

TEST(EventDescribeTest, EntriesAndRowsAreDescribedForPeople) {
  const EventPrimitive primitive;
  const auto describe = [&](EntryType type, std::string_view payload) {
    const EntryDescription text = primitive.Describe(
        {.type = type, .payload_version = 1, .safe_ignore = false, .run = {}, .payload = payload});
    return text.operation + "|" + text.subject + "|" + text.detail;
  };
  EXPECT_EQ(describe(kEventAppend, Append("s", {{"a", "{}"}, {"b", "{}"}})),
            "append|s|a {} and 1 more");
  EXPECT_EQ(describe(kEventCommitPosition, event::EncodePosition("s", "c", 7)),
            "commit position|s|c at 7");
  EXPECT_EQ(describe(kEventResetPosition, event::EncodePosition("s", "c", 7)),
            "reset position|s|c at 7");
  EXPECT_EQ(describe(kEventForgetConsumer, event::EncodeConsumer("s", "c")), "forget consumer|s|c");
  EXPECT_EQ(describe(kEventAppend, "x").substr(0, 9), "append|?|");

  const std::string payload = Append("s", {{"a", "{}"}});
  const std::string row = event::EncodeChunk(Timestamp(9), *event::DecodeAppend(payload));
  const RowDescription event_row =
      primitive.DescribeRow(kEventRows.number, event::WithSequence(event::NamePrefix("s"), 5), row);
  EXPECT_EQ(event_row.subject + "|" + event_row.content, "event s 5|a {}");
  const RowDescription stream_row =
      primitive.DescribeRow(kEventStreams.number, "s", event::EncodeHead({.length = 3}));
  EXPECT_EQ(stream_row.subject + "|" + stream_row.content,
            "stream s|3 events, head 0000000000000000");
  const RowDescription consumer_row = primitive.DescribeRow(
      kEventConsumers.number, event::NamePrefix("s", "c"), Bytes("\x07\0\0\0\0\0\0\0"));
  EXPECT_EQ(consumer_row.subject + "|" + consumer_row.content, "consumer c of s|at 7");
  for (std::uint8_t table = 0; table < 5; ++table) {
    EXPECT_FALSE(primitive.DescribeRow(table, "?", "?").content.empty());
  }
}

}  // namespace
}  // namespace varve
