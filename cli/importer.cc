#include "cli/importer.h"

#include <utility>

#include "cli/bytes_text.h"
#include "kernel/base/status.h"
#include "primitives/kv/kv.h"

namespace varve::cli {
namespace {

// A transaction is closed before its batch is full when it has grown to this: far below
// kTransactionBytesMax even with one more value of the largest size.
constexpr std::uint64_t kBatchBytesMax = std::uint64_t{16} << 20;

std::optional<ImportMark> ParseMark(std::string_view value) {
  const Json object = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("lines") || !object.contains("records")) {
    return std::nullopt;
  }
  if (!object["lines"].is_number_unsigned() || !object["records"].is_number_unsigned()) {
    return std::nullopt;
  }
  return ImportMark{object["lines"].get<std::uint64_t>(), object["records"].get<std::uint64_t>()};
}

std::string FormatMark(const ImportMark& mark) {
  return Json{{"lines", mark.lines}, {"records", mark.records}}.dump();
}

}  // namespace

Importer::Importer(Store& store, const ImportOptions& options,
                   std::function<void(const Acknowledgement&)> acknowledge)
    : store_(store), options_(options), acknowledge_(std::move(acknowledge)) {}

absl::StatusOr<ImportMark> Importer::ReadMark() {
  if (options_.resume_key.empty()) return ImportMark{};
  VARVE_ASSIGN_OR_RETURN(ReadView view, store_.View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row,
                         Kv(view, options_.run).Get(options_.resume_key));
  if (!row) return ImportMark{};
  const std::optional<ImportMark> mark = ParseMark(row->value);
  if (!mark) {
    return FailedPrecondition("the key \"", EscapeBytes(options_.resume_key),
                              "\" holds no mark of an import; choose another --resume-key");
  }
  return *mark;
}

void Importer::Resume(const ImportMark& mark) {
  added_ = mark;
  acknowledged_ = mark;
}

absl::Status Importer::AddRecord(std::uint64_t line, const JsonlRecord& record) {
  if (!transaction_) {
    VARVE_ASSIGN_OR_RETURN(transaction_, store_.Begin());
  }
  VARVE_RETURN_IF_ERROR(Put(record));
  ++batch_records_;
  ++added_.records;
  added_.lines = line;
  if (batch_records_ >= options_.batch || transaction_->bytes() >= kBatchBytesMax) {
    return CommitBatch();
  }
  return absl::OkStatus();
}

absl::Status Importer::Put(const JsonlRecord& record) {
  if (record.key == options_.resume_key && !record.key.empty()) {
    return InvalidArgument("the key is the one of --resume-key; choose another");
  }
  KvPutOptions put;
  put.expires = record.expires;
  return Kv(*transaction_, options_.run).Put(record.key, record.value, put);
}

absl::Status Importer::CommitBatch() {
  if (batch_records_ == 0) return absl::OkStatus();
  Transaction transaction = *std::move(transaction_);
  transaction_.reset();
  batch_records_ = 0;
  if (!options_.resume_key.empty()) {
    VARVE_RETURN_IF_ERROR(
        Kv(transaction, options_.run).Put(options_.resume_key, FormatMark(added_)));
  }
  if (options_.durability == Durability::kBuffered) {
    VARVE_ASSIGN_OR_RETURN(const Receipt receipt, transaction.Commit(Durability::kBuffered));
    Acknowledge(added_, receipt, false);
    return absl::OkStatus();
  }
  VARVE_ASSIGN_OR_RETURN(const CommitTicket ticket, transaction.CommitAsync());
  pending_.push_back({added_, ticket});
  if (pending_.size() >= options_.in_flight) return WaitForOldest();
  return absl::OkStatus();
}

absl::Status Importer::WaitForOldest() {
  const Pending oldest = pending_.front();
  pending_.pop_front();
  VARVE_ASSIGN_OR_RETURN(const Receipt receipt, oldest.ticket.Wait());
  Acknowledge(oldest.mark, receipt, true);
  return absl::OkStatus();
}

void Importer::Acknowledge(const ImportMark& mark, const Receipt& receipt, bool durable) {
  acknowledged_ = mark;
  acknowledge_({mark, receipt, durable});
}

absl::Status Importer::Finish() {
  VARVE_RETURN_IF_ERROR(CommitBatch());
  while (!pending_.empty()) VARVE_RETURN_IF_ERROR(WaitForOldest());
  return store_.Sync();
}

}  // namespace varve::cli
