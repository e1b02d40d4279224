#include "primitives/trace/trace_payload.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "tests/support/source_files.h"
#include "tests/support/test_seed.h"

namespace varve::trace {
namespace {

constexpr Timestamp kSomeDay{1'700'000'000'000'000};

RowImage Search() {
  return {.kind = SpanKind::kToolCall,
          .status = SpanStatus::kOk,
          .parent = SpanId(5),
          .start = kSomeDay,
          .end = Timestamp(kSomeDay.micros() + 1),
          .name = "search",
          .message = "done",
          .tags = {"a", "ww"},
          .attributes = {{.key = "n", .value = "1.5"}}};
}

FinishPayload Failure() {
  return {.span = SpanId(7),
          .end = kSomeDay,
          .not_before_start = true,
          .status = SpanStatus::kError,
          .message = "no"};
}

AnnotatePayload Change() {
  return {.span = SpanId(7),
          .added = {"b"},
          .removed = {"a"},
          .attributes = {{.key = "n", .value = ""}, {.key = "o", .value = "{}"}}};
}

// TRACE-1 TRACE-2 TRACE-3 TRACE-4 TRACE-5 TRACE-6 TRACE-7
TEST(TracePayload, IsWhatTheFormatDocumentShows) {
  const std::vector<std::string> documented =
      testing_support::DocumentedPayloads("docs/format/trace.md");
  ASSERT_EQ(documented.size(), 4u);
  EXPECT_EQ(documented[0], EncodeRecord(SpanId(7), Search()));
  EXPECT_EQ(documented[1], EncodeFinish(Failure()));
  EXPECT_EQ(documented[2], EncodeAnnotate(Change()));
  EXPECT_EQ(documented[3], EncodeDelete(SpanId(7)));
}

void ExpectSame(const RowImage& a, const RowImage& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.parent, b.parent);
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.end, b.end);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.message, b.message);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.attributes, b.attributes);
}

// TRACE-1 TRACE-2
TEST(TracePayload, RecordDecodesToWhatWasEncoded) {
  RowImage open = Search();
  open.end.reset();
  open.parent = SpanId();
  open.tags.clear();
  open.attributes.clear();
  open.message = {};
  for (const RowImage& image : {Search(), open}) {
    const std::string payload = EncodeRecord(SpanId(~0ull), image);
    const absl::StatusOr<RecordPayload> record = DecodeRecord(payload);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(record->span, SpanId(~0ull));
    EXPECT_EQ(record->row, EncodeRow(image));
    EXPECT_EQ(record->row.size(), EncodedRowBytes(image));
    ExpectSame(record->image, image);
  }
}

// TRACE-5 TRACE-6
TEST(TracePayload, FinishAndAnnotateDecodeToWhatWasEncoded) {
  const std::string finished = EncodeFinish(Failure());
  const auto finish = DecodeFinish(finished);
  ASSERT_TRUE(finish.ok());
  EXPECT_EQ(finish->span, SpanId(7));
  EXPECT_EQ(finish->end, kSomeDay);
  EXPECT_TRUE(finish->not_before_start);
  EXPECT_EQ(finish->status, SpanStatus::kError);
  EXPECT_EQ(finish->message, "no");
  const std::string changed = EncodeAnnotate(Change());
  const auto annotate = DecodeAnnotate(changed);
  ASSERT_TRUE(annotate.ok());
  EXPECT_EQ(annotate->added, Change().added);
  EXPECT_EQ(annotate->removed, Change().removed);
  EXPECT_EQ(annotate->attributes, Change().attributes);
}

// Whether `decode` refuses the bytes, with the right code where it does.
template <typename Decode>
bool Refuses(Decode decode, const std::string& bytes) {
  const auto decoded = decode(bytes);
  if (decoded.ok()) return false;
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << decoded.status();
  return true;
}

// TRACE-8
TEST(TracePayload, EveryTruncationAndEveryByteTooManyIsRefused) {
  const std::string record = EncodeRecord(SpanId(7), Search());
  for (std::size_t length = 0; length < record.size(); ++length) {
    EXPECT_TRUE(Refuses(DecodeRecord, record.substr(0, length))) << length;
  }
  EXPECT_TRUE(Refuses(DecodeRecord, record + '\0'));
  const std::string annotate = EncodeAnnotate(Change());
  for (std::size_t length = 0; length < annotate.size(); ++length) {
    EXPECT_TRUE(Refuses(DecodeAnnotate, annotate.substr(0, length))) << length;
  }
  EXPECT_TRUE(Refuses(DecodeAnnotate, annotate + '\0'));
  const std::string finish = EncodeFinish(Failure());
  for (std::size_t length = 0; length < FinishLayout::kBytes; ++length) {
    EXPECT_TRUE(Refuses(DecodeFinish, finish.substr(0, length))) << length;
  }
  const std::string drop = EncodeDelete(SpanId(7));
  for (std::size_t length = 0; length < drop.size(); ++length) {
    EXPECT_TRUE(Refuses(DecodeDelete, drop.substr(0, length))) << length;
  }
  EXPECT_TRUE(Refuses(DecodeDelete, drop + '\0'));
  EXPECT_TRUE(Refuses(DecodeDelete, std::string(8, '\0')));
}

std::string With(std::string bytes, std::size_t offset, char value) {
  bytes.at(offset) = value;
  return bytes;
}

// TRACE-8
TEST(TracePayload, FieldsOutsideTheirRulesAreRefused) {
  const std::string row = EncodeRow(Search());
  ASSERT_FALSE(Refuses(DecodeRow, row));
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kKindOffset, 0)));
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kKindOffset, 7)));
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kStatusOffset, 3)));
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kFlagsOffset, 3)));
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kFlagsOffset, 0)));      // an end, not ENDED
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kStartOffset, 2)));      // after the end
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kStartOffset + 7, 1)));  // past the last time
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kBytes, '\0')));         // NUL in the name
  EXPECT_TRUE(Refuses(DecodeRow, With(row, RowLayout::kBytes, '\xFF')));
  RowImage image = Search();
  image.tags = {"b", "a"};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.tags = {"a", "a"};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image = Search();
  image.attributes = {{.key = "k", .value = ""}};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.attributes = {{.key = "", .value = "1"}};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.attributes = {{.key = "k", .value = "1"}, {.key = "k", .value = "2"}};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.attributes = {{.key = "k", .value = "\xC0\x80"}};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  const std::string finish = EncodeFinish(Failure());
  EXPECT_TRUE(Refuses(DecodeFinish, With(finish, FinishLayout::kFlagsOffset, 4)));
  EXPECT_TRUE(Refuses(DecodeFinish, With(finish, FinishLayout::kFlagsOffset, 1)));
  EXPECT_TRUE(Refuses(DecodeFinish, With(finish, FinishLayout::kStatusOffset, 3)));
  EXPECT_TRUE(Refuses(DecodeFinish, With(finish, FinishLayout::kSpanOffset, 0)));
}

// TRACE-2 TRACE-3 TRACE-4
TEST(TracePayload, LimitsHoldAtTheLimitAndNotBeyond) {
  const std::string long_name(kNameBytesMax, 'n');
  const std::string too_long(kNameBytesMax + 1, 'n');
  const std::string long_message(kSpanMessageBytesMax, 'm');
  const std::string too_long_message(kSpanMessageBytesMax + 1, 'm');
  RowImage image = Search();
  image.name = long_name;
  image.message = long_message;
  image.tags = {long_name};
  image.attributes = {{.key = long_name, .value = "1"}};
  EXPECT_FALSE(Refuses(DecodeRow, EncodeRow(image)));
  for (std::string_view RowImage::*field : {&RowImage::name, &RowImage::message}) {
    RowImage beyond = image;
    beyond.*field = too_long_message;
    if (field == &RowImage::name) beyond.*field = too_long;
    EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(beyond)));
  }
  image.tags = {too_long};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.tags = {};
  image.attributes = {{.key = too_long, .value = "1"}};
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
}

// TRACE-2
TEST(TracePayload, AsManyTagsAndAttributesAsThereMayBe) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= kSpanAttributesMax; ++i) names.push_back(std::to_string(10000 + i));
  RowImage image = Search();
  image.tags.assign(names.begin(), names.begin() + kSpanTagsMax);
  image.attributes.clear();
  for (const std::string& name : names) image.attributes.push_back({.key = name, .value = "1"});
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
  image.attributes.pop_back();
  EXPECT_FALSE(Refuses(DecodeRow, EncodeRow(image)));
  image.tags.push_back(names[kSpanTagsMax]);
  EXPECT_TRUE(Refuses(DecodeRow, EncodeRow(image)));
}

// Whatever is accepted is exactly what an encoder writes: one form for one content.
TEST(TracePayload, FlippedBitsAreRefusedOrEncodeToThemselves) {
  const std::string record = EncodeRecord(SpanId(7), Search());
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    const std::string flipped =
        With(record, bit / 8, static_cast<char>(record[bit / 8] ^ (1 << (bit % 8))));
    const absl::StatusOr<RecordPayload> decoded = DecodeRecord(flipped);
    if (!decoded.ok()) continue;
    EXPECT_EQ(EncodeRecord(decoded->span, decoded->image), flipped) << bit;
  }
}

TEST(TracePayload, RandomBytesNeverCrash) {
  const std::uint64_t seed = testing_support::TestSeed(5);
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = random() % 2 == 0 ? EncodeAnnotate(Change()) : EncodeRow(Search());
    for (std::uint64_t flips = random() % 8; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % 4 == 0 ? random() % (bytes.size() + 1) : bytes.size());
    (void)DecodeRecord(bytes).ok();
    (void)DecodeFinish(bytes).ok();
    (void)DecodeRow(bytes).ok();
    const auto annotate = DecodeAnnotate(bytes);
    if (annotate.ok()) {
      EXPECT_EQ(EncodeAnnotate(*annotate), bytes);
    }
  }
}

}  // namespace
}  // namespace varve::trace
