#include "tests/crash/proof/numbered_store.h"

#include <string>

#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "tests/crash/all_seven.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

struct Put {
  std::string key;
  std::string value;
  bool deletes = false;
};

// Keys of all lengths, put again and again; every fifth transaction deletes one.
std::vector<Put> PutsOf(std::uint64_t number) {
  const auto key = [](std::uint64_t n) { return "key" + std::to_string(n % 9); };
  std::vector<Put> puts;
  puts.push_back({key(number), MarkerText(number) + std::string(300 + number % 5 * 40, 'v')});
  if (number % 5 == 0) puts.push_back({key(number + 4), "", true});
  // Longer than a key of LMDB may be.
  const auto long_key = [](std::uint64_t n) {
    return "long" + std::to_string(n % 2) + std::string(700, 'k');
  };
  if (number % 4 == 3) puts.push_back({long_key(number / 4), MarkerText(number)});
  if (number % 12 == 2) puts.push_back({long_key(number / 12), "", true});
  // Larger than a page.
  if (number % 8 == 6) puts.push_back({"large", MarkerText(number) + std::string(5000, 'l')});
  return puts;
}

absl::Status Write(Transaction& transaction, std::uint64_t number) {
  Kv kv(transaction);
  for (const Put& put : PutsOf(number)) {
    VARVE_RETURN_IF_ERROR(put.deletes ? kv.Delete(put.key) : kv.Put(put.key, put.value));
  }
  VARVE_RETURN_IF_ERROR(WriteThroughSeven(transaction, kSevenRun, number));
  return kv.Put(kMarkerKey, MarkerText(number));
}

absl::Status CommitOne(Ground& ground, Store& store) {
  const PlaceEntry entry;
  const std::uint64_t number = ground.started + 1;
  VARVE_ASSIGN_OR_RETURN(Transaction transaction, store.Begin());
  VARVE_RETURN_IF_ERROR(Write(transaction, number));
  const bool durably = number % 3 != 0;
  ground.started = number;
  const auto receipt = transaction.Commit(durably ? Durability::kDurable : Durability::kBuffered);
  if (!receipt.ok() && !absl::IsUnknown(receipt.status())) --ground.started;
  VARVE_RETURN_IF_ERROR(receipt.status());
  if (durably) ground.durable = number;
  return absl::OkStatus();
}

}  // namespace

PrimitiveRegistry BuiltinRegistry() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

absl::StatusOr<OpenedStore> OpenNumbered(Ground& ground, std::string_view name) {
  const PlaceEntry entry;
  return OpenStore(ground.Path(name), BuiltinRegistry(), ground.Options());
}

absl::Status CommitNext(Ground& ground, OpenedStore& opened, int count) {
  for (int i = 0; i < count; ++i) VARVE_RETURN_IF_ERROR(CommitOne(ground, *opened.store));
  return absl::OkStatus();
}

absl::Status TakeSnapshot(OpenedStore& opened) {
  const PlaceEntry entry;
  return opened.snapshotter->CreateSnapshot(*opened.store).status();
}

absl::Status ExtendNumbered(std::unique_ptr<Ground>& ground, int before, int more) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(*ground, "store"));
  VARVE_RETURN_IF_ERROR(CommitNext(*ground, opened, before));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  VARVE_RETURN_IF_ERROR(CommitNext(*ground, opened, more));
  VARVE_RETURN_IF_ERROR(opened.store->Sync());
  ground->durable = ground->started;
  std::unique_ptr<Ground> left = ground->After(CrashChoice::Killed());
  opened = {};
  ground = std::move(left);
  return absl::OkStatus();
}

absl::Status MakeNumbered(std::unique_ptr<Ground>& ground) { return ExtendNumbered(ground, 9, 9); }

State StateAfter(std::uint64_t number) {
  State state;
  for (std::uint64_t n = 1; n <= number; ++n) {
    for (const Put& put : PutsOf(n)) {
      if (put.deletes) {
        state.erase(put.key);
      } else {
        state[put.key] = put.value;
      }
    }
  }
  if (number > 0) state[kMarkerKey] = MarkerText(number);
  for (const auto& [title, finding] : SevenAfter(number)) state[kSevenPrefix + title] = finding;
  return state;
}

absl::StatusOr<std::uint64_t> FindNumber(Store& store, std::uint64_t first, std::uint64_t last) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const State state, ReadState(store));
  const std::uint64_t number = MarkerOf(state);
  const std::string place = "transaction " + std::to_string(number) + ", not " +
                            std::to_string(first) + " to " + std::to_string(last);
  if (number < first) return Wrong("something durable is gone", place);
  if (number > last) return Wrong("something is there that never was", place);
  if (state != StateAfter(number)) return Wrong("not the state of one transaction", place);
  return number;
}

absl::Status CheckGoesOn(Ground& ground) {
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<OpenedStore> opened = OpenNumbered(ground, "store");
    if (!opened.ok()) return Wrong("the store does not open", opened.status().ToString());
    VARVE_ASSIGN_OR_RETURN(ground.started,
                           FindNumber(*opened->store, ground.durable, ground.started));
    ground.durable = ground.started;
    if (i > 0) break;
    VARVE_RETURN_IF_ERROR(CommitNext(ground, *opened, 1));
    VARVE_RETURN_IF_ERROR(opened->store->Close());
    ground.durable = ground.started;
  }
  return absl::OkStatus();
}

absl::Status CheckMade(Ground& ground, std::string_view name, std::uint64_t number) {
  absl::StatusOr<OpenedStore> opened = OpenNumbered(ground, name);
  if (!opened.ok()) return Wrong("what was made does not open", opened.status().ToString());
  VARVE_RETURN_IF_ERROR(FindNumber(*opened->store, number, number).status());
  return opened->store->Close();
}

}  // namespace varve::crash
