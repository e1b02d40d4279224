#include "acme/ledger_primitive.h"

#include "absl/strings/escaping.h"
#include "acme/ledger_payload.h"
#include "kernel/base/status.h"

namespace acme {

namespace {

constexpr std::size_t kShownBytesMax = 80;

// Users chose these bytes, and somebody reads them in a terminal.
std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(varve::ToAbsl(bytes.substr(0, kShownBytesMax)));
  if (bytes.size() > kShownBytesMax) text += "...";
  return text;
}

absl::Status ApplyOpen(const varve::Entry& entry, varve::ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const ledger::OpenPayload open, ledger::DecodeOpen(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Row> row,
                         context.Get(kLedgerAccounts.number, open.name));
  if (row.has_value()) {
    return varve::MakeStatus(absl::StatusCode::kAlreadyExists, "the account ", ForPeople(open.name),
                             " is open already");
  }
  VARVE_RETURN_IF_ERROR(
      context.Put(kLedgerAccounts.number, open.name, ledger::EncodeAccount(open.may_overdraw)));
  return context.Put(kLedgerBalances.number, open.name, ledger::EncodeBalance({}));
}

absl::StatusOr<ledger::BalanceRow> BalanceOf(std::string_view account,
                                             varve::ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Row> row,
                         context.Get(kLedgerBalances.number, account));
  if (row.has_value()) return ledger::DecodeBalance(row->value);
  return varve::MakeStatus(absl::StatusCode::kNotFound, "there is no account ", ForPeople(account),
                           ": open it first");
}

// The rule about the state, in the one place where the state is the newest: Apply runs again at
// commit where another writer came first, and what it refuses then is not logged.
absl::Status CheckCovered(std::string_view account, std::int64_t balance, std::int64_t amount,
                          varve::ApplyContext& context) {
  if (balance >= amount) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Row> row,
                         context.Get(kLedgerAccounts.number, account));
  if (row.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const bool may_overdraw, ledger::DecodeAccount(row->value));
    if (may_overdraw) return absl::OkStatus();
  }
  return varve::FailedPrecondition("the account ", ForPeople(account), " holds ",
                                   std::to_string(balance), ", which does not cover ", amount);
}

// One side of a transfer: its posting, and the balance that follows from it.
absl::Status Post(std::string_view account, const ledger::BalanceRow& before,
                  const ledger::PostingRow& posting, varve::ApplyContext& context) {
  ledger::BalanceRow after{.balance = 0, .last_number = before.last_number + 1};
  if (__builtin_add_overflow(before.balance, posting.amount, &after.balance)) {
    return varve::FailedPrecondition("the balance of ", ForPeople(account),
                                     " would leave the range of 64 bits");
  }
  VARVE_RETURN_IF_ERROR(
      context.Put(kLedgerPostings.number,
                  ledger::EncodePostingKey({.account = account, .number = after.last_number}),
                  ledger::EncodePosting(posting)));
  return context.Put(kLedgerBalances.number, account, ledger::EncodeBalance(after));
}

absl::Status ApplyTransfer(const varve::Entry& entry, varve::ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const ledger::TransferPayload transfer,
                         ledger::DecodeTransfer(entry.payload_version, entry.payload));
  VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow from, BalanceOf(transfer.from, context));
  VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow to, BalanceOf(transfer.to, context));
  VARVE_RETURN_IF_ERROR(CheckCovered(transfer.from, from.balance, transfer.amount, context));
  VARVE_RETURN_IF_ERROR(Post(transfer.from, from,
                             {.amount = -transfer.amount,
                              .mirror_number = to.last_number + 1,
                              .other = transfer.to,
                              .memo = transfer.memo},
                             context));
  return Post(transfer.to, to,
              {.amount = transfer.amount,
               .mirror_number = from.last_number + 1,
               .other = transfer.from,
               .memo = transfer.memo},
              context);
}

varve::EntryDescription DescribeOpen(std::string_view payload) {
  const absl::StatusOr<ledger::OpenPayload> open = ledger::DecodeOpen(payload);
  if (!open.ok()) return {"open", "?", std::string(varve::FromAbsl(open.status().message()))};
  return {"open", ForPeople(open->name), open->may_overdraw ? "may be overdrawn" : ""};
}

varve::EntryDescription DescribeTransfer(std::uint8_t version, std::string_view payload) {
  const auto transfer = ledger::DecodeTransfer(version, payload);
  if (!transfer.ok()) {
    return {"transfer", "?", std::string(varve::FromAbsl(transfer.status().message()))};
  }
  std::string detail = std::to_string(transfer->amount);
  if (!transfer->memo.empty()) detail += " \"" + ForPeople(transfer->memo) + '"';
  return {"transfer", ForPeople(transfer->from) + " -> " + ForPeople(transfer->to), detail};
}

// Of any bytes: what cannot be decoded is shown as the bytes that it is.
varve::RowDescription DescribePosting(std::string_view key, std::string_view value) {
  const auto place = ledger::DecodePostingKey(key);
  const auto posting = ledger::DecodePosting(value);
  if (!place.ok() || !posting.ok()) return {ForPeople(key), ForPeople(value)};
  std::string content = std::to_string(posting->amount) + (posting->amount < 0 ? " to " : " from ");
  content += ForPeople(posting->other);
  if (!posting->memo.empty()) content += " \"" + ForPeople(posting->memo) + '"';
  return {ForPeople(place->account) + " #" + std::to_string(place->number), content};
}

}  // namespace

LedgerPrimitive::LedgerPrimitive() {
  spec_.id = kLedgerId;
  spec_.name = "acme.ledger";
  spec_.entry_range = kLedgerRange;
  spec_.entries = {
      {.type = kLedgerOpen, .name = "LedgerOpen"},
      {.type = kLedgerTransfer, .name = "LedgerTransfer", .payload_version_max = kTransferVersion}};
  spec_.tables = {{.number = kLedgerAccounts.number, .name = "accounts"},
                  {.number = kLedgerPostings.number, .name = "postings"},
                  {.number = kLedgerBalances.number, .name = "balances", .derived = true}};
  spec_.wants_committed = true;
}

absl::Status LedgerPrimitive::Apply(const varve::Entry& entry, varve::ApplyContext& context) const {
  switch (entry.type) {
    case kLedgerOpen:
      if (entry.payload_version == 1) return ApplyOpen(entry, context);
      break;
    case kLedgerTransfer:
      if (entry.payload_version == 1 || entry.payload_version == 2) {
        return ApplyTransfer(entry, context);
      }
      break;
    default:
      return varve::Unimplemented("Ledger: unknown entry type ", entry.type);
  }
  return varve::Unimplemented("Ledger: entry type ", entry.type, " has no payload version ",
                              entry.payload_version, " in this program");
}

varve::EntryDescription LedgerPrimitive::Describe(const varve::Entry& entry) const {
  if (entry.type == kLedgerOpen) return DescribeOpen(entry.payload);
  if (entry.type == kLedgerTransfer) return DescribeTransfer(entry.payload_version, entry.payload);
  return {"unknown", "?", ""};
}

absl::Status LedgerPrimitive::RebuildIndexes(varve::ReadView& view) {
  index_.Rebuild(view);
  return absl::OkStatus();
}

void LedgerPrimitive::OnCommitted(varve::Lsn lsn, varve::Timestamp /*commit_time*/,
                                  std::span<const varve::Mutation> mutations) {
  index_.Update(lsn, mutations);
}

varve::RowDescription LedgerPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                                   std::string_view value) const {
  if (table == kLedgerPostings.number) return DescribePosting(key, value);
  if (table == kLedgerAccounts.number) {
    const absl::StatusOr<bool> may_overdraw = ledger::DecodeAccount(value);
    if (may_overdraw.ok()) return {ForPeople(key), *may_overdraw ? "may be overdrawn" : "open"};
  }
  if (table == kLedgerBalances.number) {
    const absl::StatusOr<ledger::BalanceRow> balance = ledger::DecodeBalance(value);
    if (balance.ok()) return {ForPeople(key), std::to_string(balance->balance)};
  }
  return {ForPeople(key), ForPeople(value)};
}

}  // namespace acme
