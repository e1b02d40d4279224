#include <gtest/gtest.h>

#include <vector>

#include "kernel/wal/writer.h"

namespace varve::wal {
namespace {

TEST(VolatileLog, EachRecordIsDurableAtOnce) {
  std::vector<Lsn> announced;
  const auto log =
      MakeVolatileLog(Lsn(7), {.on_durable = [&](Lsn lsn) { announced.push_back(lsn); }});
  EXPECT_EQ(log->durable_lsn(), Lsn(7));
  RecordDraft draft;
  draft.body = "12345678";
  EXPECT_EQ(*log->Append(draft), Lsn(8));
  EXPECT_EQ(log->durable_lsn(), Lsn(8));
  EXPECT_EQ(announced, std::vector<Lsn>{Lsn(8)});
  EXPECT_TRUE(log->WaitDurable(Lsn(8)).ok());
  EXPECT_EQ(log->WaitDurable(Lsn(9)).code(), absl::StatusCode::kInvalidArgument);
  int called = 0;
  log->NotifyDurable(Lsn(8), [&](const absl::Status& status) { called += status.ok() ? 1 : 0; });
  EXPECT_EQ(called, 1);
  EXPECT_EQ(log->stats().records, 1u);
  EXPECT_EQ(log->stats().record_bytes, 56u);
}

TEST(VolatileLog, ClosedItTakesNothingMore) {
  const auto log = MakeVolatileLog(Lsn(), {});
  EXPECT_TRUE(log->Close().ok());
  EXPECT_TRUE(log->Close().ok());
  EXPECT_EQ(log->Append({}).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace varve::wal
