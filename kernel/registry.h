// The primitives of a store, by number. Explicit: nothing registers itself.
#ifndef VARVE_KERNEL_REGISTRY_H_
#define VARVE_KERNEL_REGISTRY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kernel/primitive.h"

namespace varve {

// What the manifest remembers of one primitive: enough to name it where it is not registered.
struct RegisteredName {
  PrimitiveId id;
  EntryType entry_range = 0;
  std::string name;
  friend bool operator==(const RegisteredName&, const RegisteredName&) = default;
};

// Movable, not copyable. Not thread-safe until it is given to a store, which seals it.
class PrimitiveRegistry final {
 public:
  PrimitiveRegistry();  // knows the entries of the kernel itself (kernel/core_entry.h)
  PrimitiveRegistry(PrimitiveRegistry&&) = default;
  PrimitiveRegistry& operator=(PrimitiveRegistry&&) = default;

  // Takes `primitive` over. kAlreadyExists: its id, name, entry range or an entry type is taken
  // (the message says by whom). kInvalidArgument: the spec contradicts itself. kFailedPrecondition:
  // sealed. After an error the registry is as before.
  [[nodiscard]] absl::Status Register(std::unique_ptr<Primitive> primitive);

  void Seal() { sealed_ = true; }
  [[nodiscard]] bool sealed() const { return sealed_; }

  // nullptr where no primitive has it.
  [[nodiscard]] Primitive* FindById(PrimitiveId id) const { return by_id_[id.value()]; }
  [[nodiscard]] Primitive* FindByEntryType(EntryType type) const { return by_range_[type >> 4]; }
  // nullptr where the type is not declared (or its primitive not registered). The kernel's own
  // entries are declared, and belong to no primitive.
  [[nodiscard]] const EntrySpec* FindEntry(EntryType type) const { return by_type_[type]; }

  // As its primitive describes it, or the kernel for its own; empty where nobody knows the type.
  [[nodiscard]] EntryDescription Describe(const Entry& entry) const;

  // Those whose spec says admits_runs, and observes. Ascending by id.
  [[nodiscard]] const std::vector<Primitive*>& admitting() const { return admitting_; }
  [[nodiscard]] const std::vector<Primitive*>& observing() const { return observing_; }

  // Ascending by id.
  [[nodiscard]] const std::vector<std::unique_ptr<Primitive>>& primitives() const {
    return primitives_;
  }
  [[nodiscard]] std::vector<RegisteredName> Fingerprint() const;

 private:
  void ListHooks();

  std::vector<std::unique_ptr<Primitive>> primitives_;
  std::vector<Primitive*> admitting_;
  std::vector<Primitive*> observing_;
  std::array<Primitive*, 256> by_id_{};
  std::array<Primitive*, 16> by_range_{};
  std::array<const EntrySpec*, 256> by_type_{};
  bool sealed_ = false;
};

}  // namespace varve

#endif  // VARVE_KERNEL_REGISTRY_H_
