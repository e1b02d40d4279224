// What the handles of C are.
#ifndef VARVE_BINDINGS_C_HANDLES_H_
#define VARVE_BINDINGS_C_HANDLES_H_

#include <memory>
#include <optional>
#include <utility>

#include "bindings/c/listing.h"
#include "bindings/c/varve_transaction.h"
#include "kernel/store.h"
#include "snapshot/snapshotter.h"

namespace varve_c {

// A store and what came of opening it. Shared by every handle that needs it alive.
struct Opened {
  std::unique_ptr<Store> store;
  snapshot::Snapshotter* snapshotter = nullptr;
  std::unique_ptr<varve_result> recovery;  // null for a store in memory
  std::string directory;
};

}  // namespace varve_c

struct varve_store {
  std::shared_ptr<varve_c::Opened> opened;
  [[nodiscard]] varve::Store& store() const { return *opened->store; }
};

struct varve_reader {
  varve::Reader* reader;
};

struct varve_txn {
  // The caller's own.
  varve_txn(std::shared_ptr<varve_c::Opened> of, varve::Transaction begun)
      : opened(std::move(of)), own(std::move(begun)), transaction(&*own), reader{transaction} {}
  // Lent to a callback: not to be committed or freed by it.
  explicit varve_txn(varve::Transaction& lent) : transaction(&lent), reader{&lent} {}
  varve_txn(const varve_txn&) = delete;
  varve_txn& operator=(const varve_txn&) = delete;
  [[nodiscard]] bool is_lent() const { return !own.has_value(); }

  std::shared_ptr<varve_c::Opened> opened{};  // outlives `own`
  std::optional<varve::Transaction> own{};
  varve::Transaction* transaction;
  varve_reader reader;
};

struct varve_view {
  varve_view(std::shared_ptr<varve_c::Opened> of, varve::ReadView made)
      : opened(std::move(of)), view(std::move(made)), reader{&view} {}
  varve_view(const varve_view&) = delete;
  varve_view& operator=(const varve_view&) = delete;

  std::shared_ptr<varve_c::Opened> opened;  // outlives `view`
  varve::ReadView view;
  varve_reader reader;
};

struct varve_ticket {
  std::shared_ptr<varve_c::Opened> opened;
  varve::CommitTicket ticket;
};

#endif  // VARVE_BINDINGS_C_HANDLES_H_
