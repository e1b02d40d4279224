// Tests: primitives/builtin.cc
#include <chrono>
#include <memory>
#include <string>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

Subject KvSubject() {
  const auto put = [](std::size_t key_bytes, std::size_t value_bytes) {
    return [key_bytes, value_bytes](Transaction& transaction, const RunId& run) {
      return Kv(transaction, run).Put(std::string(key_bytes, 'k'), std::string(value_bytes, 'v'));
    };
  };
  return {.make = [] { return std::make_unique<KvPrimitive>(); },
          .operate = crash::OperateKv,
          .refusals = {
              {"an empty key", put(0, 1)},
              {"a key past the limit", put(kKeyBytesMax + 1, 1)},
              {"a value past the limit", put(1, kValueBytesMax + 1)},
              {"a delete of an empty key",
               [](Transaction& transaction, const RunId& run) {
                 return Kv(transaction, run).Delete("");
               }},
              {"a batch with one bad key",
               [](Transaction& transaction, const RunId& run) {
                 const KvPair pairs[] = {{.key = "good", .value = "1"}, {.key = "", .value = "2"}};
                 return Kv(transaction, run).PutMany(pairs);
               }},
              {"a sweep of nothing",
               [](Transaction& transaction, const RunId& run) {
                 return Kv(transaction, run).SweepExpired(0).status();
               }},
              {"two expiries at once",
               [](Transaction& transaction, const RunId& run) {
                 return Kv(transaction, run)
                     .Put("key", "value",
                          {.expires = Timestamp(1), .ttl = std::chrono::microseconds(1)});
               }},
          }};
}

VARVE_PRIMITIVE_CONFORMANCE(Kv, KvSubject());

}  // namespace
}  // namespace varve
