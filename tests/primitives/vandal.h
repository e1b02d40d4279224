// Damage that no checksum sees: rows put and deleted as no Apply of the primitive would.
#ifndef VARVE_TESTS_PRIMITIVES_VANDAL_H_
#define VARVE_TESTS_PRIMITIVES_VANDAL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/primitive.h"
#include "kernel/store.h"
#include "recovery/open.h"

namespace varve {

// Another primitive, whose first entry type also takes payloads that say which row to put or
// delete.
class Vandal final : public Primitive {
 public:
  explicit Vandal(std::unique_ptr<Primitive> victim) : victim_(std::move(victim)) {}

  // nullopt: deletes the row.
  static absl::Status Change(Transaction& transaction, TableId table, const RunId& run,
                             std::string_view key, std::optional<std::string_view> value) {
    const Primitive* const victim = transaction.registry().FindById(table.primitive);
    std::string payload(kMark);
    payload.push_back(static_cast<char>(table.number));
    payload.push_back(value.has_value() ? '\1' : '\0');
    AppendLittleEndian(payload, static_cast<std::uint16_t>(key.size()));
    payload.append(key).append(value.value_or(""));
    return transaction.Write({.type = victim->spec().entry_range, .run = run, .payload = payload});
  }

  const PrimitiveSpec& spec() const override { return victim_->spec(); }
  absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    if (!entry.payload.starts_with(kMark)) return victim_->Apply(entry, context);
    ByteReader reader(entry.payload.substr(kMark.size()));
    const auto table = reader.Read<std::uint8_t>();
    const bool put = reader.Read<std::uint8_t>() != 0;
    const std::string_view key = reader.ReadBytes(reader.Read<std::uint16_t>());
    return put ? context.Put(table, key, reader.rest()) : context.Delete(table, key);
  }
  absl::Status AdmitRun(const RunId& run, Reader& reader) const override {
    return victim_->AdmitRun(run, reader);
  }
  absl::Status Observe(const Entry& entry, ApplyContext& context) const override {
    return victim_->Observe(entry, context);
  }
  absl::Status RebuildIndexes(ReadView& view) override { return victim_->RebuildIndexes(view); }
  void OnCommitted(Lsn lsn, Timestamp commit_time, std::span<const Mutation> mutations) override {
    victim_->OnCommitted(lsn, commit_time, mutations);
  }
  absl::Status CheckRows(ReadView& view, const CheckProgress& progress) const override {
    return victim_->CheckRows(view, progress);
  }
  EntryDescription Describe(const Entry& entry) const override { return victim_->Describe(entry); }

 private:
  static constexpr std::string_view kMark = "\xFF\xFFvandal";

  std::unique_ptr<Primitive> victim_;
};

// A store in memory of one primitive that can be damaged.
template <typename Victim>
class VandalizedStore : public ::testing::Test {
 protected:
  VandalizedStore() { Open(); }

  // An empty store: what was damaged before is gone.
  void Open() {
    PrimitiveRegistry registry;
    EXPECT_TRUE(registry.Register(std::make_unique<Vandal>(std::make_unique<Victim>())).ok());
    auto opened = OpenInMemory(std::move(registry));
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  void Commit(const std::function<absl::Status(Transaction&)>& body) {
    const absl::StatusOr<Receipt> receipt = store_->Update(body);
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  void PutRow(TableId table, std::string_view key, std::string_view value, const RunId& run = {}) {
    Commit([&](Transaction& to) { return Vandal::Change(to, table, run, key, value); });
  }
  void DeleteRow(TableId table, std::string_view key, const RunId& run = {}) {
    Commit([&](Transaction& to) { return Vandal::Change(to, table, run, key, std::nullopt); });
  }
  // The key and value of the row number `which` of a table.
  std::pair<std::string, std::string> RowAt(TableId table, int which, const RunId& run = {}) {
    std::pair<std::string, std::string> found;
    EXPECT_TRUE(store_
                    ->Read([&](ReadView& view) {
                      const auto scan = view.Scan(table, run, KeyRange::All());
                      for (int i = 0; i < which && scan->valid(); ++i) scan->Next();
                      if (!scan->valid()) return absl::NotFoundError("no such row");
                      found = {std::string(scan->row().key), std::string(scan->row().value)};
                      return scan->status();
                    })
                    .ok());
    return found;
  }

  absl::Status CheckRows(const Primitive::CheckProgress& progress) {
    const Victim victim;
    return store_->Read([&](ReadView& view) { return victim.CheckRows(view, progress); });
  }
  // What is wrong with the rows; empty where nothing is.
  std::string Fault() {
    const absl::Status status = CheckRows([](std::uint64_t) { return absl::OkStatus(); });
    EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
    return std::string(FromAbsl(status.message()));
  }

  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_VANDAL_H_
