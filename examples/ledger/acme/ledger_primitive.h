// acme.ledger: double-entry accounts, a primitive that lives outside of Varve.
//
// Built against an installed Varve by a project of its own (../CMakeLists.txt). The steps of
// docs/extension-guide.md, and its later chapters: rules across rows that hold whoever writes at
// the same time, a derived table, an index in memory, a second payload version, rows that read
// well, a check of promises.
#ifndef VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PRIMITIVE_H_
#define VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PRIMITIVE_H_

#include "acme/balance_index.h"
#include "kernel/primitive.h"

namespace acme {

// Step 1: what stands on disk, for ever.
inline constexpr varve::PrimitiveId kLedgerId{32};

inline constexpr varve::EntryType kLedgerRange = 0x90;
inline constexpr varve::EntryType kLedgerOpen = 0x90;
inline constexpr varve::EntryType kLedgerTransfer = 0x91;

inline constexpr std::uint8_t kTransferVersion = 2;  // 2 has a memo; 1 is read for ever

// Keys and values: ledger_payload.h.
inline constexpr varve::TableId kLedgerAccounts{kLedgerId, 0};
inline constexpr varve::TableId kLedgerPostings{kLedgerId, 1};
inline constexpr varve::TableId kLedgerBalances{kLedgerId, 2};  // derived from the postings

// What it promises of the rows of each run, and CheckRows checks:
//   - each posting has its mirror: the same amount with the other sign, in the other account, so
//     that the sum of all balances is zero.
//   - the postings of an account are numbered 1, 2, 3, ... and add up to its balance.
//   - an account that may not be overdrawn never is.
//   - the index in memory, where there is one, ranks the accounts as their balances do.
class LedgerPrimitive final : public varve::Primitive {
 public:
  LedgerPrimitive();

  [[nodiscard]] const varve::PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const varve::Entry& entry,
                                   varve::ApplyContext& context) const override;
  [[nodiscard]] varve::EntryDescription Describe(const varve::Entry& entry) const override;
  [[nodiscard]] varve::RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                                  std::string_view value) const override;
  [[nodiscard]] absl::Status CheckRows(varve::ReadView& view,
                                       const CheckProgress& progress) const override;

  [[nodiscard]] absl::Status RebuildIndexes(varve::ReadView& view) override;
  void OnCommitted(varve::Lsn lsn, varve::Timestamp commit_time,
                   std::span<const varve::Mutation> mutations) override;
  [[nodiscard]] const BalanceIndex& index() const { return index_; }

 private:
  varve::PrimitiveSpec spec_;
  BalanceIndex index_;  // Apply does not look at it (P1)
};

}  // namespace acme

#endif  // VARVE_EXAMPLES_LEDGER_ACME_LEDGER_PRIMITIVE_H_
