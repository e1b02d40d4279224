// Step 2: the bytes of the ledger. Integers little-endian, but for the number at the end of a key.
//
//   LedgerOpen, version 1        flags u8, name
//   LedgerTransfer, version 1    amount u64, length of from u16, from, to
//   LedgerTransfer, version 2    amount u64, length of from u16, length of to u16, from, to, memo
//
//   accounts    name                     -> flags u8 (bit 0: may be overdrawn; the others are zero)
//   postings    name, 0x00, number u64   -> amount i64 (below zero: went out), number of the mirror
//               (big-endian, from 1)        u64, length of the other name u16, other name, memo
//   balances    name                     -> balance i64, number of its last posting u64
//
// Names: 1 to kAccountNameBytesMax bytes, none of them zero. The last field goes to the end.
#ifndef VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PAYLOAD_H_
#define VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace acme::ledger {

inline constexpr std::size_t kAccountNameBytesMax = 256;
inline constexpr std::size_t kMemoBytesMax = 1024;

[[nodiscard]] bool IsAccountName(std::string_view name);

// All string views borrow from what was decoded.
struct OpenPayload {
  bool may_overdraw = false;
  std::string_view name{};
};

struct TransferPayload {
  std::int64_t amount = 0;  // above zero
  std::string_view from{};
  std::string_view to{};    // not `from`
  std::string_view memo{};  // empty in version 1
};

struct PostingKey {
  std::string_view account{};
  std::uint64_t number = 0;
};

struct PostingRow {
  std::int64_t amount = 0;  // not zero
  std::uint64_t mirror_number = 0;
  std::string_view other{};
  std::string_view memo{};
};

struct BalanceRow {
  std::int64_t balance = 0;
  std::uint64_t last_number = 0;
};

[[nodiscard]] std::string EncodeOpen(const OpenPayload& open);
[[nodiscard]] std::string EncodeTransfer(const TransferPayload& transfer);
[[nodiscard]] std::string EncodeAccount(bool may_overdraw);
[[nodiscard]] std::string EncodePostingKey(const PostingKey& key);
[[nodiscard]] std::string EncodePosting(const PostingRow& posting);
[[nodiscard]] std::string EncodeBalance(const BalanceRow& balance);

// kDataLoss for what no encoder has ever written.
[[nodiscard]] absl::StatusOr<OpenPayload> DecodeOpen(std::string_view payload);
[[nodiscard]] absl::StatusOr<TransferPayload> DecodeTransfer(std::uint8_t version,
                                                             std::string_view payload);
[[nodiscard]] absl::StatusOr<bool> DecodeAccount(std::string_view value);
[[nodiscard]] absl::StatusOr<PostingKey> DecodePostingKey(std::string_view key);
[[nodiscard]] absl::StatusOr<PostingRow> DecodePosting(std::string_view value);
[[nodiscard]] absl::StatusOr<BalanceRow> DecodeBalance(std::string_view value);

}  // namespace acme::ledger

#endif  // VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PAYLOAD_H_
