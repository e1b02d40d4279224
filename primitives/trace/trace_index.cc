#include "primitives/trace/trace_index.h"

#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace varve::trace {

void AppendPosition(std::string& to, const Position& position) {
  AppendBigEndian64(to, position.start.micros());
  AppendBigEndian64(to, position.span.value());
}

absl::StatusOr<Position> PositionAtEnd(std::string_view key) {
  if (key.size() < kPositionBytes) {
    return MakeStatus(absl::StatusCode::kDataLoss, "trace index: a key of ", key.size(),
                      " bytes holds no position");
  }
  const char* const from = key.data() + key.size() - kPositionBytes;
  return Position{.start = Timestamp(LoadBigEndian64(from)),
                  .span = SpanId(LoadBigEndian64(from + sizeof(std::uint64_t)))};
}

std::string SpanKey(SpanId span) {
  std::string key;
  AppendBigEndian64(key, span.value());
  return key;
}

absl::StatusOr<SpanId> ParseSpanKey(std::string_view key) {
  if (key.size() != sizeof(std::uint64_t)) {
    return MakeStatus(absl::StatusCode::kDataLoss, "trace: the key of a span has ", key.size(),
                      " bytes instead of 8");
  }
  return SpanId(LoadBigEndian64(key.data()));
}

std::string ChildrenPrefix(SpanId parent) { return SpanKey(parent); }

std::string KindPrefix(SpanKind kind) { return std::string(1, static_cast<char>(kind)); }

std::string TagPrefix(std::string_view tag) {
  std::string prefix(tag);
  prefix.push_back('\0');  // no tag holds one, so no tag's lines stand among another's
  return prefix;
}

std::string WithPosition(std::string prefix, const Position& position) {
  AppendPosition(prefix, position);
  return prefix;
}

std::string CountKey(SpanKind kind) { return KindPrefix(kind); }

std::string EncodeCount(std::uint64_t count) {
  std::string value;
  AppendLittleEndian(value, count);
  return value;
}

absl::StatusOr<std::uint64_t> DecodeCount(std::string_view value) {
  ByteReader reader(value);
  const auto count = reader.Read<std::uint64_t>();
  if (!reader.ok() || !reader.rest().empty() || count == 0) {
    return MakeStatus(absl::StatusCode::kDataLoss, "trace: a count of ", value.size(),
                      " bytes is none");
  }
  return count;
}

}  // namespace varve::trace
