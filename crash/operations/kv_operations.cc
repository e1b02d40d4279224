// A few keys, one of them the longest there can be, put, deleted, expired, counted.
#include <chrono>
#include <string>

#include "crash/operations/operations.h"
#include "kernel/base/limits.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"

namespace varve::crash {
namespace {

// A few keys, one of them the longest there can be, one of bytes that are no text.
std::string AnyKey(Decisions& random) {
  const std::uint64_t choice = random.Below(10);
  if (choice == 0) return std::string(kKeyBytesMax, 'L');
  if (choice == 1) return std::string("\0\xFF\n", 3);
  return "key/" + std::to_string(choice);
}

std::string AnyValue(Decisions& random) {
  if (random.Below(3) == 0) return std::to_string(random.Below(1000));
  return std::string(random.Below(100), static_cast<char>(random()));
}

}  // namespace

absl::Status OperateKv(Transaction& transaction, const RunId& run, Decisions& random) {
  Kv kv(transaction, run);
  const std::string key = AnyKey(random);
  switch (random.Below(10)) {
    case 0:
    case 1:
      return kv.Put(key, AnyValue(random));
    case 2:
      return kv.Put(key, AnyValue(random),
                    {.ttl = std::chrono::microseconds(1 + random.Below(5'000'000))});
    case 3:
      return kv.Put(key, AnyValue(random), {.expires = Timestamp(random())});
    case 4:
      return kv.Delete(key);
    case 5:
      return kv.PutIfAbsent(key, AnyValue(random)).status();
    case 6:
      return kv.CompareAndSet(key, Lsn(random.Below(40)), AnyValue(random)).status();
    case 7: {
      const std::string other = AnyKey(random);
      const KvPair pairs[] = {{.key = key, .value = "1"}, {.key = other, .value = "2"}};
      return kv.PutMany(pairs);
    }
    case 8:
      return kv.Increment(key, static_cast<std::int64_t>(random.Below(100))).status();
    default:
      return kv.SweepExpired(1 + random.Below(4)).status();
  }
}

}  // namespace varve::crash
