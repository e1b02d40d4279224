// Tests: primitives/builtin.cc
#include <chrono>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

// A few keys, one of them the longest there can be, one of bytes that are no text.
std::string AnyKey(std::mt19937_64& random) {
  const std::uint64_t choice = random() % 10;
  if (choice == 0) return std::string(kKeyBytesMax, 'L');
  if (choice == 1) return std::string("\0\xFF\n", 3);
  return "key/" + std::to_string(choice);
}

std::string AnyValue(std::mt19937_64& random) {
  if (random() % 3 == 0) return std::to_string(random() % 1000);
  return std::string(random() % 100, static_cast<char>(random()));
}

absl::Status Operate(Transaction& transaction, const RunId& run, std::mt19937_64& random) {
  Kv kv(transaction, run);
  const std::string key = AnyKey(random);
  switch (random() % 10) {
    case 0:
    case 1:
      return kv.Put(key, AnyValue(random));
    case 2:
      return kv.Put(key, AnyValue(random),
                    {.ttl = std::chrono::microseconds(1 + random() % 5'000'000)});
    case 3:
      return kv.Put(key, AnyValue(random), {.expires = Timestamp(random())});
    case 4:
      return kv.Delete(key);
    case 5:
      return kv.PutIfAbsent(key, AnyValue(random)).status();
    case 6:
      return kv.CompareAndSet(key, Lsn(random() % 40), AnyValue(random)).status();
    case 7: {
      const std::string other = AnyKey(random);
      const KvPair pairs[] = {{.key = key, .value = "1"}, {.key = other, .value = "2"}};
      return kv.PutMany(pairs);
    }
    case 8:
      return kv.Increment(key, static_cast<std::int64_t>(random() % 100)).status();
    default:
      return kv.SweepExpired(1 + random() % 4).status();
  }
}

Subject KvSubject() {
  const auto put = [](std::size_t key_bytes, std::size_t value_bytes) {
    return [key_bytes, value_bytes](Transaction& transaction, const RunId& run) {
      return Kv(transaction, run).Put(std::string(key_bytes, 'k'), std::string(value_bytes, 'v'));
    };
  };
  return {.make = [] { return std::make_unique<KvPrimitive>(); },
          .operate = Operate,
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
