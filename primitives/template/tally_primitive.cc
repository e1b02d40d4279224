#include "primitives/template/tally_primitive.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/template/tally_payload.h"

namespace varve {

namespace {

// An addition that a later replay must never refuse (P2): where two writers' sums together leave
// the range, the total stays at its edge. Wrapping would do too; failing would not.
std::int64_t AddSaturating(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

// Reads what it changes. The kernel knows that this read was Apply's and not the user's: when
// another transaction adds to the same tally first, the entry is applied again on the new total,
// and nobody has to retry.
absl::Status ApplyAdd(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const tally::AddPayload add,
                         tally::DecodeAdd(entry.payload_version, entry.payload));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kTallyTotals.number, add.name));
  tally::Total total;
  if (row.has_value()) {
    VARVE_ASSIGN_OR_RETURN(total, tally::DecodeTotal(row->value));
  }
  total.total = AddSaturating(total.total, add.amount);
  total.count += add.count;
  return context.Put(kTallyTotals.number, add.name, tally::EncodeTotal(total));
}

absl::Status ApplyReset(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view name, tally::DecodeReset(entry.payload));
  return context.Delete(kTallyTotals.number, name);
}

// Any bytes may stand in a name; a log dump must stay readable.
std::string ForPeople(std::string_view name) { return absl::CHexEscape(ToAbsl(name)); }

EntryDescription Undecodable(std::string_view operation, const absl::Status& status) {
  return {std::string(operation), "?", std::string(FromAbsl(status.message()))};
}

}  // namespace

TallyPrimitive::TallyPrimitive() {
  spec_.id = kTallyId;
  spec_.name = "example.tally";  // yours: "<your organisation>.<primitive>"
  spec_.entry_range = kTallyRange;
  spec_.entries = {{.type = kTallyAdd, .name = "TallyAdd", .payload_version_max = kTallyAddVersion},
                   {.type = kTallyReset, .name = "TallyReset"}};
  spec_.tables = {{.number = kTallyTotals.number, .name = "totals"}};
}

// Step 3. The one road by which state changes: at commit, at recovery, at replay. Its only inputs
// are the entry and what it reads through the context; decode, compute, Put or Delete.
absl::Status TallyPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  switch (entry.type) {
    case kTallyAdd:
      if (entry.payload_version <= kTallyAddVersion) return ApplyAdd(entry, context);
      break;
    case kTallyReset:
      if (entry.payload_version <= 1) return ApplyReset(entry, context);
      break;
    default:
      return Unimplemented("Tally: unknown entry type ", entry.type);
  }
  return Unimplemented("Tally: payload version ", entry.payload_version, " of entry type ",
                       entry.type, " is newer than this program");
}

// Step 4. For `varve wal dump`. Reads no state, and meets any bytes without crashing.
EntryDescription TallyPrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kTallyAdd: {
      const absl::StatusOr<tally::AddPayload> add =
          tally::DecodeAdd(entry.payload_version, entry.payload);
      if (!add.ok()) return Undecodable("add", add.status());
      return {"add", ForPeople(add->name),
              std::to_string(add->amount) + " in " + std::to_string(add->count)};
    }
    case kTallyReset: {
      const absl::StatusOr<std::string_view> name = tally::DecodeReset(entry.payload);
      if (!name.ok()) return Undecodable("reset", name.status());
      return {"reset", ForPeople(*name), ""};
    }
    default:
      return {"unknown", "?", ""};
  }
}

}  // namespace varve
