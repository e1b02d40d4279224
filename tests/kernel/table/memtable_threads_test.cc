// One writer and two readers at once: what a reader was told of it sees, whole and for good.
// Meant for the thread sanitizer; the assertions hold without it too.
#include <atomic>
#include <random>
#include <thread>

#include "gtest/gtest.h"
#include "kernel/base/codec.h"
#include "kernel/table/memtable.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

constexpr std::uint64_t kKeys = 600;
constexpr std::uint64_t kTransactions = 4000;

std::string KeyOf(std::uint64_t number) {
  std::string key = "key";
  AppendBigEndian64(key, number * 0x9E3779B97F4A7C15u);
  return key;
}

// Transaction `lsn` writes `lsn` to two keys, so that at every LSN each row's value is its own LSN,
// and which LSN that is can be computed: key k is written by transactions k, k + kKeys / 2, ...
// It also adds a key that is all its own, so that new keys appear from first to last.
class Writer final {
 public:
  void Run() {
    for (std::uint64_t lsn = 1; lsn <= kTransactions; ++lsn) {
      for (const std::uint64_t key : {lsn % kKeys, (lsn + kKeys / 2) % kKeys, kKeys + lsn}) {
        Put(key, lsn);
      }
      published_.store(lsn, std::memory_order_release);
    }
  }
  [[nodiscard]] Lsn published() const { return Lsn(published_.load(std::memory_order_acquire)); }
  [[nodiscard]] const Memtable& table() const { return table_; }

  // The newest transaction up to `at` that wrote the key; 0: none.
  static std::uint64_t ExpectedLsn(std::uint64_t key, std::uint64_t at) {
    const std::uint64_t phase = key % (kKeys / 2);
    if (phase > at) return 0;
    return phase + (at - phase) / (kKeys / 2) * (kKeys / 2);
  }

 private:
  void Put(std::uint64_t key, std::uint64_t lsn) {
    const std::string row_key = KeyOf(key);
    const std::string value = std::to_string(lsn);
    table_.Put(row_key, HashRowKey(row_key), {Lsn(lsn), Timestamp(lsn), false, value});
  }

  Memtable table_{0};  // starts small: the index grows under the readers
  std::atomic<std::uint64_t> published_{0};
};

void CheckGets(const Writer& writer, Lsn at, std::mt19937_64& random) {
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t number = random() % kKeys;
    const std::string key = KeyOf(number);
    const std::uint64_t expected = Writer::ExpectedLsn(number, at.value());
    const auto version = writer.table().Get(key, HashRowKey(key), at);
    ASSERT_EQ(version.has_value(), expected != 0);
    if (!version.has_value()) continue;
    ASSERT_EQ(version->lsn.value(), expected);
    ASSERT_EQ(version->value, std::to_string(expected));
    ASSERT_GE(writer.table().NewestLsn(key, HashRowKey(key)).value(), expected);
  }
}

// Keys that may be appearing at this very moment, which nobody has told the reader of: each is
// either not there or there in full.
void CheckKeysAhead(const Writer& writer, Lsn published) {
  for (std::uint64_t lsn = published.value() + 1; lsn < published.value() + 200; ++lsn) {
    const std::string key = KeyOf(kKeys + lsn);
    const auto version = writer.table().Get(key, HashRowKey(key), kLsnMax);
    if (!version.has_value()) continue;
    ASSERT_EQ(version->lsn, Lsn(lsn));
    ASSERT_EQ(version->value, std::to_string(lsn));
  }
}

void CheckScan(const Writer& writer, Lsn at, bool forward) {
  const auto cursor = writer.table().NewCursor(at);
  std::uint64_t rows = 0;
  std::string_view last;
  forward ? cursor->SeekAtOrAfter("") : cursor->SeekBefore("");
  for (; cursor->valid(); forward ? cursor->Next() : cursor->Previous()) {
    if (rows > 0) {
      ASSERT_EQ(last < cursor->row_key(), forward);
    }
    last = cursor->row_key();
    ASSERT_LE(cursor->version().lsn, at);
    ASSERT_EQ(cursor->version().value, std::to_string(cursor->version().lsn.value()));
    ++rows;
  }
  std::uint64_t expected = at.value();
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    expected += Writer::ExpectedLsn(key, at.value()) != 0 ? 1 : 0;
  }
  ASSERT_EQ(rows, expected);
}

void CheckMutations(const Writer& writer, Lsn at) {
  const Lsn after(at.value() > 20 ? at.value() - 20 : 0);
  std::uint64_t mutations = 0;
  EXPECT_TRUE(writer.table().VisitMutationsSince(after, [&mutations](std::string_view key) {
    ++mutations;
    return key.starts_with("key");
  }));
  ASSERT_GE(mutations, (at.value() - after.value()) * 3);
}

void Read(const Writer& writer, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Lsn at;
  for (std::uint64_t round = 0; at.value() < kTransactions; ++round) {
    const Lsn published = writer.published();
    ASSERT_GE(published, at);
    ASSERT_GE(writer.table().last_lsn(), published);
    ASSERT_GE(writer.table().mutations(), published.value() * 3);
    at = published;
    ASSERT_NO_FATAL_FAILURE(CheckKeysAhead(writer, at));
    if (at == Lsn()) continue;
    ASSERT_NO_FATAL_FAILURE(CheckGets(writer, at, random));
    ASSERT_NO_FATAL_FAILURE(CheckGets(writer, Lsn(1 + random() % at.value()), random));
    ASSERT_NO_FATAL_FAILURE(CheckScan(writer, at, round % 2 == 0));
    ASSERT_NO_FATAL_FAILURE(CheckMutations(writer, at));
    ASSERT_GT(writer.table().bytes(), 0u);
  }
}

TEST(MemtableThreads, ReadersSeeAllThatWasPublishedToThemWhileAWriterGoesOn) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t round = 0; round < 4; ++round) {
    Writer writer;
    std::thread first([&] { Read(writer, seed + round); });
    std::thread second([&] { Read(writer, seed - round - 1); });
    writer.Run();
    first.join();
    second.join();
    ASSERT_EQ(writer.table().mutations(), kTransactions * 3);
  }
}

}  // namespace
}  // namespace varve::table
