#include "examples/tickets/tickets.h"

#include <algorithm>
#include <memory>
#include <string>

#include "kernel/base/status.h"
#include "kernel/read_view.h"
#include "kernel/registry.h"

namespace tickets {
namespace {

constexpr std::size_t kNumberBytes = 8;

std::string EncodeNumber(std::uint64_t number) {
  std::string bytes(kNumberBytes, '\0');
  for (std::size_t i = kNumberBytes; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number);
  return bytes;
}

std::uint64_t DecodeNumber(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, kNumberBytes)) {
    number = number << 8 | static_cast<std::uint8_t>(byte);
  }
  return number;
}

}  // namespace

TicketsPrimitive::TicketsPrimitive() {
  spec_.id = kTicketsId;
  spec_.name = "example.tickets";
  spec_.entry_range = kTicketsRange;
  spec_.entries = {{.type = kTicketOpen, .name = "TicketOpen"},
                   {.type = kTicketClose, .name = "TicketClose"}};
  spec_.tables = {{.number = kTicketRows.number, .name = "tickets"}};
  spec_.wants_committed = true;
}

absl::Status TicketsPrimitive::Apply(const varve::Entry& entry,
                                     varve::ApplyContext& context) const {
  if (entry.payload.size() < kNumberBytes) {
    return varve::MakeStatus(absl::StatusCode::kDataLoss, "a ticket entry without a number");
  }
  const std::string_view key = entry.payload.substr(0, kNumberBytes);
  if (entry.type == kTicketClose) return context.Delete(kTicketRows.number, key);
  return context.Put(kTicketRows.number, key, entry.payload.substr(kNumberBytes));
}

varve::EntryDescription TicketsPrimitive::Describe(const varve::Entry& entry) const {
  const std::string number = std::to_string(DecodeNumber(entry.payload));
  return {entry.type == kTicketOpen ? "open" : "close", "ticket " + number, ""};
}

absl::Status TicketsPrimitive::RebuildIndexes(varve::ReadView& view) {
  std::uint64_t last = 0;
  VARVE_RETURN_IF_ERROR(
      view.VisitTable(kTicketRows, [&](const varve::RunId&, const varve::Row& row) {
        last = std::max(last, DecodeNumber(row.key));
        return true;
      }));
  last_number_ = last;
  return absl::OkStatus();
}

void TicketsPrimitive::OnCommitted(varve::Lsn, varve::Timestamp,
                                   std::span<const varve::Mutation> mutations) {
  for (const varve::Mutation& mutation : mutations) {
    if (mutation.table != kTicketRows) continue;
    last_number_ = std::max(last_number_.load(), DecodeNumber(mutation.key));
  }
}

absl::StatusOr<std::uint64_t> Tickets::Open(std::string_view title) {
  const auto* primitive =
      static_cast<const TicketsPrimitive*>(transaction_->registry().FindById(kTicketsId));
  const std::uint64_t number = primitive->last_number() + 1;
  const std::string payload = EncodeNumber(number) + std::string(title);
  VARVE_RETURN_IF_ERROR(transaction_->Write({.type = kTicketOpen, .payload = payload}));
  return number;
}

absl::Status Tickets::Close(std::uint64_t number) {
  const std::string key = EncodeNumber(number);
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Row> row,
                         transaction_->Get(kTicketRows, varve::RunId(), key));
  if (!row.has_value()) {
    return varve::MakeStatus(absl::StatusCode::kNotFound, "no ticket ", number, " is open");
  }
  return transaction_->Write({.type = kTicketClose, .payload = key});
}

varve::crash::Subject TicketsSubject() {
  return {.make = [] { return std::make_unique<TicketsPrimitive>(); },
          .operate = [](varve::Transaction& transaction, const varve::RunId& /*run*/,
                        varve::crash::Decisions& random) -> absl::Status {
            Tickets tickets(transaction);
            if (random.Chance(50)) return tickets.Close(1 + random.Below(20));
            return tickets.Open("ticket").status();
          }};
}

}  // namespace tickets
