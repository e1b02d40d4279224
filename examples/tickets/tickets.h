// Tickets, each with a number that no other ever had, and a bug in them for the reader to find:
// docs/crash-testing.md has the steps.
#ifndef VARVE_EXAMPLES_TICKETS_TICKETS_H_
#define VARVE_EXAMPLES_TICKETS_TICKETS_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "crash/subject.h"
#include "kernel/primitive.h"
#include "kernel/transaction.h"

namespace tickets {

inline constexpr varve::PrimitiveId kTicketsId{33};
inline constexpr varve::EntryType kTicketsRange = 0xA0;
inline constexpr varve::EntryType kTicketOpen = 0xA0;   // number, as a key; title
inline constexpr varve::EntryType kTicketClose = 0xA1;  // number, as a key

// number (8 bytes, big-endian) -> title
inline constexpr varve::TableId kTicketRows{kTicketsId, 0};

class TicketsPrimitive final : public varve::Primitive {
 public:
  TicketsPrimitive();
  [[nodiscard]] const varve::PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const varve::Entry& entry,
                                   varve::ApplyContext& context) const override;
  [[nodiscard]] varve::EntryDescription Describe(const varve::Entry& entry) const override;

  // The last number given, kept in memory so that opening a ticket reads nothing.
  [[nodiscard]] std::uint64_t last_number() const { return last_number_.load(); }
  [[nodiscard]] absl::Status RebuildIndexes(varve::ReadView& view) override;
  void OnCommitted(varve::Lsn lsn, varve::Timestamp commit_time,
                   std::span<const varve::Mutation> mutations) override;

 private:
  varve::PrimitiveSpec spec_;
  std::atomic<std::uint64_t> last_number_ = 0;
};

// The handle. One ticket may be opened in one transaction.
class Tickets final {
 public:
  explicit Tickets(varve::Transaction& transaction) : transaction_(&transaction) {}
  // The new ticket's number.
  [[nodiscard]] absl::StatusOr<std::uint64_t> Open(std::string_view title);
  // kNotFound: no ticket of that number is open.
  [[nodiscard]] absl::Status Close(std::uint64_t number);

 private:
  varve::Transaction* transaction_;
};

// What the crash harness is told of it: how to make one, and how to do something with it.
[[nodiscard]] varve::crash::Subject TicketsSubject();

}  // namespace tickets

#endif  // VARVE_EXAMPLES_TICKETS_TICKETS_H_
