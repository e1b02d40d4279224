// A store with Event in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "primitives/event/event.h"
#include "primitives/event/event_primitive.h"
#include "recovery/open.h"
#include "tests/support/simulated_environment.h"

namespace varve {

class EventStoreTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  // Opens the store, at first or again; rows are rebuilt from the log.
  void Open() {
    store_ = nullptr;
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<EventPrimitive>()).ok());
    OpenOptions options;
    options.environment = world_.environment();
    options.store.background_threads = false;
    options.store.log.background_threads = false;
    options.store.history.keep = std::chrono::microseconds::max();
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh)
        -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
      return table::MakeMemoryStore(wanted, fresh);
    };
    absl::StatusOr<OpenedStore> opened = OpenStore("event.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened->store);
  }

  Transaction Begin() { return *store_->Begin(); }
  ReadView View() { return *store_->View(); }

  // Runs `body` on an Events in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Events&)>& body, const RunId& run = {}) {
    Transaction transaction = Begin();
    Events events(transaction, run);
    body(events);
    const absl::StatusOr<Receipt> receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
  // Appends one event {"n":number} to the stream.
  Lsn Append(std::string_view stream, std::string_view type, int number) {
    return Commit([&](Events& events) {
      const std::string payload = "{\"n\":" + std::to_string(number) + "}";
      EXPECT_TRUE(events.Append(stream, type, payload).ok());
    });
  }

  // "0:a{"n":1} 1:b{"n":2}", in the order of the scan; then "!" and the code of an error.
  static std::string Text(EventScan scan) {
    std::string text;
    for (const Event& event : scan) {
      if (!text.empty()) text += ' ';
      text += std::to_string(event.sequence) + ':' + std::string(event.type) +
              std::string(event.payload);
    }
    if (!scan.status().ok()) text += '!' + absl::StatusCodeToString(scan.status().code());
    return text;
  }
  // The sequences alone: "0 1 2".
  std::string Sequences(std::string_view stream, const EventScanOptions& options = {}) {
    ReadView view = View();
    std::string text;
    EventScan scan = Events(view).Scan(stream, options);
    for (const Event& event : scan) {
      if (!text.empty()) text += ' ';
      text += std::to_string(event.sequence);
    }
    EXPECT_TRUE(scan.status().ok()) << scan.status();
    return text;
  }

  testing_support::SimulatedEnvironment world_;
  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_EVENT_EVENT_STORE_FIXTURE_H_
