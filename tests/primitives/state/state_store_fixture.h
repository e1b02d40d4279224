// A store with State in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"
#include "tests/primitives/primitive_store_fixture.h"

namespace varve {

class StateStoreTest : public PrimitiveStoreTest {
 protected:
  void Register(PrimitiveRegistry& registry) override {
    ASSERT_TRUE(registry.Register(std::make_unique<StatePrimitive>()).ok());
  }

  Lsn Commit(const std::function<void(Transaction&)>& body) { return CommitTransaction(body); }
  Lsn Set(std::string_view name, std::string_view value) {
    return Commit([&](Transaction& txn) { EXPECT_TRUE(Cells(txn).Set(name, value).ok()); });
  }

  // "value@version", "<none>" where there is no such cell.
  static std::string Text(const Cells& cells, std::string_view name) {
    const absl::StatusOr<std::optional<Cell>> cell = cells.Get(name);
    if (!cell.ok()) return std::string(cell.status().message());
    if (!cell->has_value()) return "<none>";
    return std::string((*cell)->value) + "@" + std::to_string((*cell)->version);
  }
  std::string Text(std::string_view name) {
    ReadView view = View();
    return Text(Cells(view), name);
  }
  // "owner#token", "<free>" where nobody holds it.
  static std::string Holder(const Leases& leases, std::string_view name) {
    const absl::StatusOr<std::optional<Lease>> lease = leases.Get(name);
    if (!lease.ok()) return std::string(lease.status().message());
    if (!lease->has_value()) return "<free>";
    return std::string((*lease)->owner) + "#" + std::to_string((*lease)->token);
  }
  std::string Holder(std::string_view name) {
    ReadView view = View();
    return Holder(Leases(view), name);
  }
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_STATE_STATE_STORE_FIXTURE_H_
