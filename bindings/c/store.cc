#include "bindings/c/varve_store.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/open_options.h"

namespace varve_c {
namespace {

void GiveStore(std::shared_ptr<Opened> opened, varve_store** store) {
  *store = new varve_store{std::move(opened)};
}

absl::Status Open(varve_slice directory, const varve_open_options* options, varve_store** store) {
  VARVE_ASSIGN_OR_RETURN(const OpenOptions taken, OpenOptionsOf(options));
  VARVE_ASSIGN_OR_RETURN(OpenedStore made, OpenStore(TextOf(directory), BuiltinRegistry(), taken));
  auto opened = std::make_shared<Opened>();
  opened->recovery = ListingOf(made.report);
  opened->directory = TextOf(directory);
  opened->snapshotter = made.snapshotter;
  opened->store = std::move(made.store);
  GiveStore(std::move(opened), store);
  return absl::OkStatus();
}

// Of a store that may be NULL.
template <typename Ask>
std::uint64_t LsnOf(const varve_store* store, const Ask& ask) {
  return store == nullptr ? 0 : ask(store->store()).value();
}

}  // namespace

extern "C" {

const varve_recovery* varve_result_recovery(const varve_result* result, size_t index) {
  return ItemOf<varve_recovery>(result, index);
}

varve_status varve_store_open(varve_slice directory, const varve_open_options* options,
                              varve_store** store, varve_error** error) {
  if (store != nullptr) *store = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(directory, "directory").Given(store, "store").status());
    return Open(directory, options, store);
  });
}

varve_status varve_store_open_in_memory(const varve_open_options* options, varve_store** store,
                                        varve_error** error) {
  if (store != nullptr) *store = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    VARVE_ASSIGN_OR_RETURN(const StoreOptions taken, MemoryOptionsOf(options));
    auto opened = std::make_shared<Opened>();
    VARVE_ASSIGN_OR_RETURN(opened->store, OpenInMemory(BuiltinRegistry(), taken));
    GiveStore(std::move(opened), store);
    return absl::OkStatus();
  });
}

varve_status varve_store_close(varve_store* store, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    return store->store().Close();
  });
}

void varve_store_free(varve_store* store) { delete store; }

const varve_recovery* varve_store_recovery(const varve_store* store) {
  return store == nullptr ? nullptr : ItemOf<varve_recovery>(store->opened->recovery.get(), 0);
}

varve_slice varve_store_directory(const varve_store* store) {
  return store == nullptr ? varve_slice{} : SliceOf(store->opened->directory);
}

varve_bool varve_store_read_only(const varve_store* store) {
  return store != nullptr && store->store().read_only() ? 1 : 0;
}

void varve_store_uuid(const varve_store* store, varve_uuid* uuid) {
  if (store != nullptr && uuid != nullptr) *uuid = UuidOf(store->store().uuid());
}

uint64_t varve_store_visible_lsn(const varve_store* store) {
  return LsnOf(store, [](const Store& asked) { return asked.visible_lsn(); });
}

uint64_t varve_store_durable_lsn(const varve_store* store) {
  return LsnOf(store, [](const Store& asked) { return asked.durable_lsn(); });
}

uint64_t varve_store_applied_lsn(const varve_store* store) {
  return LsnOf(store, [](const Store& asked) { return asked.applied_lsn(); });
}

varve_status varve_store_status(const varve_store* store, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    return store->store().status();
  });
}

varve_status varve_store_maintenance_status(const varve_store* store, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    return store->store().maintenance_status();
  });
}

varve_status varve_store_footprint(varve_store* store, varve_footprint* footprint,
                                   varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Out(footprint, "footprint").status());
    VARVE_ASSIGN_OR_RETURN(const StoreFootprint known, store->store().Footprint());
    varve_footprint answer{};
    answer.log_bytes = known.log_bytes;
    answer.snapshot_bytes = known.snapshot_bytes;
    answer.materialized_file_bytes = known.materialized.file_bytes;
    answer.materialized_live_bytes = known.materialized.live_bytes;
    answer.materialized_free_bytes = known.materialized.free_bytes;
    answer.rows = known.materialized.rows;
    answer.memtable_bytes = known.memtable_bytes;
    GiveStruct(answer, footprint);
    return absl::OkStatus();
  });
}

varve_status varve_store_sync(varve_store* store, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    return store->store().Sync();
  });
}

varve_status varve_store_checkpoint(varve_store* store, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
    return store->store().Checkpoint();
  });
}

varve_status varve_store_wait_visible(varve_store* store, uint64_t after, uint64_t patience_us,
                                      uint64_t* visible, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(visible, "visible").status());
    VARVE_ASSIGN_OR_RETURN(const Lsn newest,
                           store->store().WaitVisible(Lsn(after), MicrosecondsOf(patience_us)));
    *visible = newest.value();
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
