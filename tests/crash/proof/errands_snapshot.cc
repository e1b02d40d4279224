// Errands on single snapshots and manifests, and with primitives that differ from those that wrote
// them.
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "primitives/kv/kv.h"
#include "primitives/template/tally_primitive.h"
#include "snapshot/content.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/failing_primitive.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"
#include "tests/crash/proof/tallied_store.h"

namespace varve::crash {
namespace {

std::string SnapshotPath(Ground& ground, std::uint64_t lsn) {
  return ground.Path("store") + "/snapshots/" + snapshot::SnapshotFileName(Lsn(lsn));
}

absl::Status RestoreFrom(Ground& ground, std::uint64_t lsn, PrimitiveRegistry registry) {
  const PlaceEntry entry;
  return RestoreSnapshot(SnapshotPath(ground, lsn), ground.Path("target"), std::move(registry),
                         ground.Options())
      .status();
}

// A store of one transaction that a program with another tally has written, and its snapshot.
absl::Status MakeWith(Ground& ground, std::unique_ptr<Primitive> tally) {
  PrimitiveRegistry registry = BuiltinRegistry();
  VARVE_RETURN_IF_ERROR(registry.Register(std::move(tally)));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground.Path("store"), std::move(registry), ground.Options()));
  if (opened.store->visible_lsn() == Lsn()) VARVE_RETURN_IF_ERROR(AddOne(ground, *opened.store));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  return opened.store->Close();
}

absl::Status MakeLater(std::unique_ptr<Ground>& ground) {
  return MakeWith(*ground, std::make_unique<FailingPrimitive>(std::make_unique<TallyPrimitive>(),
                                                              /*later=*/1));
}
absl::Status RestoreLater(Ground& ground) {
  return Expect(absl::StatusCode::kUnimplemented, RestoreFrom(ground, 1, RegistryWithTally()));
}

// A placeholder whose section ends within an entry.
class CutPlaceholder final : public Primitive {
 public:
  CutPlaceholder() : below_(MakeCarriedPrimitive(RegistryWithTally().Fingerprint().back())) {}
  [[nodiscard]] const PrimitiveSpec& spec() const override { return below_->spec(); }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    return below_->Apply(entry, context);
  }
  [[nodiscard]] absl::Status Save(table::VersionStream& rows, SectionSink& sink) const override {
    while (rows.Next()) {
    }
    VARVE_RETURN_IF_ERROR(rows.status());
    return sink.Append(EncodeCarriedHeader({}) + "cut off");
  }
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
    return below_->Describe(entry);
  }

 private:
  const std::unique_ptr<Primitive> below_;
};

absl::Status MakeCut(std::unique_ptr<Ground>& ground) {
  return MakeWith(*ground, std::make_unique<CutPlaceholder>());
}
absl::Status RestoreCut(Ground& ground) {
  return Expect(absl::StatusCode::kDataLoss, RestoreFrom(ground, 1, RegistryWithTally()));
}

// A value that lies across chunks.
absl::Status MakeLarge(std::unique_ptr<Ground>& ground) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(*ground, "store"));
  const auto put = [](Transaction& transaction) {
    return Kv(transaction).Put("large", std::string(std::size_t{100} << 10, 'l'));
  };
  VARVE_RETURN_IF_ERROR(opened.store->Update(put).status());
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  return opened.store->Close();
}
// By a program that knows no primitive.
absl::Status RestoreLarge(Ground& ground) {
  const PlaceEntry entry;
  OpenOptions options = ground.Options();
  options.unknown_entries = UnknownEntries::kCarry;
  return RestoreSnapshot(SnapshotPath(ground, 1), ground.Path("target"), PrimitiveRegistry(),
                         options)
      .status();
}
absl::Status CheckLarge(Ground& ground, const absl::Status& /*result*/) {
  const absl::Status again = RestoreLarge(ground);
  if (!again.ok() && !absl::IsAlreadyExists(again)) {
    return Wrong("a second try fails", again.ToString());
  }
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(ground, "target", /*tally=*/false));
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const auto found, Kv(view).Get("large"));
  const bool whole = found.has_value() && found->value.size() == std::size_t{100} << 10;
  return whole ? absl::OkStatus() : Wrong("the value is another");
}

// As `varve check` does.
absl::Status DigestIt(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(ground, "store", true));
  VARVE_RETURN_IF_ERROR(opened.store->Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const auto state, opened.store->OpenMaterialized());
  return snapshot::DigestContent(*state, RegistryWithTally(), StepAtPlace).status();
}

// With a value that makes a buffer full, so that another thread writes it out.
absl::Status WriteIt(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(ground, "store", true));
  std::string noise(3000, '\0');
  ground.Options().environment.entropy->Fill(noise);
  const auto put = [&](Transaction& transaction) { return Kv(transaction).Put("noise", noise); };
  VARVE_RETURN_IF_ERROR(opened.store->Update(put).status());
  VARVE_RETURN_IF_ERROR(opened.store->Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const auto state, opened.store->OpenMaterialized());
  snapshot::SnapshotWriteOptions options;
  options.background_thread = true;
  options.cancelled = ground.Options().cancelled;
  return snapshot::WriteSnapshot(ground.Options().environment, SnapshotPath(ground, 255), *state,
                                 RegistryWithTally(), options)
      .status();
}

absl::Status UseInMemory(Ground& ground) {
  const PlaceEntry entry;
  const OpenOptions options = ground.Options();
  VARVE_ASSIGN_OR_RETURN(const auto store,
                         OpenInMemory(RegistryWithTally(), options.store, options.environment));
  return AddOne(ground, *store);
}

// A program has one primitive more.
absl::Status OpenWithMore(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground.Path("store"), RegistryWithTally(), ground.Options()));
  return opened.store->Close();
}
absl::Status CheckStore(Ground& ground, const absl::Status& /*result*/) {
  return CheckGoesOn(ground);
}

// More than a slot has room for.
absl::Status WriteLongManifests(Ground& ground) {
  const PlaceEntry entry;
  FileSystem& files = *ground.Options().environment.files;
  const std::string path = ground.Path("store") + "/MANIFEST";
  VARVE_ASSIGN_OR_RETURN(snapshot::Manifest manifest, snapshot::ReadManifest(files, path));
  for (std::uint64_t i = 0; i < 200; ++i) manifest.snapshots.push_back({Lsn(1000 + i), 1, {}});
  constexpr auto kTooLong = absl::StatusCode::kResourceExhausted;
  VARVE_RETURN_IF_ERROR(Expect(kTooLong, snapshot::UpdateManifest(files, path, manifest)));
  return Expect(kTooLong, snapshot::CreateManifest(files, ground.Path("MANIFEST"), manifest));
}

}  // namespace

std::vector<Errand> SnapshotErrands() {
  return {
      {"restore a later section", MakeLater, RestoreLater, CheckNothing, /*keeps_store=*/true},
      {"restore a cut section", MakeCut, RestoreCut, CheckNothing, /*keeps_store=*/true},
      {"restore what is large", MakeLarge, RestoreLarge, CheckLarge, /*keeps_store=*/true},
      {"digest", MakeTallied, DigestIt, CheckTallied},
      {"write a snapshot beside", MakeTallied, WriteIt, CheckTallied},
      {"in memory", MakeTallied, UseInMemory, CheckNothing, /*keeps_store=*/true},
      {"open with one more", MakeNumbered, OpenWithMore, CheckStore},
      {"write long manifests", MakeTallied, WriteLongManifests, CheckTallied, /*keeps_store=*/true},
  };
}

}  // namespace varve::crash
