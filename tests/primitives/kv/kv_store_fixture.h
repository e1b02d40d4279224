// A store with KV in it, in a simulated world whose clock the test sets.
#ifndef VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "tests/primitives/primitive_store_fixture.h"

namespace varve {

class KvStoreTest : public PrimitiveStoreTest {
 protected:
  void Register(PrimitiveRegistry& registry) override { RegisterBuiltinPrimitives(registry); }

  // Runs `body` on a handle in a transaction of its own and commits.
  Lsn Commit(const std::function<void(Kv&)>& body, const RunId& run = {}) {
    return CommitThrough<Kv>(body, run);
  }
  Lsn Put(std::string_view key, std::string_view value, const KvPutOptions& options = {}) {
    return Commit([&](Kv& kv) { EXPECT_TRUE(kv.Put(key, value, options).ok()); });
  }

  // "<none>" where there is no such key.
  static std::string Value(const Kv& kv, std::string_view key) {
    const absl::StatusOr<std::optional<KvRow>> row = kv.Get(key);
    if (!row.ok()) return std::string(row.status().message());
    return row->has_value() ? std::string((*row)->value) : "<none>";
  }
  std::string Value(std::string_view key, const RunId& run = {}) {
    ReadView view = View();
    return Value(Kv(view, run), key);
  }
  // "a=1 b=2", in the order of the scan; then "!" and the code where it ended in an error.
  static std::string Text(KvScan scan) {
    std::string text;
    for (const KvRow& row : scan) {
      if (!text.empty()) text += ' ';
      text += std::string(row.key) + '=' + std::string(row.value);
    }
    if (!scan.status().ok()) text += '!' + absl::StatusCodeToString(scan.status().code());
    return text;
  }
  std::string Scan(const KvScanOptions& options = {}) {
    ReadView view = View();
    return Text(Kv(view).Scan(options));
  }
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_KV_KV_STORE_FIXTURE_H_
