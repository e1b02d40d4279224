// What a varve_result is: items of one kind, and all that they point to.
#ifndef VARVE_BINDINGS_C_LISTING_H_
#define VARVE_BINDINGS_C_LISTING_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/arguments.h"
#include "bindings/c/varve_result.h"

struct varve_result {
  explicit varve_result(const void* kind_of_item) : kind(kind_of_item) {}
  virtual ~varve_result() = default;
  [[nodiscard]] virtual std::size_t count() const = 0;
  [[nodiscard]] virtual const void* at(std::size_t index) const = 0;  // index < count()

  const void* const kind;
  bool more = false;
  std::string cursor{};
};

namespace varve_c {

// Its address tells kinds of items apart.
template <typename Item>
inline constexpr char kKind = 0;

template <typename Item>
class Listing final : public varve_result {
 public:
  Listing() : varve_result(&kKind<Item>) {}
  [[nodiscard]] std::size_t count() const override { return items_.size(); }
  [[nodiscard]] const void* at(std::size_t index) const override {
    return items_[index].has_value() ? &*items_[index] : nullptr;
  }

  // Valid until the next one is added.
  Item& Add() {
    Item& item = items_.emplace_back(Item{}).value();
    if constexpr (!std::is_same_v<Item, varve_slice>) item.struct_size = sizeof(Item);
    return item;
  }
  void AddAbsent() { items_.emplace_back(std::nullopt); }

  // What items may point to: they live as long as the listing.
  varve_slice Keep(std::string text) { return SliceOf(texts_.emplace_back(std::move(text))); }
  const varve_slice* Keep(const std::vector<std::string>& kept_texts) {
    std::vector<varve_slice>& slices = slices_.emplace_back();
    for (const std::string& text : kept_texts) slices.push_back(SliceOf(text));
    return slices.data();
  }
  template <typename Source>
  const Source& KeepSource(Source source) {
    auto kept = std::make_shared<const Source>(std::move(source));
    const Source& reference = *kept;
    sources_.push_back(std::move(kept));
    return reference;
  }

 private:
  std::vector<std::optional<Item>> items_;
  std::deque<std::string> texts_;
  std::deque<std::vector<varve_slice>> slices_;
  std::vector<std::shared_ptr<const void>> sources_;
};

// A listing with an item of each source (none for a source that is nullopt), made by
// fill(source, item, listing).
template <typename Item, typename Source, typename Fill>
[[nodiscard]] std::unique_ptr<Listing<Item>> ListOf(std::vector<Source> sources, const Fill& fill) {
  auto listing = std::make_unique<Listing<Item>>();
  for (const Source& source : listing->KeepSource(std::move(sources))) {
    if constexpr (requires { source.has_value(); }) {
      if (source.has_value()) {
        fill(*source, listing->Add(), *listing);
      } else {
        listing->AddAbsent();
      }
    } else {
      fill(source, listing->Add(), *listing);
    }
  }
  return listing;
}
template <typename Item, typename Source, typename Fill>
[[nodiscard]] std::unique_ptr<Listing<Item>> ListOf(std::optional<Source> source,
                                                    const Fill& fill) {
  std::vector<Source> sources;
  if (source.has_value()) sources.push_back(*std::move(source));
  return ListOf<Item>(std::move(sources), fill);
}

template <typename Item>
[[nodiscard]] const Item* ItemOf(const varve_result* result, std::size_t index) {
  if (result == nullptr || result->kind != &kKind<Item> || index >= result->count()) return nullptr;
  return static_cast<const Item*>(result->at(index));
}

// Pages: where the caller asks for `limit`, one item more tells whether there are more.
[[nodiscard]] inline std::uint64_t LimitOf(std::uint64_t limit, std::uint64_t usual = 1000) {
  return limit == 0 ? usual : limit;
}
[[nodiscard]] inline std::uint64_t OneMore(std::uint64_t limit) {
  return limit == ~std::uint64_t{0} ? limit : limit + 1;
}
template <typename Source>
[[nodiscard]] bool CutPage(std::vector<Source>& sources, std::uint64_t limit) {
  if (sources.size() <= limit) return false;
  sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(limit), sources.end());
  return true;
}

// Gives a page of names; `last` is the one to go on behind.
inline void GivePage(std::unique_ptr<varve_result> listing, bool more, const std::string& last,
                     varve_result** result) {
  listing->more = more;
  if (more) listing->cursor = last;
  *result = listing.release();
}

// Checked.
[[nodiscard]] absl::StatusOr<varve_name_options> NameOptionsOf(const varve_name_options* given);

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_LISTING_H_
