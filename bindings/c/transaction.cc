#include "bindings/c/varve_transaction.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"

namespace varve_c {
namespace {

varve_receipt ReceiptOf(const Receipt& known) {
  varve_receipt receipt{};
  receipt.struct_size = sizeof(receipt);
  receipt.lsn = known.lsn.value();
  receipt.commit_time = known.commit_time.micros();
  return receipt;
}

void GiveReceipt(const Receipt& known, varve_receipt* receipt) {
  if (receipt != nullptr) GiveStruct(ReceiptOf(known), receipt);
}

absl::StatusOr<Durability> DurabilityOf(varve_durability durability) {
  if (durability == VARVE_DURABLE) return Durability::kDurable;
  if (durability == VARVE_BUFFERED) return Durability::kBuffered;
  return InvalidArgument("durability is neither VARVE_DURABLE nor VARVE_BUFFERED");
}

absl::StatusOr<UpdateOptions> UpdateOptionsOf(const varve_update_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_update_options taken, Take(given, "options"));
  UpdateOptions options;
  VARVE_ASSIGN_OR_RETURN(options.durability, DurabilityOf(taken.durability));
  if (taken.attempts_max < 0) return InvalidArgument("attempts_max is below 0");
  if (taken.attempts_max != 0) options.attempts_max = taken.attempts_max;
  return options;
}

absl::Status CheckOwned(const varve_txn* txn) {
  if (!txn->is_lent()) return absl::OkStatus();
  return FailedPrecondition("varve_store_update commits this transaction: return VARVE_OK to it");
}

void GiveView(std::shared_ptr<Opened> opened, ReadView made, varve_view** view) {
  *view = new varve_view(std::move(opened), std::move(made));
}

}  // namespace

extern "C" {

varve_reader* varve_txn_reader(varve_txn* txn) { return txn == nullptr ? nullptr : &txn->reader; }
varve_reader* varve_view_reader(varve_view* view) {
  return view == nullptr ? nullptr : &view->reader;
}

uint64_t varve_reader_lsn(const varve_reader* reader) {
  return reader == nullptr ? 0 : reader->reader->lsn().value();
}

uint64_t varve_reader_now(const varve_reader* reader) {
  return reader == nullptr ? 0 : reader->reader->now().micros();
}

varve_status varve_store_begin(varve_store* store, varve_txn** txn, varve_error** error) {
  if (txn != nullptr) *txn = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(txn, "txn").status());
    VARVE_ASSIGN_OR_RETURN(Transaction begun, store->store().Begin());
    *txn = new varve_txn(store->opened, std::move(begun));
    return absl::OkStatus();
  });
}

void varve_txn_free(varve_txn* txn) {
  if (txn != nullptr && !txn->is_lent()) delete txn;
}

uint64_t varve_txn_bytes(const varve_txn* txn) {
  return txn == nullptr ? 0 : txn->transaction->bytes();
}

varve_status varve_txn_commit(varve_txn* txn, varve_durability durability, varve_receipt* receipt,
                              varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").OutOrNull(receipt, "receipt").status());
    VARVE_RETURN_IF_ERROR(CheckOwned(txn));
    VARVE_ASSIGN_OR_RETURN(const Durability wanted, DurabilityOf(durability));
    VARVE_ASSIGN_OR_RETURN(const Receipt known, txn->transaction->Commit(wanted));
    GiveReceipt(known, receipt);
    return absl::OkStatus();
  });
}

varve_status varve_txn_commit_async(varve_txn* txn, varve_ticket** ticket, varve_error** error) {
  if (ticket != nullptr) *ticket = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(ticket, "ticket").status());
    VARVE_RETURN_IF_ERROR(CheckOwned(txn));
    VARVE_ASSIGN_OR_RETURN(CommitTicket known, txn->transaction->CommitAsync());
    *ticket = new varve_ticket{txn->opened, known};
    return absl::OkStatus();
  });
}

varve_status varve_ticket_wait(const varve_ticket* ticket, varve_receipt* receipt,
                               varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(ticket, "ticket").OutOrNull(receipt, "receipt").status());
    VARVE_ASSIGN_OR_RETURN(const Receipt known, ticket->ticket.Wait());
    GiveReceipt(known, receipt);
    return absl::OkStatus();
  });
}

varve_status varve_ticket_then(const varve_ticket* ticket,
                               void (*done)(void* user, const varve_receipt* receipt,
                                            const varve_error* error),
                               void* user, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(ticket, "ticket").status());
    if (done == nullptr) return InvalidArgument("argument done is NULL");
    ticket->ticket.Then([done, user](const absl::StatusOr<Receipt>& known) {
      if (known.ok()) {
        const varve_receipt receipt = ReceiptOf(*known);
        done(user, &receipt, nullptr);
      } else {
        const varve_error why(known.status());
        done(user, nullptr, &why);
      }
    });
    return absl::OkStatus();
  });
}

varve_status varve_ticket_receipt(const varve_ticket* ticket, varve_receipt* receipt,
                                  varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(ticket, "ticket").Out(receipt, "receipt").status());
    GiveReceipt(ticket->ticket.receipt(), receipt);
    return absl::OkStatus();
  });
}

void varve_ticket_free(varve_ticket* ticket) { delete ticket; }

varve_status varve_store_update(varve_store* store, varve_update_body body, void* user,
                                const varve_update_options* options, varve_receipt* receipt,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").OutOrNull(receipt, "receipt").status());
    if (body == nullptr) return InvalidArgument("argument body is NULL");
    VARVE_ASSIGN_OR_RETURN(const UpdateOptions taken, UpdateOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const Receipt known,
                           store->store().Update(
                               [&](Transaction& transaction) {
                                 varve_txn lent(transaction);
                                 varve_error* why = nullptr;
                                 const varve_status answer = body(user, &lent, &why);
                                 return AnswerOf(answer, why, "the body of varve_store_update");
                               },
                               taken));
    GiveReceipt(known, receipt);
    return absl::OkStatus();
  });
}

varve_status varve_store_view(varve_store* store, varve_view** view, varve_error** error) {
  if (view != nullptr) *view = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(view, "view").status());
    VARVE_ASSIGN_OR_RETURN(ReadView made, store->store().View());
    GiveView(store->opened, std::move(made), view);
    return absl::OkStatus();
  });
}

varve_status varve_store_view_at(varve_store* store, uint64_t lsn, varve_view** view,
                                 varve_error** error) {
  if (view != nullptr) *view = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(view, "view").status());
    VARVE_ASSIGN_OR_RETURN(ReadView made, store->store().AsOf(Lsn(lsn)));
    GiveView(store->opened, std::move(made), view);
    return absl::OkStatus();
  });
}

void varve_view_free(varve_view* view) { delete view; }

}  // extern "C"
}  // namespace varve_c
