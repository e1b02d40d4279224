#include "tests/crash/proof/tallied_store.h"

#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "tests/crash/proof/failing_primitive.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"

namespace varve::crash {

PrimitiveRegistry RegistryWithTally() {
  PrimitiveRegistry registry = BuiltinRegistry();
  auto tally = std::make_unique<FailingPrimitive>(std::make_unique<TallyPrimitive>());
  VARVE_CHECK(registry.Register(std::move(tally)).ok());
  return registry;
}

absl::StatusOr<OpenedStore> OpenWith(Ground& ground, std::string_view name, bool tally) {
  OpenOptions options = ground.Options();
  options.unknown_entries = UnknownEntries::kCarry;
  return OpenStore(ground.Path(name), tally ? RegistryWithTally() : BuiltinRegistry(), options);
}

absl::Status AddOne(Ground& ground, Store& store) {
  ++ground.started;
  const auto receipt =
      store.Update([](Transaction& transaction) { return Tally(transaction).Add("all", 1); });
  if (!receipt.ok() && !absl::IsUnknown(receipt.status())) --ground.started;
  VARVE_RETURN_IF_ERROR(receipt.status());
  ground.durable = ground.started;
  return absl::OkStatus();
}

absl::Status MakeTallied(std::unique_ptr<Ground>& ground) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(*ground, "store", true));
  VARVE_RETURN_IF_ERROR(AddOne(*ground, *opened.store));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  for (int i = 0; i < 3; ++i) VARVE_RETURN_IF_ERROR(AddOne(*ground, *opened.store));
  std::unique_ptr<Ground> left = ground->After(CrashChoice::Killed());
  opened = {};
  ground = std::move(left);
  return absl::OkStatus();
}

absl::Status CheckTally(Ground& ground, Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  VARVE_ASSIGN_OR_RETURN(const TallyTotal total, Tally(view).Get("all"));
  const auto count = static_cast<std::uint64_t>(total.total);
  if (count >= ground.durable && count <= ground.started) return absl::OkStatus();
  return Wrong("the tally is another", std::to_string(count));
}

absl::Status CheckTallied(Ground& ground, const absl::Status& /*result*/) {
  absl::StatusOr<OpenedStore> opened = OpenWith(ground, "store", true);
  if (!opened.ok()) return Wrong("the store does not open", opened.status().ToString());
  VARVE_RETURN_IF_ERROR(CheckTally(ground, *opened->store));
  return opened->store->Close();
}

}  // namespace varve::crash
