// A store in memory that keeps all history, and short words for what tests do to runs.
#ifndef VARVE_TESTS_PRIMITIVES_RUN_RUN_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_RUN_RUN_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/store.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "primitives/run/run_replay.h"
#include "primitives/run/runs.h"
#include "recovery/open.h"

namespace varve {

class RunFixture : public testing::Test {
 protected:
  RunFixture() {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    StoreOptions options;
    options.history.keep = std::chrono::microseconds::max();
    auto opened = OpenInMemory(std::move(registry), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  static RunId Id(std::uint8_t number) { return RunId({number, 9}); }

  absl::Status Change(const std::function<absl::Status(Runs&)>& body) {
    return store_
        ->Update([&](Transaction& txn) {
          Runs runs(txn);
          return body(runs);
        })
        .status();
  }
  RunId Create(RunOptions options = {}) {
    const auto id = CreateRun(*store_, options);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : RunId();
  }
  absl::Status End(const RunId& run, RunStatus status) {
    return Change([&](Runs& runs) { return runs.End(run, status); });
  }
  absl::Status Put(const RunId& run, std::string_view key, std::string_view value) {
    return store_->Update([&](Transaction& txn) { return Kv(txn, run).Put(key, value); }).status();
  }
  std::string Value(Reader& reader, const RunId& run, std::string_view key) {
    const auto row = Kv(reader, run).Get(key);
    return row.ok() && row->has_value() ? std::string((*row)->value) : "absent";
  }
  std::string Value(const RunId& run, std::string_view key) {
    auto view = store_->View();
    return Value(*view, run, key);
  }
  RunInfo Info(const RunId& run) {
    auto view = store_->View();
    const auto info = Runs(*view).Get(run);
    EXPECT_TRUE(info.ok() && info->has_value()) << info.status();
    return info.ok() && info->has_value() ? **info : RunInfo();
  }
  std::vector<RunId> List(const RunFilter& filter) {
    auto view = store_->View();
    std::vector<RunId> ids;
    const auto found = Runs(*view).List(filter);
    EXPECT_TRUE(found.ok()) << found.status();
    for (const RunInfo& info : *found) ids.push_back(info.id);
    return ids;
  }

  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_RUN_RUN_FIXTURE_H_
