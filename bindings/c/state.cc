#include "primitives/state/state.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/varve_state.h"

namespace varve_c {
namespace {

absl::Status CheckCell(const void* handle, const char* handle_name, const varve_slice& name,
                       const varve_slice& value = {}) {
  return Arguments().Given(handle, handle_name).Bytes(name, "name").Bytes(value, "value").status();
}

// `known`: Cell, CellCopy or CellVersion, which the slices borrow from.
template <typename AnyCell>
varve_cell ItemOfCell(const AnyCell& known) {
  varve_cell item{};
  item.struct_size = sizeof(item);
  if constexpr (requires { known.name; }) item.name = SliceOf(known.name);
  if constexpr (requires { known.deleted; }) item.deleted = known.deleted ? 1 : 0;
  item.value = SliceOf(known.value);
  item.version = known.version;
  item.lsn = known.lsn.value();
  item.commit_time = known.commit_time.micros();
  return item;
}

template <typename AnyCell>
void FillCell(const AnyCell& known, varve_cell& item, Listing<varve_cell>& /*listing*/) {
  item = ItemOfCell(known);
}

Cells CellsOf(const varve_txn* txn, const varve_uuid* run) {
  return Cells(*txn->transaction, RunOf(run));
}
Cells CellsOf(const varve_reader* reader, const varve_uuid* run) {
  return Cells(*reader->reader, RunOf(run));
}

}  // namespace

extern "C" {

const varve_cell* varve_result_cell(const varve_result* result, size_t index) {
  return ItemOf<varve_cell>(result, index);
}

varve_status varve_state_get(varve_reader* reader, const varve_uuid* run, varve_slice name,
                             varve_cell* cell, varve_bool* found, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(reader, "reader", name));
    VARVE_RETURN_IF_ERROR(Arguments().Out(cell, "cell").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> known, CellsOf(reader, run).Get(TextOf(name)));
    *found = known.has_value() ? 1 : 0;
    if (known.has_value()) GiveStruct(ItemOfCell(*known), cell);
    return absl::OkStatus();
  });
}

varve_status varve_state_list(varve_reader* reader, const varve_uuid* run,
                              const varve_name_options* options, varve_result** cells,
                              varve_error** error) {
  if (cells != nullptr) *cells = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(cells, "cells").status());
    VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, NameOptionsOf(options));
    const std::uint64_t limit = LimitOf(taken.limit);
    VARVE_ASSIGN_OR_RETURN(
        std::vector<Cell> known,
        CellsOf(reader, run).List({TextOf(taken.prefix), TextOf(taken.after), OneMore(limit)}));
    const bool more = CutPage(known, limit);
    const std::string last(known.empty() ? "" : known.back().name);
    GivePage(ListOf<varve_cell>(std::move(known), FillCell<Cell>), more, last, cells);
    return absl::OkStatus();
  });
}

varve_status varve_state_history(varve_reader* reader, const varve_uuid* run, varve_slice name,
                                 uint64_t before, uint64_t limit, varve_result** versions,
                                 varve_error** error) {
  if (versions != nullptr) *versions = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(reader, "reader", name));
    VARVE_RETURN_IF_ERROR(Arguments().Given(versions, "versions").status());
    CellHistoryOptions options;
    const std::uint64_t wanted = LimitOf(limit, options.limit);
    options.limit = OneMore(wanted);
    if (before != 0) options.before = Lsn(before);
    VARVE_ASSIGN_OR_RETURN(std::vector<CellVersion> known,
                           CellsOf(reader, run).History(TextOf(name), options));
    const bool more = CutPage(known, wanted);
    *versions = ListOf<varve_cell>(std::move(known), FillCell<CellVersion>).release();
    (*versions)->more = more;
    return absl::OkStatus();
  });
}

varve_status varve_state_init(varve_txn* txn, const varve_uuid* run, varve_slice name,
                              varve_slice value, varve_bool* written, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name, value));
    VARVE_RETURN_IF_ERROR(Arguments().Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const bool known, CellsOf(txn, run).Init(TextOf(name), TextOf(value)));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_state_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                             varve_slice value, uint64_t* version, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name, value));
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t known,
                           CellsOf(txn, run).Set(TextOf(name), TextOf(value)));
    GiveTo(version, known);
    return absl::OkStatus();
  });
}

varve_status varve_state_delete(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name));
    return CellsOf(txn, run).Delete(TextOf(name));
  });
}

varve_status varve_state_compare_and_set(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                         uint64_t expected, varve_slice value, varve_bool* written,
                                         varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name, value));
    VARVE_RETURN_IF_ERROR(Arguments().Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           CellsOf(txn, run).CompareAndSet(TextOf(name), expected, TextOf(value)));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_state_compare_and_delete(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                            uint64_t expected, varve_bool* deleted,
                                            varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name));
    VARVE_RETURN_IF_ERROR(Arguments().Given(deleted, "deleted").status());
    VARVE_ASSIGN_OR_RETURN(const bool known,
                           CellsOf(txn, run).CompareAndDelete(TextOf(name), expected));
    *deleted = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_state_transition(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                    varve_transition transition, void* user, uint64_t* version,
                                    varve_bool* found, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name));
    VARVE_RETURN_IF_ERROR(Arguments().Given(found, "found").status());
    if (transition == nullptr) return InvalidArgument("argument transition is NULL");
    const auto next = [&](std::string_view value) -> absl::StatusOr<std::string> {
      varve_slice replacement{};
      varve_error* why = nullptr;
      const varve_status answer = transition(user, SliceOf(value), &replacement, &why);
      VARVE_RETURN_IF_ERROR(AnswerOf(answer, why, "the transition"));
      VARVE_RETURN_IF_ERROR(Arguments().Bytes(replacement, "next").status());
      return std::string(TextOf(replacement));
    };
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint64_t> known,
                           CellsOf(txn, run).Transition(TextOf(name), next));
    *found = known.has_value() ? 1 : 0;
    if (known.has_value()) GiveTo(version, *known);
    return absl::OkStatus();
  });
}

varve_status varve_state_set_with_lease(varve_txn* txn, const varve_uuid* run, varve_slice name,
                                        varve_slice value, varve_slice lease, uint64_t token,
                                        varve_bool* written, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(txn, "txn", name, value));
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(lease, "lease").Given(written, "written").status());
    VARVE_ASSIGN_OR_RETURN(
        const bool known,
        CellsOf(txn, run).SetWithLease(TextOf(name), TextOf(value), TextOf(lease), token));
    *written = known ? 1 : 0;
    return absl::OkStatus();
  });
}

varve_status varve_state_watch(varve_store* store, const varve_uuid* run, varve_slice name,
                               uint64_t seen, uint64_t patience_us, varve_bool* changed,
                               varve_result** cell, varve_error** error) {
  if (cell != nullptr) *cell = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckCell(store, "store", name));
    VARVE_RETURN_IF_ERROR(Arguments().Given(changed, "changed").Given(cell, "cell").status());
    VARVE_ASSIGN_OR_RETURN(CellChange known,
                           Cells::Watch(store->store(), TextOf(name), Lsn(seen),
                                        {MicrosecondsOf(patience_us), RunOf(run)}));
    *cell = ListOf<varve_cell>(std::move(known.cell), FillCell<CellCopy>).release();
    *changed = known.changed ? 1 : 0;
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
