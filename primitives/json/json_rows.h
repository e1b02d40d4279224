// Where rows of documents are read from: a reader of one run, or the context of an Apply.
#ifndef VARVE_PRIMITIVES_JSON_JSON_ROWS_H_
#define VARVE_PRIMITIVES_JSON_JSON_ROWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/primitive.h"
#include "primitives/json/json_primitive.h"

namespace varve::json {

class JsonRows {
 public:
  virtual ~JsonRows() = default;
  [[nodiscard]] virtual absl::StatusOr<std::optional<Row>> Get(TableId table,
                                                               std::string_view key) = 0;
  [[nodiscard]] virtual std::unique_ptr<RowScan> Scan(TableId table, const KeyRange& range,
                                                      Order order) = 0;
};

class ReaderRows final : public JsonRows {
 public:
  ReaderRows(Reader& reader, const RunId& run) : reader_(&reader), run_(run) {}
  absl::StatusOr<std::optional<Row>> Get(TableId table, std::string_view key) override {
    return reader_->Get(table, run_, key);
  }
  std::unique_ptr<RowScan> Scan(TableId table, const KeyRange& range, Order order) override {
    return reader_->Scan(table, run_, range, order);
  }

 private:
  Reader* reader_;
  RunId run_;
};

class ContextRows final : public JsonRows {
 public:
  explicit ContextRows(ApplyContext& context) : context_(&context) {}
  absl::StatusOr<std::optional<Row>> Get(TableId table, std::string_view key) override {
    return context_->Get(table.number, key);
  }
  std::unique_ptr<RowScan> Scan(TableId table, const KeyRange& range, Order order) override {
    return context_->Scan(table.number, range, order);
  }

 private:
  ApplyContext* context_;
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_ROWS_H_
