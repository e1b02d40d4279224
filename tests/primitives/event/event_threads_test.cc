// Many writers of one stream, and readers that wait for them.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/status.h"
#include "primitives/event/event_payload.h"
#include "tests/primitives/event/event_store_fixture.h"

namespace varve {
namespace {

// With threads of its own, as a program has it.
class EventThreadsTest : public testing::Test {
 protected:
  void SetUp() override {
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<EventPrimitive>()).ok());
    OpenOptions options;
    options.environment = world_.environment();
    options.materialized = [](const table::MaterializedOptions& wanted,
                              const table::AppliedMark& fresh)
        -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
      return table::MakeMemoryStore(wanted, fresh);
    };
    absl::StatusOr<OpenedStore> opened = OpenStore("event.varve", std::move(registry), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened->store);
  }

  // Appends one event in a transaction that is begun once: no retry.
  absl::StatusOr<Receipt> AppendOnce(std::string_view stream, std::string_view payload) {
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, store_->Begin());
    VARVE_RETURN_IF_ERROR(Events(transaction).Append(stream, "t", payload).status());
    return transaction.Commit(Durability::kDurable);
  }

  crash::SimulatedEnvironment world_;
  std::unique_ptr<Store> store_;
};

TEST_F(EventThreadsTest, SixteenWritersOfOneStreamNeverConflict) {
  constexpr int kThreads = 16;
  constexpr int kEach = 60;
  std::atomic<int> failures = 0;
  std::vector<std::vector<Lsn>> lsns(kThreads);
  std::vector<std::thread> writers;
  for (int number = 0; number < kThreads; ++number) {
    writers.emplace_back([&, number] {
      for (int i = 0; i < kEach; ++i) {
        const std::string payload =
            "{\"w\":" + std::to_string(number) + ",\"i\":" + std::to_string(i) + "}";
        const absl::StatusOr<Receipt> receipt = AppendOnce("s", payload);
        if (receipt.ok()) {
          lsns[static_cast<std::size_t>(number)].push_back(receipt->lsn);
        } else {
          failures.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_EQ(failures.load(), 0);

  ReadView view = *store_->View();
  Events events(view);
  EXPECT_EQ(*events.Length("s"), std::uint64_t{kThreads * kEach});
  std::uint64_t expected = 0;
  for (const Event& event : events.Scan("s")) EXPECT_EQ(event.sequence, expected++);
  EXPECT_EQ(events.VerifyChain("s")->verified, expected);
  // Each writer finds its own events by its receipts, in its own order.
  std::vector<bool> taken(expected, false);
  for (int number = 0; number < kThreads; ++number) {
    for (int i = 0; i < kEach; ++i) {
      const Lsn lsn = lsns[static_cast<std::size_t>(number)][static_cast<std::size_t>(i)];
      const EventSpan span = *events.Appended("s", lsn);
      ASSERT_EQ(span.count, 1u);
      EXPECT_FALSE(taken[span.first]);
      taken[span.first] = true;
      EXPECT_EQ((*events.Get("s", span.first))->payload,
                "{\"w\":" + std::to_string(number) + ",\"i\":" + std::to_string(i) + "}");
    }
  }
}

TEST_F(EventThreadsTest, AnAppendBehindALookConflictsWithOneInBetween) {
  Transaction careful = *store_->Begin();
  EXPECT_EQ(*Events(careful).Length("s"), 0u);
  ASSERT_TRUE(Events(careful).Append("s", "t", "{}").ok());
  ASSERT_TRUE(AppendOnce("s", "{}").ok());
  EXPECT_EQ(careful.Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(EventThreadsTest, ATailIsWokenByACommit) {
  std::vector<EventCopy> seen;
  std::thread reader([&] {
    while (seen.size() < 30) {
      absl::StatusOr<std::vector<EventCopy>> fresh =
          Events::Tail(*store_, "s", seen.size(), {.patience = std::chrono::seconds(60)});
      ASSERT_TRUE(fresh.ok()) << fresh.status();
      ASSERT_FALSE(fresh->empty());
      for (EventCopy& event : *fresh) seen.push_back(std::move(event));
    }
  });
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(AppendOnce("noise", "{}").ok());
    ASSERT_TRUE(AppendOnce("s", "{\"i\":" + std::to_string(i) + "}").ok());
  }
  reader.join();
  ASSERT_EQ(seen.size(), 30u);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].sequence, i);
    EXPECT_EQ(seen[i].payload, "{\"i\":" + std::to_string(i) + "}");
  }
}

TEST_F(EventThreadsTest, ATailGivesUpWhenItsPatienceEnds) {
  ASSERT_TRUE(AppendOnce("s", "{}").ok());
  const auto none = Events::Tail(*store_, "s", 1, {.patience = std::chrono::milliseconds(1)});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(Events::Tail(*store_, "s", 0, {.patience = {}, .limit = 1})->size(), 1u);
  EXPECT_EQ(Events::Tail(*store_, "s", 0, {.limit = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(EventThreadsTest, ATailOfAStoreThatIsClosedIsRefused) {
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(Events::Tail(*store_, "s", 0).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace varve
