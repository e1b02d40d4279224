// A store in memory with JSON, and short words for what tests do to it.
#ifndef VARVE_TESTS_PRIMITIVES_JSON_JSON_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_JSON_JSON_STORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/store.h"
#include "primitives/json/json.h"
#include "primitives/json/json_primitive.h"
#include "recovery/open.h"

namespace varve {

// JSON text as a value; the text of a test is right.
inline JsonValue Parsed(std::string_view text) {
  absl::StatusOr<JsonValue> value = ParseJson(text);
  EXPECT_TRUE(value.ok()) << value.status() << " in " << text;
  return value.ok() ? *std::move(value) : JsonValue();
}

class JsonStore : public testing::Test {
 protected:
  JsonStore() {
    PrimitiveRegistry registry;
    EXPECT_TRUE(registry.Register(std::make_unique<JsonPrimitive>()).ok());
    auto opened = OpenInMemory(std::move(registry), {});
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  Transaction Begin() {
    auto transaction = store_->Begin();
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return *std::move(transaction);
  }

  // Runs `body` in a transaction of its own and commits it.
  absl::Status Do(const std::function<absl::Status(Json&)>& body) {
    return store_
        ->Update([&](Transaction& transaction) {
          Json json(transaction);
          return body(json);
        })
        .status();
  }

  // The value as text; "-" where there is none, the error where there is one.
  std::string Text(std::string_view name, std::string_view pointer = {}) {
    auto view = store_->View();
    EXPECT_TRUE(view.ok()) << view.status();
    return TextOf(Json(*view).Get(name, pointer));
  }

  static std::string TextOf(const absl::StatusOr<std::optional<JsonValue>>& value) {
    if (!value.ok()) return value.status().ToString();
    return value->has_value() ? (*value)->dump() : "-";
  }

  // Bytes of the document as its row has them.
  std::uint64_t Bytes(std::string_view name) {
    auto view = store_->View();
    EXPECT_TRUE(view.ok()) << view.status();
    const auto info = Json(*view).Info(name);
    EXPECT_TRUE(info.ok()) << info.status();
    return info->has_value() ? (*info)->bytes : 0;
  }

  std::unique_ptr<Store> store_;
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_JSON_JSON_STORE_FIXTURE_H_
