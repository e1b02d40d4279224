// Who has read how far, whether a stream is intact, and waiting for more of it.
#include "bindings/c/answer.h"
#include "bindings/c/event_item.h"
#include "bindings/c/handles.h"
#include "primitives/event/event.h"

namespace varve_c {
namespace {

absl::Status CheckConsumer(const void* handle, const char* name, const varve_slice& stream,
                           const varve_slice& consumer) {
  return Arguments()
      .Given(handle, name)
      .Bytes(stream, "stream")
      .Bytes(consumer, "consumer")
      .status();
}

}  // namespace

extern "C" {

const varve_consumer* varve_result_consumer(const varve_result* result, size_t index) {
  return ItemOf<varve_consumer>(result, index);
}

varve_status varve_event_commit_position(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                         varve_slice consumer, uint64_t position,
                                         varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(txn, "txn", stream, consumer));
    return Events(*txn->transaction, RunOf(run))
        .CommitPosition(TextOf(stream), TextOf(consumer), position);
  });
}

varve_status varve_event_reset_position(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                        varve_slice consumer, uint64_t position,
                                        varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(txn, "txn", stream, consumer));
    return Events(*txn->transaction, RunOf(run))
        .ResetPosition(TextOf(stream), TextOf(consumer), position);
  });
}

varve_status varve_event_forget_consumer(varve_txn* txn, const varve_uuid* run, varve_slice stream,
                                         varve_slice consumer, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(txn, "txn", stream, consumer));
    return Events(*txn->transaction, RunOf(run)).ForgetConsumer(TextOf(stream), TextOf(consumer));
  });
}

varve_status varve_event_position(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                                  varve_slice consumer, uint64_t* position, varve_bool* found,
                                  varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(reader, "reader", stream, consumer));
    VARVE_RETURN_IF_ERROR(Arguments().Given(position, "position").Given(found, "found").status());
    VARVE_ASSIGN_OR_RETURN(
        const std::optional<std::uint64_t> known,
        Events(*reader->reader, RunOf(run)).Position(TextOf(stream), TextOf(consumer)));
    *found = known.has_value() ? 1 : 0;
    *position = known.value_or(0);
    return absl::OkStatus();
  });
}

varve_status varve_event_list_consumers(varve_reader* reader, const varve_uuid* run,
                                        varve_slice stream, const varve_name_options* options,
                                        varve_result** consumers, varve_error** error) {
  if (consumers != nullptr) *consumers = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(reader, "reader", stream, {}));
    VARVE_RETURN_IF_ERROR(Arguments().Given(consumers, "consumers").status());
    VARVE_ASSIGN_OR_RETURN(const varve_name_options taken, NameOptionsOf(options));
    const std::uint64_t limit = LimitOf(taken.limit);
    VARVE_ASSIGN_OR_RETURN(
        std::vector<ConsumerPosition> known,
        Events(*reader->reader, RunOf(run))
            .ListConsumers(TextOf(stream),
                           {TextOf(taken.prefix), TextOf(taken.after), OneMore(limit)}));
    const bool more = CutPage(known, limit);
    const std::string last = known.empty() ? "" : known.back().consumer;
    GivePage(ListOf<varve_consumer>(std::move(known),
                                    [](const ConsumerPosition& each, varve_consumer& item,
                                       Listing<varve_consumer>& /*listing*/) {
                                      item.name = SliceOf(each.consumer);
                                      item.position = each.position;
                                    }),
             more, last, consumers);
    return absl::OkStatus();
  });
}

varve_status varve_event_verify(varve_reader* reader, const varve_uuid* run, varve_slice stream,
                                varve_bool* intact, uint64_t* verified, varve_bytes* fault,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(reader, "reader", stream, {}));
    VARVE_RETURN_IF_ERROR(Arguments().Given(intact, "intact").Given(verified, "verified").status());
    VARVE_ASSIGN_OR_RETURN(const ChainVerdict known,
                           Events(*reader->reader, RunOf(run)).VerifyChain(TextOf(stream)));
    if (fault != nullptr) *fault = BytesOf(known.fault);
    *intact = known.bad.has_value() ? 0 : 1;
    *verified = known.verified;
    return absl::OkStatus();
  });
}

varve_status varve_event_tail(varve_store* store, const varve_uuid* run, varve_slice stream,
                              uint64_t from, uint64_t limit, uint64_t patience_us,
                              varve_result** events, varve_error** error) {
  if (events != nullptr) *events = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(CheckConsumer(store, "store", stream, {}));
    VARVE_RETURN_IF_ERROR(Arguments().Given(events, "events").status());
    EventTailOptions options;
    options.patience = MicrosecondsOf(patience_us);
    options.limit = LimitOf(limit, options.limit);
    options.run = RunOf(run);
    VARVE_ASSIGN_OR_RETURN(std::vector<EventCopy> known,
                           Events::Tail(store->store(), TextOf(stream), from, options));
    *events = ListOf<varve_event>(std::move(known), [](const EventCopy& each, varve_event& item,
                                                       Listing<varve_event>& /*listing*/) {
                item = ItemOfEvent(each);
              }).release();
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
