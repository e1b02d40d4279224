#include "acme/ledger_payload.h"

#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace acme::ledger {

namespace {

constexpr std::size_t kNumberBytes = 8;

absl::Status DataLoss(std::string_view what, std::string_view bytes) {
  return varve::MakeStatus(absl::StatusCode::kDataLoss, what, " (", bytes.size(), " bytes)");
}

std::uint16_t LengthOf(std::string_view name) { return static_cast<std::uint16_t>(name.size()); }

}  // namespace

bool IsAccountName(std::string_view name) {
  return !name.empty() && name.size() <= kAccountNameBytesMax &&
         name.find('\0') == std::string_view::npos;
}

std::string EncodeOpen(const OpenPayload& open) {
  return EncodeAccount(open.may_overdraw).append(open.name);
}

std::string EncodeTransfer(const TransferPayload& transfer) {
  std::string payload;
  varve::AppendLittleEndian(payload, static_cast<std::uint64_t>(transfer.amount));
  varve::AppendLittleEndian(payload, LengthOf(transfer.from));
  varve::AppendLittleEndian(payload, LengthOf(transfer.to));
  payload.append(transfer.from).append(transfer.to).append(transfer.memo);
  return payload;
}

std::string EncodeAccount(bool may_overdraw) { return std::string(1, may_overdraw ? '\1' : '\0'); }

std::string EncodePostingKey(const PostingKey& key) {
  std::string bytes(key.account);
  bytes.push_back('\0');
  varve::AppendBigEndian64(bytes, key.number);
  return bytes;
}

std::string EncodePosting(const PostingRow& posting) {
  std::string value;
  varve::AppendLittleEndian(value, static_cast<std::uint64_t>(posting.amount));
  varve::AppendLittleEndian(value, posting.mirror_number);
  varve::AppendLittleEndian(value, LengthOf(posting.other));
  value.append(posting.other).append(posting.memo);
  return value;
}

std::string EncodeBalance(const BalanceRow& balance) {
  std::string value;
  varve::AppendLittleEndian(value, static_cast<std::uint64_t>(balance.balance));
  varve::AppendLittleEndian(value, balance.last_number);
  return value;
}

absl::StatusOr<OpenPayload> DecodeOpen(std::string_view payload) {
  VARVE_ASSIGN_OR_RETURN(const bool may_overdraw, DecodeAccount(payload.substr(0, 1)));
  const OpenPayload open{.may_overdraw = may_overdraw, .name = payload.substr(1)};
  if (!IsAccountName(open.name)) return DataLoss("LedgerOpen: not flags and a name", payload);
  return open;
}

absl::StatusOr<TransferPayload> DecodeTransfer(std::uint8_t version, std::string_view payload) {
  varve::ByteReader reader(payload);
  TransferPayload transfer;
  transfer.amount = static_cast<std::int64_t>(reader.Read<std::uint64_t>());
  const auto from_bytes = reader.Read<std::uint16_t>();
  if (version == 1) {
    transfer.from = reader.ReadBytes(from_bytes);
    transfer.to = reader.rest();
  } else {
    const auto to_bytes = reader.Read<std::uint16_t>();
    transfer.from = reader.ReadBytes(from_bytes);
    transfer.to = reader.ReadBytes(to_bytes);
    transfer.memo = reader.rest();
  }
  if (!reader.ok() || transfer.amount <= 0 || !IsAccountName(transfer.from) ||
      !IsAccountName(transfer.to) || transfer.from == transfer.to ||
      transfer.memo.size() > kMemoBytesMax) {
    return DataLoss("LedgerTransfer: not an amount and two accounts", payload);
  }
  return transfer;
}

absl::StatusOr<bool> DecodeAccount(std::string_view value) {
  if (value.size() != 1 || (value[0] != '\0' && value[0] != '\1')) {
    return DataLoss("account: not flags that are known", value);
  }
  return value[0] == '\1';
}

absl::StatusOr<PostingKey> DecodePostingKey(std::string_view key) {
  if (key.size() > kNumberBytes + 1) {
    const std::size_t name_bytes = key.size() - kNumberBytes - 1;
    const PostingKey parts{.account = key.substr(0, name_bytes),
                           .number = varve::LoadBigEndian64(key.data() + name_bytes + 1)};
    if (IsAccountName(parts.account) && key[name_bytes] == '\0' && parts.number > 0) return parts;
  }
  return DataLoss("posting: the key is not an account and a number", key);
}

absl::StatusOr<PostingRow> DecodePosting(std::string_view value) {
  varve::ByteReader reader(value);
  PostingRow posting;
  posting.amount = static_cast<std::int64_t>(reader.Read<std::uint64_t>());
  posting.mirror_number = reader.Read<std::uint64_t>();
  posting.other = reader.ReadBytes(reader.Read<std::uint16_t>());
  posting.memo = reader.rest();
  if (!reader.ok() || posting.amount == 0 || posting.mirror_number == 0 ||
      !IsAccountName(posting.other) || posting.memo.size() > kMemoBytesMax) {
    return DataLoss("posting: not an amount and its mirror", value);
  }
  return posting;
}

absl::StatusOr<BalanceRow> DecodeBalance(std::string_view value) {
  varve::ByteReader reader(value);
  BalanceRow balance;
  balance.balance = static_cast<std::int64_t>(reader.Read<std::uint64_t>());
  balance.last_number = reader.Read<std::uint64_t>();
  if (!reader.ok() || !reader.rest().empty()) {
    return DataLoss("balance: not a balance and a number", value);
  }
  return balance;
}

}  // namespace acme::ledger
