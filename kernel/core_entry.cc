#include "kernel/core_entry.h"

#include <array>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace varve {
namespace {

using Layout = RowsPayloadLayout;

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, "rows of a copied run: ", what);
}

}  // namespace

std::span<const EntrySpec> CoreEntrySpecs() {
  static const std::array<EntrySpec, 2> specs = {EntrySpec{kCoreEraseRun, "CoreEraseRun", 1},
                                                 EntrySpec{kCorePutRows, "CorePutRows", 1}};
  return specs;
}

EntryDescription DescribeCoreEntry(const Entry& entry) {
  if (entry.type == kCoreEraseRun) return {"erase run", entry.run.ToString(), ""};
  RowsPayloadReader reader(entry.payload);
  std::size_t rows = 0;
  for (CopiedRow row; reader.Next(row);) ++rows;
  if (!reader.status().ok()) return {"put rows", entry.run.ToString(), "damaged payload"};
  return {"put rows", entry.run.ToString(),
          std::to_string(rows) + " of primitive " + std::to_string(reader.primitive().value())};
}

std::string BeginRowsPayload(PrimitiveId primitive) {
  std::string payload(Layout::kHeaderBytes, '\0');
  payload[Layout::kPrimitiveOffset] = static_cast<char>(primitive.value());
  return payload;
}

void AppendRow(std::string& payload, std::uint8_t table, std::string_view key,
               std::string_view value) {
  payload.push_back(static_cast<char>(table));
  payload.push_back('\0');
  AppendLittleEndian(payload, static_cast<std::uint16_t>(key.size()));
  AppendLittleEndian(payload, static_cast<std::uint32_t>(value.size()));
  payload.append(key);
  payload.append(value);
}

RowsPayloadReader::RowsPayloadReader(std::string_view payload) {
  if (payload.size() < Layout::kHeaderBytes) {
    status_ = Malformed("the payload is too short");
    return;
  }
  const std::string_view reserved =
      payload.substr(Layout::kReservedOffset, Layout::kHeaderBytes - Layout::kReservedOffset);
  if (reserved.find_first_not_of('\0') != std::string_view::npos) {
    status_ = Malformed("reserved bytes are not zero");
    return;
  }
  primitive_ = PrimitiveId(static_cast<std::uint8_t>(payload[Layout::kPrimitiveOffset]));
  rest_ = payload.substr(Layout::kHeaderBytes);
}

bool RowsPayloadReader::Next(CopiedRow& row) {
  if (rest_.empty()) return false;
  const auto fail = [this](std::string_view what) {
    status_ = Malformed(what);
    rest_ = {};
    return false;
  };
  if (rest_.size() < Layout::kRowHeaderBytes) return fail("a row is cut short");
  if (rest_[Layout::kRowReservedOffset] != '\0') return fail("reserved bytes are not zero");
  const auto key_bytes = LoadLittleEndian<std::uint16_t>(rest_.data() + Layout::kKeyLengthOffset);
  const auto value_bytes =
      LoadLittleEndian<std::uint32_t>(rest_.data() + Layout::kValueLengthOffset);
  row.table = static_cast<std::uint8_t>(rest_[Layout::kTableOffset]);
  rest_.remove_prefix(Layout::kRowHeaderBytes);
  if (rest_.size() < key_bytes || rest_.size() - key_bytes < value_bytes) {
    return fail("a length beyond the payload");
  }
  row.key = rest_.substr(0, key_bytes);
  row.value = rest_.substr(key_bytes, value_bytes);
  rest_.remove_prefix(std::size_t{key_bytes} + value_bytes);
  return true;
}

}  // namespace varve
