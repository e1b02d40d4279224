#include "tests/fuzz/primitive_instances.h"

#include <algorithm>
#include <map>

#include "crash/operations/operations.h"
#include "primitives/builtin.h"
#include "tests/conformance/check_support.h"
#include "tests/fuzz/fuzz_target.h"

namespace varve::fuzz {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::size_t kDescriptionBytesMax = 4096;

conformance::RecordedHistory Record(const Primitive& primitive) {
  for (const crash::Subject& subject : crash::BuiltinSubjects()) {
    if (subject.make()->spec().id != primitive.spec().id) continue;
    auto history = conformance::RecordHistory(subject, kSeed);
    if (history.ok()) return *std::move(history);
  }
  return {};
}

absl::Status CheckText(const std::string& text, std::string_view what) {
  if (text.size() > kDescriptionBytesMax) {
    return Broken(what, " gives ", text.size(), " bytes of text");
  }
  return absl::OkStatus();
}

}  // namespace

PrimitiveRegistry NewBuiltins() {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return registry;
}

const PrimitiveRegistry& Builtins() {
  static const PrimitiveRegistry registry = NewBuiltins();
  return registry;
}

std::string ShortName(const Primitive& primitive) {
  const std::string& name = primitive.spec().name;
  return name.substr(name.rfind('.') + 1);
}

const conformance::RecordedHistory& HistoryOf(const Primitive& primitive) {
  static std::map<PrimitiveId, conformance::RecordedHistory> histories;
  const auto [place, is_new] = histories.try_emplace(primitive.spec().id);
  if (is_new) place->second = Record(primitive);
  return place->second;
}

RunId RunOf(unsigned number) {
  if (number % 3 == 0) return RunId();
  return *RunId::FromBytes(std::string(sizeof(RunId), number % 3 == 1 ? '\x01' : '\xFE'));
}

absl::Status CheckDescription(const EntryDescription& description) {
  const std::string text = description.operation + description.subject + description.detail;
  VARVE_RETURN_IF_ERROR(CheckText(text, "Describe"));
  const bool printable = std::all_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7F;
  });
  if (!printable) return Broken("Describe gives control characters");
  return absl::OkStatus();
}

absl::Status CheckDescription(const RowDescription& description) {
  return CheckText(description.subject + description.content, "DescribeRow");
}

}  // namespace varve::fuzz
