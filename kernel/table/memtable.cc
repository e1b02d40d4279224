// Invariants:
// (M1) Only the writer changes arena_, index_, log_ and nodes; readers meet a key through the index
//      or the log after all of it was written (release stores there, acquire loads in the readers).
// (M2) A Put is complete, in all three, before it returns: whoever learns of its LSN from the
//      writer finds it by key, in order, and in the log.
#include "kernel/table/memtable.h"

#include <algorithm>
#include <random>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/table/hash_index.h"
#include "kernel/table/mutation_log.h"
#include "kernel/table/ordered_keys.h"

namespace varve::table {
namespace {

// No key that has a version costs less (KeyNode 24, Version 40, log 16, and the key), so an index
// with a slot for this many bytes does not grow before the memtable is as full as expected.
constexpr std::uint64_t kBytesPerSlot = 64;
// More than the default size needs. An index for a memtable of many gigabytes would be spread over
// so many pages that finding the way to them costs more than growing it when it comes to that.
constexpr std::uint64_t kSlotsAtOnceMax = std::uint64_t{1} << 20;

struct HashSeeds {
  std::uint64_t length;
  std::uint64_t front;
  std::uint64_t back;
};

// Drawn anew by each process, so that nobody can prepare keys that all collide. Hashes never leave
// the process and decide no order that anyone can see.
HashSeeds DrawSeeds() {
  std::random_device device;
  const auto draw = [&device] {
    const std::uint64_t high = device();
    return high << 32 | device() | 1;
  };
  return {draw(), draw(), draw()};
}

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t HashRowKey(std::string_view row_key) {
  static const HashSeeds seeds = DrawSeeds();
  const char* from = row_key.data();
  std::size_t left = row_key.size();
  std::uint64_t state = seeds.length ^ left;
  for (; left > 16; left -= 16, from += 16) {
    state = Mix(LoadLittleEndian<std::uint64_t>(from) ^ seeds.front,
                LoadLittleEndian<std::uint64_t>(from + 8) ^ state);
  }
  std::uint64_t front = 0;
  std::uint64_t back = 0;
  if (left >= 8) {
    front = LoadLittleEndian<std::uint64_t>(from);
    back = LoadLittleEndian<std::uint64_t>(from + left - 8);
  } else if (left >= 4) {
    front = LoadLittleEndian<std::uint32_t>(from);
    back = LoadLittleEndian<std::uint32_t>(from + left - 4);
  } else {
    for (; left > 0; --left) front = front << 8 | static_cast<unsigned char>(*from++);
  }
  return Mix(Mix(front ^ seeds.front, back ^ state) ^ row_key.size(), seeds.back);
}

class Memtable::Impl final {
 public:
  explicit Impl(std::uint64_t bytes_expected)
      : index_(std::min(bytes_expected / kBytesPerSlot, kSlotsAtOnceMax)), order_(log_) {}

  void Put(std::string_view row_key, std::uint64_t hash, const RowVersion& version) {
    VARVE_CHECK(version.lsn.value() >= last_lsn_.load(std::memory_order_relaxed));
    KeyNode* node = index_.Find(row_key, hash);
    const bool new_key = node == nullptr;
    if (new_key) {
      node = NewKeyNode(arena_, row_key, hash, version);
      index_.Insert(node);
    } else {
      const Version* const newest = node->newest.load(std::memory_order_relaxed);
      char* const memory = arena_.Allocate(VersionBytes(version));
      node->newest.store(WriteVersion(memory, version, newest), std::memory_order_release);
    }
    log_.Append(arena_, version.lsn, node, new_key);
    last_lsn_.store(version.lsn.value(), std::memory_order_release);
  }

  [[nodiscard]] const KeyNode* Find(std::string_view row_key, std::uint64_t hash) const {
    return index_.Find(row_key, hash);
  }
  // Sorts what is not sorted yet: readers share the work, which changes nothing that they see.
  [[nodiscard]] OrderedKeys Keys() { return OrderedKeys(order_.Current()); }
  [[nodiscard]] std::uint64_t key_count() const { return index_.keys(); }
  [[nodiscard]] const MutationLog& log() const { return log_; }
  [[nodiscard]] std::uint64_t bytes() const {
    return arena_.bytes() + index_.bytes() + order_.bytes();
  }
  [[nodiscard]] Lsn last_lsn() const { return Lsn(last_lsn_.load(std::memory_order_acquire)); }

 private:
  Arena arena_;
  HashIndex index_;
  MutationLog log_;
  KeyOrder order_;
  std::atomic<std::uint64_t> last_lsn_{0};
};

namespace {

class MemtableCursor final : public Cursor {
 public:
  MemtableCursor(OrderedKeys keys, Lsn at) : keys_(std::move(keys)), at_(at) {}

  void SeekAtOrAfter(std::string_view row_key) override {
    keys_.SeekAtOrAfter(row_key);
    SettleForward();
  }
  void SeekBefore(std::string_view row_key) override {
    keys_.SeekBefore(row_key);
    SettleBackward();
  }
  void Next() override {
    keys_.Next();
    SettleForward();
  }
  void Previous() override {
    keys_.Previous();
    SettleBackward();
  }

  [[nodiscard]] bool valid() const override { return keys_.node() != nullptr; }
  [[nodiscard]] std::string_view row_key() const override { return keys_.node()->key(); }
  [[nodiscard]] const RowVersion& version() const override { return version_; }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  // Moves on from keys that are younger than `at`.
  void SettleForward() {
    while (keys_.node() != nullptr && !Load()) keys_.Next();
  }
  void SettleBackward() {
    while (keys_.node() != nullptr && !Load()) keys_.Previous();
  }
  bool Load() {
    const Version* const version = NewestAt(*keys_.node(), at_);
    if (version != nullptr) version_ = version->row_version();
    return version != nullptr;
  }

  OrderedKeys keys_;
  Lsn at_;
  RowVersion version_;
};

class MemtableVersions final : public VersionStream {
 public:
  MemtableVersions(OrderedKeys keys, std::uint64_t key_count)
      : keys_(std::move(keys)), key_count_(key_count) {}

  bool Next() override {
    if (!begun_) {
      begun_ = true;
      keys_.SeekAtOrAfter({});
    } else if (keys_.node() != nullptr) {
      keys_.Next();
    }
    const KeyNode* const node = keys_.node();
    next_ = node == nullptr ? nullptr : node->newest.load(std::memory_order_acquire);
    return node != nullptr;
  }
  [[nodiscard]] std::string_view row_key() const override { return keys_.node()->key(); }
  [[nodiscard]] std::optional<RowVersion> NextVersion() override {
    if (next_ == nullptr) return std::nullopt;
    const Version* const version = std::exchange(next_, next_->previous);
    return version->row_version();
  }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }
  [[nodiscard]] std::uint64_t key_count() const override { return key_count_; }

 private:
  OrderedKeys keys_;
  const std::uint64_t key_count_;
  bool begun_ = false;
  const Version* next_ = nullptr;
};

}  // namespace

Memtable::Memtable(std::uint64_t bytes_expected) : impl_(std::make_unique<Impl>(bytes_expected)) {}

Memtable::~Memtable() = default;

void Memtable::Put(std::string_view row_key, std::uint64_t hash, const RowVersion& version) {
  impl_->Put(row_key, hash, version);
}

std::optional<RowVersion> Memtable::Get(std::string_view row_key, std::uint64_t hash,
                                        Lsn at) const {
  const KeyNode* const node = impl_->Find(row_key, hash);
  if (node == nullptr) return std::nullopt;
  const Version* const version = NewestAt(*node, at);
  if (version == nullptr) return std::nullopt;
  return version->row_version();
}

Lsn Memtable::NewestLsn(std::string_view row_key, std::uint64_t hash) const {
  const KeyNode* const node = impl_->Find(row_key, hash);
  return node == nullptr ? Lsn() : node->newest.load(std::memory_order_acquire)->lsn;
}

std::unique_ptr<Cursor> Memtable::NewCursor(Lsn at) const {
  return std::make_unique<MemtableCursor>(impl_->Keys(), at);
}

bool Memtable::VisitMutationsSince(
    Lsn after, const std::function<bool(std::string_view row_key)>& visit) const {
  return impl_->log().VisitSince(after, visit);
}

std::unique_ptr<VersionStream> Memtable::NewVersionStream() const {
  return std::make_unique<MemtableVersions>(impl_->Keys(), impl_->key_count());
}

std::uint64_t Memtable::bytes() const { return impl_->bytes(); }

std::uint64_t Memtable::mutations() const { return impl_->log().size(); }

Lsn Memtable::last_lsn() const { return impl_->last_lsn(); }

}  // namespace varve::table
