// A store with Trace in it, and short words for what tests do to spans.
#ifndef VARVE_TESTS_PRIMITIVES_TRACE_TRACE_STORE_FIXTURE_H_
#define VARVE_TESTS_PRIMITIVES_TRACE_TRACE_STORE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/store.h"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_primitive.h"
#include "recovery/open.h"

namespace varve {

class TraceStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<TracePrimitive>()).ok());
    auto opened = OpenInMemory(std::move(registry), {});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  Transaction Begin() { return *store_->Begin(); }
  ReadView View() { return *store_->View(); }

  // Runs `body` on a Trace in a transaction of its own and commits.
  void Commit(const std::function<void(Trace&)>& body, const RunId& run = {}) {
    Transaction transaction = Begin();
    Trace trace(transaction, run);
    body(trace);
    const absl::StatusOr<Receipt> receipt = transaction.Commit();
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  void Record(const SpanRecord& record, const RunId& run = {}) {
    Commit(
        [&](Trace& trace) {
          const absl::StatusOr<SpanId> id = trace.Record(record);
          EXPECT_TRUE(id.ok()) << id.status();
          EXPECT_EQ(*id, record.id);
        },
        run);
  }
  // A span of this id and start, below `parent`.
  void Record(std::uint64_t id, std::uint64_t start = 1, std::uint64_t parent = 0) {
    Record({.id = SpanId(id), .name = "n", .parent = SpanId(parent), .start = Timestamp(start)});
  }

  Span Get(std::uint64_t id, const RunId& run = {}) {
    ReadView view = View();
    const absl::StatusOr<std::optional<Span>> span = Trace(view, run).Get(SpanId(id));
    EXPECT_TRUE(span.ok()) << span.status();
    EXPECT_TRUE(span->has_value()) << id;
    return span->value_or(Span{});
  }
  bool Exists(std::uint64_t id, const RunId& run = {}) {
    ReadView view = View();
    return *Trace(view, run).Exists(SpanId(id));
  }
  std::uint64_t Count() {
    ReadView view = View();
    return *Trace(view).Count();
  }

  // "1 2 3": ids in the order of a page; then "+" where there is more, "!" and the code for an
  // error.
  static std::string Text(const absl::StatusOr<SpanPage>& page) {
    if (!page.ok()) return '!' + absl::StatusCodeToString(page.status().code());
    std::string text;
    for (const Span& span : page->spans) text += Separated(text, span.id);
    return page->cursor.empty() ? text : text + '+';
  }
  // "1 2. 3..": the same with a dot for each level below the root.
  static std::string Text(const absl::StatusOr<TreePage>& page) {
    if (!page.ok()) return '!' + absl::StatusCodeToString(page.status().code());
    std::string text;
    for (const TreeSpan& at : page->spans) {
      text += Separated(text, at.span.id) + std::string(at.depth, '.');
    }
    return page->cursor.empty() ? text : text + '+';
  }
  std::string Find(const SpanQuery& query) {
    ReadView view = View();
    return Text(Trace(view).Find(query));
  }
  std::string Tree(const TreeQuery& query = {}) {
    ReadView view = View();
    return Text(Trace(view).Tree(query));
  }

  std::unique_ptr<Store> store_;

 private:
  static std::string Separated(const std::string& text, SpanId id) {
    return (text.empty() ? "" : " ") + std::to_string(id.value());
  }
};

}  // namespace varve

#endif  // VARVE_TESTS_PRIMITIVES_TRACE_TRACE_STORE_FIXTURE_H_
