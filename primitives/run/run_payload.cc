#include "primitives/run/run_payload.h"

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/payload/message.h"
#include "primitives/run/run.capnp.h"

namespace varve::run {
namespace {

using payload::FromData;
using payload::ToData;

constexpr std::size_t kStepHeaderBytes = 8;

absl::Status Malformed(std::string_view what) { return payload::NotAMessage("run", what); }

capnp::Data::Reader IdData(const RunId& id) {
  return id.is_nil() ? capnp::Data::Reader() : ToData(id.view());
}

// Empty: nil.
absl::Status ReadId(capnp::Data::Reader data, RunId& id) {
  id = RunId();
  if (data.size() == 0) return absl::OkStatus();
  const std::optional<Uuid> uuid = Uuid::FromBytes(FromData(data));
  if (!uuid.has_value()) return Malformed("an id that is not 16 bytes long");
  id = *uuid;
  return absl::OkStatus();
}

absl::Status ReadRun(capnp::Data::Reader data, RunId& id) {
  VARVE_RETURN_IF_ERROR(ReadId(data, id));
  return id.is_nil() ? Malformed("no run") : absl::OkStatus();
}

void FillTags(capnp::List<capnp::Data>::Builder to, const std::vector<std::string>& tags) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    to.set(static_cast<unsigned>(i), ToData(tags[i]));
  }
}

absl::Status ReadTags(capnp::List<capnp::Data>::Reader from, std::vector<std::string>& tags) {
  for (const capnp::Data::Reader tag : from) {
    std::string text(FromData(tag));
    if (!tags.empty() && text <= tags.back()) return Malformed("tags out of order");
    tags.push_back(std::move(text));
  }
  return absl::OkStatus();
}

unsigned Count(const std::vector<std::string>& tags) { return static_cast<unsigned>(tags.size()); }

template <typename Root, typename Fill>
std::string Encode(const Fill& fill) {
  payload::MessageBuilder builder;
  return std::string(builder.Build<Root>(fill));
}

template <typename Root>
std::string EncodeRunAlone(const RunId& run) {
  return Encode<Root>([&](typename Root::Builder to) { to.setRun(IdData(run)); });
}

template <typename Root>
absl::StatusOr<RunId> DecodeRunAlone(std::string_view payload) {
  RunId run;
  const absl::Status read = payload::ReadMessage<Root>(
      payload, "run", [&](typename Root::Reader from) { return ReadRun(from.getRun(), run); });
  if (!read.ok()) return read;
  return run;
}

bool IsStatus(std::uint8_t status) {
  return RunStatusName(static_cast<RunStatus>(status)) != "unknown";
}

}  // namespace

std::string EncodeCreate(const CreatePayload& create) {
  return Encode<RunCreate>([&](RunCreate::Builder to) {
    to.setRun(IdData(create.run));
    to.setParent(IdData(create.parent));
    to.setForkedFrom(IdData(create.forked_from));
    to.setForkedAt(create.forked_at.value());
    to.setName(ToData(create.name));
    FillTags(to.initTags(Count(create.tags)), create.tags);
    to.setMetadata(ToData(create.metadata));
    to.setPaused(create.paused);
  });
}

absl::StatusOr<CreatePayload> DecodeCreate(std::string_view payload) {
  CreatePayload create;
  const absl::Status read = payload::ReadMessage<RunCreate>(
      payload, "RunCreate", [&](RunCreate::Reader from) -> absl::Status {
        VARVE_RETURN_IF_ERROR(ReadRun(from.getRun(), create.run));
        VARVE_RETURN_IF_ERROR(ReadId(from.getParent(), create.parent));
        VARVE_RETURN_IF_ERROR(ReadId(from.getForkedFrom(), create.forked_from));
        create.forked_at = Lsn(from.getForkedAt());
        create.name = std::string(FromData(from.getName()));
        create.metadata = std::string(FromData(from.getMetadata()));
        create.paused = from.getPaused();
        return ReadTags(from.getTags(), create.tags);
      });
  if (!read.ok()) return read;
  return create;
}

std::string EncodeUpdate(const UpdatePayload& update) {
  return Encode<RunUpdate>([&](RunUpdate::Builder to) {
    to.setRun(IdData(update.run));
    to.setSetsName(update.name.has_value());
    if (update.name.has_value()) to.setName(ToData(*update.name));
    to.setSetsTags(update.tags.has_value());
    if (update.tags.has_value()) FillTags(to.initTags(Count(*update.tags)), *update.tags);
    to.setSetsMetadata(update.metadata.has_value());
    if (update.metadata.has_value()) to.setMetadata(ToData(*update.metadata));
  });
}

absl::StatusOr<UpdatePayload> DecodeUpdate(std::string_view payload) {
  UpdatePayload update;
  const absl::Status read = payload::ReadMessage<RunUpdate>(
      payload, "RunUpdate", [&](RunUpdate::Reader from) -> absl::Status {
        VARVE_RETURN_IF_ERROR(ReadRun(from.getRun(), update.run));
        if (from.getSetsName()) update.name.emplace(FromData(from.getName()));
        if (from.getSetsMetadata()) update.metadata.emplace(FromData(from.getMetadata()));
        if (!from.getSetsTags()) return absl::OkStatus();
        return ReadTags(from.getTags(), update.tags.emplace());
      });
  if (!read.ok()) return read;
  return update;
}

std::string EncodeEnd(const EndPayload& end) {
  return Encode<RunEnd>([&](RunEnd::Builder to) {
    to.setRun(IdData(end.run));
    to.setStatus(static_cast<std::uint8_t>(end.status));
    to.setOutcome(ToData(end.outcome));
  });
}

absl::StatusOr<EndPayload> DecodeEnd(std::string_view payload) {
  EndPayload end;
  const absl::Status read =
      payload::ReadMessage<RunEnd>(payload, "RunEnd", [&](RunEnd::Reader from) -> absl::Status {
        VARVE_RETURN_IF_ERROR(ReadRun(from.getRun(), end.run));
        if (!IsStatus(from.getStatus())) return Malformed("a status that is none");
        end.status = static_cast<RunStatus>(from.getStatus());
        end.outcome = std::string(FromData(from.getOutcome()));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return end;
}

std::string EncodeBegin(const RunId& run) { return EncodeRunAlone<RunBegin>(run); }
absl::StatusOr<RunId> DecodeBegin(std::string_view payload) {
  return DecodeRunAlone<RunBegin>(payload);
}
std::string EncodeDelete(const RunId& run) { return EncodeRunAlone<RunDelete>(run); }
absl::StatusOr<RunId> DecodeDelete(std::string_view payload) {
  return DecodeRunAlone<RunDelete>(payload);
}

std::string EncodeRecord(const RunRecord& record) {
  return Encode<RunRow>([&](RunRow::Builder to) {
    to.setCreated(record.created.micros());
    to.setParent(IdData(record.parent));
    to.setForkedFrom(IdData(record.forked_from));
    to.setForkedAt(record.forked_at.value());
    to.setName(ToData(record.name));
    FillTags(to.initTags(Count(record.tags)), record.tags);
    to.setMetadata(ToData(record.metadata));
  });
}

absl::StatusOr<RunRecord> DecodeRecord(std::string_view value) {
  RunRecord record;
  const absl::Status read =
      payload::ReadMessage<RunRow>(value, "run row", [&](RunRow::Reader from) -> absl::Status {
        record.created = Timestamp(from.getCreated());
        VARVE_RETURN_IF_ERROR(ReadId(from.getParent(), record.parent));
        VARVE_RETURN_IF_ERROR(ReadId(from.getForkedFrom(), record.forked_from));
        record.forked_at = Lsn(from.getForkedAt());
        record.name = std::string(FromData(from.getName()));
        record.metadata = std::string(FromData(from.getMetadata()));
        return ReadTags(from.getTags(), record.tags);
      });
  if (!read.ok()) return read;
  return record;
}

std::string EncodeStatus(RunStatus status, std::string_view outcome) {
  std::string value(1, static_cast<char>(status));
  return value.append(outcome);
}

absl::StatusOr<StatusRow> DecodeStatus(std::string_view value) {
  if (value.empty() || !IsStatus(static_cast<std::uint8_t>(value[0]))) {
    return Malformed("a status row without a status");
  }
  return StatusRow{static_cast<RunStatus>(value[0]), value.substr(1)};
}

std::string EncodeStep(const Entry& entry) {
  std::string value = {static_cast<char>(entry.type), static_cast<char>(entry.payload_version), 0,
                       0};
  AppendLittleEndian(value, static_cast<std::uint32_t>(entry.payload.size()));
  if (entry.payload.size() <= kRunStepPayloadBytesMax) value.append(entry.payload);
  return value;
}

absl::StatusOr<RunStep> DecodeStep(std::string_view key, std::string_view value) {
  if (key.size() != sizeof(std::uint64_t) || value.size() < kStepHeaderBytes) {
    return Malformed("a step that is cut short");
  }
  RunStep step;
  step.number = LoadBigEndian64(key.data());
  step.entry_type = static_cast<std::uint8_t>(value[0]);
  step.payload_version = static_cast<std::uint8_t>(value[1]);
  step.payload_bytes = LoadLittleEndian<std::uint32_t>(value.data() + 4);
  const bool whole = step.payload_bytes <= kRunStepPayloadBytesMax;
  if (value.size() - kStepHeaderBytes != (whole ? step.payload_bytes : 0)) {
    return Malformed("a step whose payload has another length");
  }
  step.payload = std::string(value.substr(kStepHeaderBytes));
  return step;
}

}  // namespace varve::run
