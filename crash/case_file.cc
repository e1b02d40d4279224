#include "crash/case_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "nlohmann/json.hpp"

namespace varve::crash {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kCaseVersion = 1;
constexpr std::uint64_t kPartsMax =
    100'000;  // lives, steps or faults: beyond, it is no case of ours

constexpr std::array kDrivers = {Driver::kDisk, Driver::kTrace, Driver::kKill, Driver::kFaults};
constexpr std::array kSteps = {Step::Kind::kCommitDurably, Step::Kind::kCommitBuffered,
                               Step::Kind::kSync, Step::Kind::kCheckpoint, Step::Kind::kSnapshot};
constexpr std::array<const char*, 7> kModes = {"nothing",        "all",          "prefix", "random",
                                               "sector_missing", "sector_alone", "killed"};
constexpr std::array<const char*, 4> kRots = {"flip", "zero", "misplaced", "stale"};
constexpr std::array<const char*, 6> kEffects = {"fail",          "partial_write",  "sync_dropped",
                                                 "sync_reverted", "sync_persisted", "flip_bit"};

std::string ToHex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }

void AddMemory(const char* name, const std::optional<MemoryFault>& fault, Json& to) {
  if (fault.has_value()) to[name] = {{"skip", fault->skip}, {"lasts", fault->lasts}};
}

Json StepToJson(const Step& step) {
  Json json{{"kind", StepName(step.kind)}};
  if (step.clock_micros != 0) json["clock_micros"] = step.clock_micros;
  if (step.is_commit()) json["choices"] = ToHex(step.choices);
  AddMemory("memory", step.memory, json);
  return json;
}

Json FaultToJson(const Fault& fault) {
  Json json{{"effect", kEffects[static_cast<std::size_t>(fault.effect)]}};
  if (fault.kind.has_value()) json["call"] = CallName(*fault.kind);
  if (!fault.path_contains.empty()) json["path_contains"] = fault.path_contains;
  json["skip"] = fault.skip;
  json["times"] = fault.times;
  json["disk_full"] = absl::IsResourceExhausted(fault.status);
  if (fault.partial_bytes != 0) json["partial_bytes"] = fault.partial_bytes;
  return json;
}

Json ChoiceToJson(const CrashChoice& choice) {
  return Json{{"mode", kModes[static_cast<std::size_t>(choice.mode)]},
              {"pending_count", choice.pending_count},
              {"seed", choice.seed},
              {"sector_bytes", choice.sector_bytes},
              {"sector", choice.sector}};
}

Json LifeToJson(const Life& life) {
  Json steps = Json::array();
  for (const Step& step : life.steps) steps.push_back(StepToJson(step));
  Json faults = Json::array();
  for (const Fault& fault : life.faults) faults.push_back(FaultToJson(fault));
  Json json{{"steps", steps},
            {"faults", faults},
            {"cut_before_call", life.cut_before_call},
            {"closes", life.closes},
            {"left", ChoiceToJson(life.left)},
            {"keeps_rows", life.keeps_rows}};
  AddMemory("memory", life.memory, json);
  AddMemory("closing_memory", life.closing_memory, json);
  return json;
}

Json StoryToJson(const Story& story) {
  Json lives = Json::array();
  for (const Life& life : story.lives) lives.push_back(LifeToJson(life));
  Json json{{"seed", story.seed},
            {"options",
             {{"segment_bytes", story.options.segment_bytes},
              {"unsynced_bytes", story.options.unsynced_bytes},
              {"memtable_bytes", story.options.memtable_bytes},
              {"snapshot_log_bytes", story.options.snapshot_log_bytes},
              {"snapshots_retained", story.options.snapshots_retained}}},
            {"lives", lives}};
  if (story.rot.has_value()) {
    json["rot"] = {{"kind", kRots[static_cast<std::size_t>(story.rot->kind)]},
                   {"file", story.rot->file},
                   {"offset", story.rot->offset},
                   {"mask", story.rot->mask}};
  }
  return json;
}

// Reads values out of a parsed file and keeps the first error, with its place.
class CaseReader final {
 public:
  [[nodiscard]] const absl::Status& status() const { return status_; }

  Case Read(const Json& json) {
    Case the_case;
    const std::uint64_t version = Number(json, "varve_crash_case");
    if (status_.ok() && version != kCaseVersion) Fail("varve_crash_case", "is not version 1");
    the_case.driver = Named(json, "driver", kDrivers, DriverName);
    the_case.found = Text(json, "found", /*required=*/false);
    if (the_case.driver == Driver::kDisk) {
      the_case.story = ReadStory(Member(json, "story"));
    } else {
      the_case.stream = Bytes(json, "stream");
      if (json.contains("script")) the_case.script = ReadScript(json["script"]);
    }
    return the_case;
  }

 private:
  ScriptSettings ReadScript(const Json& json) {
    ScriptSettings script;
    script.steps = Number(json, "steps");
    script.kill_stride = Number(json, "kill_stride");
    script.threads = Flag(json, "threads");
    if (json.is_object() && json.contains("allocations")) {
      script.allocations = Flag(json, "allocations");
    }
    if (script.steps > kPartsMax) Fail("steps", "is too large");
    if (script.kill_stride == 0) Fail("kill_stride", "is 0");
    return script;
  }

  void Fail(const std::string& name, const std::string& what) {
    if (status_.ok()) status_ = InvalidArgument("the case file: \"", name, "\" ", what);
  }

  const Json& Member(const Json& json, const char* name) {
    static const Json kNothing;
    if (json.is_object() && json.contains(name)) return json[name];
    Fail(name, "is missing");
    return kNothing;
  }

  std::uint64_t Number(const Json& json, const char* name) {
    const Json& value = Member(json, name);
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0) {
      return value.get<std::uint64_t>();
    }
    Fail(name, "is no whole number");
    return 0;
  }

  bool Flag(const Json& json, const char* name) {
    const Json& value = Member(json, name);
    if (value.is_boolean()) return value.get<bool>();
    Fail(name, "is neither true nor false");
    return false;
  }

  std::string Text(const Json& json, const char* name, bool required = true) {
    if (!required && (!json.is_object() || !json.contains(name))) return "";
    const Json& value = Member(json, name);
    if (value.is_string()) return value.get<std::string>();
    Fail(name, "is no text");
    return "";
  }

  std::string Bytes(const Json& json, const char* name) {
    const std::string text = Text(json, name);
    if (text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdef") == std::string::npos) {
      return absl::HexStringToBytes(text);
    }
    Fail(name, "is not written in pairs of hexadecimal digits");
    return "";
  }

  template <typename T, std::size_t N, typename NameOf>
  T Named(const Json& json, const char* name, const std::array<T, N>& values, NameOf name_of) {
    const std::string text = Text(json, name);
    for (const T value : values) {
      if (name_of(value) == text) return value;
    }
    Fail(name, "has no meaning: " + text);
    return values[0];
  }

  template <typename T, std::size_t N>
  T Ordinal(const Json& json, const char* name, const std::array<const char*, N>& names) {
    const std::string text = Text(json, name);
    for (std::size_t i = 0; i < N; ++i) {
      if (text == names[i]) return static_cast<T>(i);
    }
    Fail(name, "has no meaning: " + text);
    return T{};
  }

  const Json& List(const Json& json, const char* name) {
    static const Json kEmpty = Json::array();
    const Json& value = Member(json, name);
    if (value.is_array() && value.size() <= kPartsMax) return value;
    Fail(name, "is no list, or too long a one");
    return kEmpty;
  }

  Story ReadStory(const Json& json) {
    Story story;
    story.seed = Number(json, "seed");
    const Json& options = Member(json, "options");
    story.options.segment_bytes = Number(options, "segment_bytes");
    story.options.unsynced_bytes = Number(options, "unsynced_bytes");
    story.options.memtable_bytes = Number(options, "memtable_bytes");
    story.options.snapshot_log_bytes = Number(options, "snapshot_log_bytes");
    story.options.snapshots_retained =
        static_cast<int>(std::min<std::uint64_t>(100, Number(options, "snapshots_retained")));
    for (const Json& life : List(json, "lives")) story.lives.push_back(ReadLife(life));
    if (json.is_object() && json.contains("rot")) {
      const Json& rot = json["rot"];
      story.rot = Rot{.kind = Ordinal<Rot::Kind>(rot, "kind", kRots),
                      .file = Number(rot, "file"),
                      .offset = Number(rot, "offset"),
                      .mask = static_cast<std::uint8_t>(Number(rot, "mask"))};
    }
    return story;
  }

  Life ReadLife(const Json& json) {
    Life life;
    for (const Json& step : List(json, "steps")) life.steps.push_back(ReadStep(step));
    for (const Json& fault : List(json, "faults")) life.faults.push_back(ReadFault(fault));
    life.cut_before_call = Number(json, "cut_before_call");
    life.closes = Flag(json, "closes");
    life.keeps_rows = Flag(json, "keeps_rows");
    life.memory = ReadMemory(json, "memory");
    life.closing_memory = ReadMemory(json, "closing_memory");
    const Json& left = Member(json, "left");
    life.left.mode = Ordinal<CrashChoice::Mode>(left, "mode", kModes);
    life.left.pending_count = Number(left, "pending_count");
    life.left.seed = Number(left, "seed");
    life.left.sector_bytes = Number(left, "sector_bytes");
    life.left.sector = Number(left, "sector");
    if (life.left.sector_bytes == 0) Fail("sector_bytes", "is 0");
    return life;
  }

  Step ReadStep(const Json& json) {
    Step step;
    step.kind = Named(json, "kind", kSteps, StepName);
    if (json.is_object() && json.contains("clock_micros")) {
      const Json& clock = json["clock_micros"];
      if (!clock.is_number_integer()) Fail("clock_micros", "is no whole number");
      if (clock.is_number_integer()) step.clock_micros = clock.get<std::int64_t>();
    }
    if (step.is_commit()) step.choices = Bytes(json, "choices");
    step.memory = ReadMemory(json, "memory");
    return step;
  }

  std::optional<MemoryFault> ReadMemory(const Json& json, const char* name) {
    if (!json.is_object() || !json.contains(name)) return std::nullopt;
    return MemoryFault{.skip = Number(json[name], "skip"), .lasts = Flag(json[name], "lasts")};
  }

  Fault ReadFault(const Json& json) {
    Fault fault;
    fault.effect = Ordinal<Fault::Effect>(json, "effect", kEffects);
    fault.path_contains = Text(json, "path_contains", /*required=*/false);
    fault.skip = Number(json, "skip");
    fault.times = Number(json, "times");
    if (Flag(json, "disk_full")) fault.status = DiskFull();
    if (json.is_object() && json.contains("partial_bytes")) {
      fault.partial_bytes = Number(json, "partial_bytes");
    }
    if (json.is_object() && json.contains("call")) {
      const std::string name = Text(json, "call");
      for (int kind = 0; kind <= static_cast<int>(CallKind::kLock); ++kind) {
        if (CallName(static_cast<CallKind>(kind)) == name) fault.kind = static_cast<CallKind>(kind);
      }
      if (!fault.kind.has_value()) Fail("call", "has no meaning: " + name);
    }
    return fault;
  }

  absl::Status status_;
};

}  // namespace

std::string_view DriverName(Driver driver) {
  switch (driver) {
    case Driver::kDisk:
      return "disk";
    case Driver::kTrace:
      return "trace";
    case Driver::kKill:
      return "kill";
    case Driver::kFaults:
      return "faults";
  }
  return "";
}

std::string CaseToText(const Case& the_case) {
  Json json{{"varve_crash_case", kCaseVersion},
            {"driver", DriverName(the_case.driver)},
            {"found", the_case.found}};
  if (the_case.driver == Driver::kDisk) {
    json["story"] = StoryToJson(the_case.story);
  } else {
    json["stream"] = ToHex(the_case.stream);
    json["script"] = {{"steps", the_case.script.steps},
                      {"kill_stride", the_case.script.kill_stride},
                      {"threads", the_case.script.threads},
                      {"allocations", the_case.script.allocations}};
  }
  return json.dump(1) + "\n";
}

absl::StatusOr<Case> ParseCase(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InvalidArgument("the case file is no JSON");
  CaseReader reader;
  Case the_case = reader.Read(json);
  VARVE_RETURN_IF_ERROR(reader.status());
  return the_case;
}

}  // namespace varve::crash
