#include "primitives/state/state_primitive.h"

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/state/state_payload.h"

namespace varve {

namespace {

constexpr std::size_t kDescribedBytesMax = 64;

absl::Status ApplyInit(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::SetPayload set, state::DecodeSet(entry.payload));
  return context.Put(kStateCells.number, set.name, state::EncodeCell(1, set.value));
}

absl::Status ApplySet(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::SetPayload set, state::DecodeSet(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kStateCells.number, set.name));
  std::uint64_t version = 1;
  if (row.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const state::CellImage cell, state::DecodeCell(row->value));
    version = cell.version + 1;
  }
  return context.Put(kStateCells.number, set.name, state::EncodeCell(version, set.value));
}

absl::Status ApplyTransition(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::SetPayload set, state::DecodeTransition(entry.payload));
  return context.Put(kStateCells.number, set.name, state::EncodeCell(set.from + 1, set.value));
}

absl::Status ApplyDelete(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view name, state::DecodeDelete(entry.payload));
  return context.Delete(kStateCells.number, name);
}

absl::Status ApplyAcquire(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::LeasePayload lease, state::DecodeAcquire(entry.payload));
  return context.Put(
      kStateLeases.number, lease.name,
      state::EncodeLease({.token = lease.token, .expires = lease.expires, .owner = lease.owner}));
}

// Changes the lease where `change` is under its current token; the handle has seen to that, and
// what it saw is validated.
absl::Status ChangeLease(const state::LeasePayload& change, Timestamp expires,
                         ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         context.Get(kStateLeases.number, change.name));
  if (!row.has_value()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(state::LeaseImage lease, state::DecodeLease(row->value));
  if (lease.token != change.token || lease.owner.empty()) return absl::OkStatus();
  lease.expires = expires;
  if (expires == Timestamp()) lease.owner = {};
  const std::string changed = state::EncodeLease(lease);
  return context.Put(kStateLeases.number, change.name, changed);
}

absl::Status ApplyRenew(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::LeasePayload lease, state::DecodeRenew(entry.payload));
  return ChangeLease(lease, lease.expires, context);
}

absl::Status ApplyRelease(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const state::LeasePayload lease, state::DecodeRelease(entry.payload));
  return ChangeLease(lease, Timestamp(), context);
}

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kDescribedBytesMax)));
  if (bytes.size() > kDescribedBytesMax) {
    text += "... (" + std::to_string(bytes.size()) + " bytes)";
  }
  return text;
}

EntryDescription Undecodable(std::string operation, const absl::Status& status) {
  return {std::move(operation), "?", std::string(FromAbsl(status.message()))};
}

EntryDescription DescribeSet(std::string operation, const absl::StatusOr<state::SetPayload>& set) {
  if (!set.ok()) return Undecodable(std::move(operation), set.status());
  std::string detail = ForPeople(set->value);
  if (set->from != 0) detail += " from version " + std::to_string(set->from);
  return {std::move(operation), ForPeople(set->name), detail};
}

EntryDescription DescribeLease(std::string operation,
                               const absl::StatusOr<state::LeasePayload>& lease) {
  if (!lease.ok()) return Undecodable(std::move(operation), lease.status());
  std::string detail = "token " + std::to_string(lease->token);
  if (!lease->owner.empty()) detail += " by " + ForPeople(lease->owner);
  if (lease->expires != Timestamp()) {
    detail += " until " + std::to_string(lease->expires.micros()) + " us";
  }
  return {std::move(operation), ForPeople(lease->name), detail};
}

EntryDescription DescribeDelete(std::string_view payload) {
  const absl::StatusOr<std::string_view> name = state::DecodeDelete(payload);
  if (!name.ok()) return Undecodable("delete", name.status());
  return {"delete", ForPeople(*name), ""};
}

RowDescription DescribeCellRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<state::CellImage> cell = state::DecodeCell(value);
  if (!cell.ok()) return {"cell " + ForPeople(key), ForPeople(value)};
  return {"cell " + ForPeople(key),
          ForPeople(cell->value) + " at version " + std::to_string(cell->version)};
}

RowDescription DescribeLeaseRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<state::LeaseImage> lease = state::DecodeLease(value);
  if (!lease.ok()) return {"lease " + ForPeople(key), ForPeople(value)};
  const std::string token = "token " + std::to_string(lease->token);
  if (lease->owner.empty()) return {"lease " + ForPeople(key), token + ", released"};
  return {"lease " + ForPeople(key), token + " of " + ForPeople(lease->owner) + " until " +
                                         std::to_string(lease->expires.micros()) + " us"};
}

}  // namespace

StatePrimitive::StatePrimitive() {
  spec_.id = kStateId;
  spec_.name = "varve.state";
  spec_.entry_range = kStateInit;
  spec_.entries = {{.type = kStateInit, .name = "StateInit"},
                   {.type = kStateSet, .name = "StateSet"},
                   {.type = kStateTransition, .name = "StateTransition"},
                   {.type = kStateDelete, .name = "StateDelete"},
                   {.type = kStateLeaseAcquire, .name = "StateLeaseAcquire"},
                   {.type = kStateLeaseRenew, .name = "StateLeaseRenew"},
                   {.type = kStateLeaseRelease, .name = "StateLeaseRelease"}};
  spec_.tables = {{.number = kStateCells.number, .name = "cells"},
                  {.number = kStateLeases.number, .name = "leases"}};
}

absl::Status StatePrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("State: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kStateInit:
      return ApplyInit(entry, context);
    case kStateSet:
      return ApplySet(entry, context);
    case kStateTransition:
      return ApplyTransition(entry, context);
    case kStateDelete:
      return ApplyDelete(entry, context);
    case kStateLeaseAcquire:
      return ApplyAcquire(entry, context);
    case kStateLeaseRenew:
      return ApplyRenew(entry, context);
    case kStateLeaseRelease:
      return ApplyRelease(entry, context);
    default:
      return Unimplemented("State: entry type ", entry.type, " is not one of 64 to 70");
  }
}

RowDescription StatePrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const {
  switch (table) {
    case kStateCells.number:
      return DescribeCellRow(key, value);
    case kStateLeases.number:
      return DescribeLeaseRow(key, value);
    default:
      return Primitive::DescribeRow(table, key, value);
  }
}

EntryDescription StatePrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kStateInit:
      return DescribeSet("init", state::DecodeSet(entry.payload));
    case kStateSet:
      return DescribeSet("set", state::DecodeSet(entry.payload));
    case kStateTransition:
      return DescribeSet("transition", state::DecodeTransition(entry.payload));
    case kStateDelete:
      return DescribeDelete(entry.payload);
    case kStateLeaseAcquire:
      return DescribeLease("acquire lease", state::DecodeAcquire(entry.payload));
    case kStateLeaseRenew:
      return DescribeLease("renew lease", state::DecodeRenew(entry.payload));
    case kStateLeaseRelease:
      return DescribeLease("release lease", state::DecodeRelease(entry.payload));
    default:
      return {"unknown", "?", ForPeople(entry.payload)};
  }
}

}  // namespace varve
