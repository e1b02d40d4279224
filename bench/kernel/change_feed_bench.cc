// What following a store costs: transactions read back from the log by a ChangeFeed, beside the
// limit, which is reading the same bytes and taking their checksum.
#include "kernel/change_feed.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "kernel/base/crc32c.h"
#include "kernel/io/file_system.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "recovery/open.h"

namespace varve {
namespace {

// A store on disk that holds `count` transactions of one KV put of 16 + 100 bytes.
class LoadedStore final {
 public:
  explicit LoadedStore(std::int64_t count)
      : root_(std::filesystem::temp_directory_path() /
              ("change_feed_bench_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    PrimitiveRegistry registry;
    if (!registry.Register(std::make_unique<KvPrimitive>()).ok()) return;
    auto opened = OpenStore((root_ / "a.varve").string(), std::move(registry));
    if (!opened.ok()) return;
    store_ = std::move(opened->store);
    const std::string value(100, 'v');
    for (std::int64_t i = 0; i < count && status_.ok(); ++i) {
      std::string key = std::to_string(i);
      key.insert(0, 16 - key.size(), '0');
      status_ =
          store_
              ->Update([&](Transaction& transaction) { return Kv(transaction).Put(key, value); },
                       {.durability = Durability::kBuffered})
              .status();
    }
    if (status_.ok()) status_ = store_->Sync();
  }
  ~LoadedStore() {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  LoadedStore(const LoadedStore&) = delete;
  LoadedStore& operator=(const LoadedStore&) = delete;

  [[nodiscard]] bool ok() const { return store_ != nullptr && status_.ok(); }
  [[nodiscard]] Store& store() { return *store_; }

 private:
  const std::filesystem::path root_;
  std::unique_ptr<Store> store_;
  absl::Status status_;
};

// Items are transactions.
void BM_ChangesFromTheStart(benchmark::State& state) {
  LoadedStore loaded(state.range(0));
  if (!loaded.ok()) return state.SkipWithError("no store");
  for (auto _ : state) {
    auto feed = loaded.store().Changes(Lsn());
    if (!feed.ok()) return state.SkipWithError("no feed");
    std::int64_t shown = 0;
    while (true) {
      const auto next = feed->Next();
      if (!next.ok() || !next->has_value()) break;
      ++shown;
    }
    if (shown != state.range(0)) return state.SkipWithError("transactions are missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ChangesFromTheStart)->Arg(1'000)->Arg(10'000)->Arg(100'000);

// The limit: the same files, read in pieces of the feed's window, and one checksum over each.
void BM_ReadTheSameFiles(benchmark::State& state) {
  LoadedStore loaded(state.range(0));
  if (!loaded.ok()) return state.SkipWithError("no store");
  FileSystem& files = PosixFileSystem();
  const std::string folder = loaded.store().directory() + "/wal";
  const auto names = files.List(folder);
  std::string buffer(std::size_t{64} << 10, '\0');
  for (auto _ : state) {
    for (const std::string& name : *names) {
      const auto file = files.Open(JoinPath(folder, name), OpenMode::kRead);
      for (std::uint64_t offset = 0; file.ok(); offset += buffer.size()) {
        const auto read = (*file)->ReadAt(offset, {buffer.data(), buffer.size()});
        if (!read.ok() || *read == 0) break;
        benchmark::DoNotOptimize(Crc32c(std::string_view(buffer).substr(0, *read)));
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ReadTheSameFiles)->Arg(1'000)->Arg(10'000)->Arg(100'000);

// From the newest transaction on, which is where followers mostly begin.
void BM_ChangesFromTheEnd(benchmark::State& state) {
  LoadedStore loaded(state.range(0));
  if (!loaded.ok()) return state.SkipWithError("no store");
  const Lsn newest = loaded.store().visible_lsn();
  for (auto _ : state) {
    auto feed = loaded.store().Changes(newest);
    if (!feed.ok()) return state.SkipWithError("no feed");
    benchmark::DoNotOptimize(feed->position());
  }
}
BENCHMARK(BM_ChangesFromTheEnd)->Arg(1'000)->Arg(10'000)->Arg(100'000);

}  // namespace
}  // namespace varve
