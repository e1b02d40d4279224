// A primitive whose calls are places: each may fail.
#ifndef VARVE_TESTS_CRASH_PROOF_FAILING_PRIMITIVE_H_
#define VARVE_TESTS_CRASH_PROOF_FAILING_PRIMITIVE_H_

#include <memory>
#include <utility>

#include "kernel/primitive.h"

namespace varve::crash {

class FailingPrimitive final : public Primitive {
 public:
  explicit FailingPrimitive(std::unique_ptr<Primitive> below)
      : FailingPrimitive(std::move(below), /*later=*/0) {}
  // Its sections are of a version that is so much later.
  FailingPrimitive(std::unique_ptr<Primitive> below, std::uint8_t later);

  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override;
  [[nodiscard]] absl::Status Save(table::VersionStream& rows, SectionSink& sink) const override;
  [[nodiscard]] absl::Status Load(std::uint8_t section_version, SectionSource& source,
                                  RowSink& sink) const override;
  [[nodiscard]] absl::Status RebuildIndexes(ReadView& view) override;
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const override {
    return below_->Describe(entry);
  }

 private:
  const std::unique_ptr<Primitive> below_;
  PrimitiveSpec spec_;
};

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_FAILING_PRIMITIVE_H_
