// What a caller of the C interface hands over as bytes: JSON, filters, metadata, payloads, cursors,
// entries of another store, and structs of any size.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "bindings/c/varve.h"
#include "tests/fuzz/fuzz_target.h"

namespace varve::fuzz {
namespace {

// An input is calls, one behind the other: which (u8), the lengths of two arguments (u8, u16), and
// the arguments.
struct Call {
  std::uint8_t which = 0;
  std::string_view first{};
  std::string_view second{};
};

std::string_view TakeBytes(std::string_view& from, std::size_t count) {
  const std::string_view taken = from.substr(0, count);
  from.remove_prefix(taken.size());
  return taken;
}

Call TakeCall(std::string_view& from) {
  const std::string_view head = TakeBytes(from, 4);
  std::array<std::uint8_t, 4> numbers{};
  std::copy(head.begin(), head.end(), numbers.begin());
  Call call;
  call.which = numbers[0];
  call.first = TakeBytes(from, numbers[1]);
  call.second = TakeBytes(from, numbers[2] + (std::size_t{numbers[3]} << 8));
  return call;
}

std::string CallOf(std::uint8_t which, std::string_view first, std::string_view second) {
  std::string bytes = {static_cast<char>(which), static_cast<char>(first.size()),
                       static_cast<char>(second.size() & 0xff),
                       static_cast<char>(second.size() >> 8)};
  return bytes.append(first).append(second);
}

varve_slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// One for all inputs: no transaction on it is committed after it was made.
varve_store* SharedStore() {
  static varve_store* const store = [] {
    varve_store* made = nullptr;
    varve_txn* txn = nullptr;
    varve_open_options options = VARVE_INIT(varve_open_options);
    options.no_background_threads = 1;
    const float vector[] = {1, 0};
    const varve_slice key = varve_text("key");
    varve_store_open_in_memory(&options, &made, nullptr);
    varve_store_begin(made, &txn, nullptr);
    varve_vector_create(txn, nullptr, key, 2, VARVE_METRIC_L2, nullptr);
    varve_vector_insert(txn, nullptr, key, &key, vector, 2, nullptr, 1, nullptr);
    varve_kv_put(txn, nullptr, key, key, nullptr, nullptr);
    varve_txn_commit(txn, VARVE_DURABLE, nullptr, nullptr);
    varve_txn_free(txn);
    return made;
  }();
  return store;
}

// The transaction that the calls of one input share, and what must hold of every call.
class Caller final {
 public:
  Caller() { varve_store_begin(SharedStore(), &txn_, nullptr); }
  ~Caller() { varve_txn_free(txn_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  absl::Status Make(const Call& call);

 private:
  // The answer agrees with the error, is an honest refusal where it is one, and a call that was
  // refused has written nothing.
  absl::Status Check(varve_status answer, std::uint64_t bytes_before) {
    const auto code = static_cast<absl::StatusCode>(varve_error_status(error_));
    const absl::Status why = MakeStatus(code, varve_error_message(error_));
    varve_error_free(error_);
    if (static_cast<varve_status>(code) != answer) return Broken("the error has another status");
    if (answer == VARVE_OK) return absl::OkStatus();
    if (varve_txn_bytes(txn_) != bytes_before) return Broken("a refused call wrote something");
    return RefusedHonestly(why);
  }
  absl::Status SetJson(varve_slice pointer, varve_slice value);
  absl::Status Read(const Call& call);
  absl::Status Write(const Call& call);
  absl::Status UseElsewhere(const Call& call);
  absl::Status GiveStruct(std::string_view bytes);
  absl::Status TakeStruct(std::string_view bytes);

  varve_txn* txn_ = nullptr;
  varve_error* error_ = nullptr;  // of the last call
  const varve_slice key_ = varve_text("key");
};

// What was set reads as text that sets the same.
absl::Status Caller::SetJson(varve_slice pointer, varve_slice value) {
  const std::uint64_t before = varve_txn_bytes(txn_);
  varve_status answer = varve_json_set(txn_, nullptr, key_, pointer, value, &error_);
  VARVE_RETURN_IF_ERROR(Check(answer, before));
  std::string texts[2];
  for (std::string& text : texts) {
    varve_bytes read{};
    varve_bool found = 0;
    if (answer != VARVE_OK) return absl::OkStatus();
    answer = varve_json_get(varve_txn_reader(txn_), nullptr, key_, varve_text(""), &read, &found,
                            nullptr);
    if (answer != VARVE_OK || found == 0) return Broken("a document that was set is not there");
    text.assign(static_cast<const char*>(read.data), read.size);
    varve_bytes_free(&read);
    answer = varve_json_set(txn_, nullptr, key_, varve_text(""), SliceOf(text), nullptr);
    if (answer != VARVE_OK) return Broken("set(get(x)) is refused: ", text);
  }
  return texts[0] == texts[1] ? absl::OkStatus() : Broken("set(get(x)) is not x: ", texts[0]);
}

absl::Status Caller::Read(const Call& call) {
  varve_reader* const reader = varve_txn_reader(txn_);
  const std::uint64_t before = varve_txn_bytes(txn_);
  varve_result* result = nullptr;
  varve_cursor* cursor = nullptr;
  varve_status answer = VARVE_OK;
  const float query[] = {0, 1};
  varve_search_options search = VARVE_INIT(varve_search_options);
  varve_kv_scan_options scan = VARVE_INIT(varve_kv_scan_options);
  varve_span_query spans = VARVE_INIT(varve_span_query);
  search.filter = scan.cursor = spans.cursor = SliceOf(call.second);
  switch (call.which % 5) {
    case 0:
      answer = varve_json_query(reader, nullptr, key_, SliceOf(call.second), &result, &error_);
      break;
    case 1:
      answer = varve_json_find(reader, nullptr, SliceOf(call.first), SliceOf(call.second), nullptr,
                               &result, nullptr, &error_);
      break;
    case 2:
      answer = varve_vector_search(reader, nullptr, key_, query, 2, &search, &result, &error_);
      break;
    case 3:
      answer = varve_trace_find(reader, nullptr, &spans, &result, &error_);
      break;
    default:
      answer = varve_kv_scan(reader, nullptr, &scan, &cursor, &error_);
      if (answer == VARVE_OK) answer = varve_cursor_status(cursor, &error_);
  }
  varve_result_free(result);
  varve_cursor_free(cursor);
  return Check(answer, before);
}

absl::Status Caller::Write(const Call& call) {
  const std::uint64_t before = varve_txn_bytes(txn_);
  const varve_slice first = SliceOf(call.first);
  const varve_slice second = SliceOf(call.second);
  varve_span_record record = VARVE_INIT(varve_span_record);
  record.name = first;
  record.attributes = second;
  switch (call.which % 6) {
    case 0:
      return SetJson(first, second);
    case 1:
      return Check(varve_json_patch(txn_, nullptr, key_, second, &error_), before);
    case 2:
      return Check(varve_json_merge_patch(txn_, nullptr, key_, second, &error_), before);
    case 3:
      return Check(varve_event_append(txn_, nullptr, key_, first, second, nullptr, &error_),
                   before);
    case 4:
      return Check(varve_trace_record(txn_, nullptr, &record, nullptr, &error_), before);
    default:
      return Check(varve_vector_set_metadata(txn_, nullptr, key_, key_, second, &error_), before);
  }
}

// Imports, which may leave part of themselves in a transaction: in one of their own.
absl::Status Caller::UseElsewhere(const Call& call) {
  Caller other;
  varve_change change = VARVE_INIT(varve_change);
  if (!call.first.empty()) change.entry_type = static_cast<std::uint8_t>(call.first[0]);
  change.payload_version = call.first.size() > 1 ? static_cast<std::uint8_t>(call.first[1]) : 1;
  change.payload = SliceOf(call.second);
  const varve_status answer =
      call.which % 2 == 0 ? varve_trace_import_otlp(other.txn_, nullptr, SliceOf(call.second),
                                                    nullptr, nullptr, nullptr, nullptr, &error_)
                          : varve_txn_repeat(other.txn_, &change, &error_);
  return Check(answer, varve_txn_bytes(txn_));
}

// As large as any struct may say that it is.
struct alignas(16) Room {
  std::array<char, 4096 + 64> bytes{};
};

// A struct that is read, whatever it says of its size.
absl::Status Caller::GiveStruct(std::string_view bytes) {
  const std::uint64_t before = varve_txn_bytes(txn_);
  Room room;
  std::copy_n(bytes.begin(), std::min(bytes.size(), room.bytes.size()), room.bytes.begin());
  varve_kv_put_options* const options = reinterpret_cast<varve_kv_put_options*>(room.bytes.data());
  return Check(varve_kv_put(txn_, nullptr, key_, key_, options, &error_), before);
}

// A struct that is written: no byte behind what it says of its size.
absl::Status Caller::TakeStruct(std::string_view bytes) {
  const std::uint64_t before = varve_txn_bytes(txn_);
  Room room;
  room.bytes.fill('?');
  std::copy_n(bytes.begin(), std::min(bytes.size(), room.bytes.size()), room.bytes.begin());
  const Room given = room;
  varve_bool found = 0;
  auto* const row = reinterpret_cast<varve_kv_row*>(room.bytes.data());
  const varve_status answer =
      varve_kv_get(varve_txn_reader(txn_), nullptr, key_, row, &found, &error_);
  VARVE_RETURN_IF_ERROR(Check(answer, before));
  std::size_t size = 0;
  std::memcpy(&size, given.bytes.data(), sizeof(size));
  const std::size_t written = answer == VARVE_OK ? size : 0;
  if (!std::equal(given.bytes.begin() + static_cast<std::ptrdiff_t>(written), given.bytes.end(),
                  room.bytes.begin() + static_cast<std::ptrdiff_t>(written))) {
    return Broken("a struct of ", size, " bytes was written beyond its size");
  }
  return absl::OkStatus();
}

absl::Status Caller::Make(const Call& call) {
  switch (call.which >> 6) {
    case 0:
      return Write(call);
    case 1:
      return Read(call);
    case 2:
      return UseElsewhere(call);
    default:
      return call.which % 2 == 0 ? GiveStruct(call.second) : TakeStruct(call.second);
  }
}

absl::Status TryCInterface(std::string_view input) {
  Caller caller;
  while (!input.empty()) VARVE_RETURN_IF_ERROR(caller.Make(TakeCall(input)));
  return absl::OkStatus();
}

std::string StructBytes(std::uint64_t size, std::uint64_t expires) {
  std::string bytes(16, '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  std::memcpy(bytes.data() + 8, &expires, sizeof(expires));
  return bytes;
}

std::vector<std::string> CInterfaceSeeds() {
  const std::string document = CallOf(0, "", R"({"a":[1,2.5,{"b":null}],"c":"\u00e9"})");
  return {
      document + CallOf(0, "/a/-", "18446744073709551615") + CallOf(0x40, "", "$.a[?@.b]"),
      document + CallOf(1, "", R"([{"op":"test","path":"/a/0","value":1}])") +
          CallOf(2, "", R"({"c":null,"d":{"e":1}})") + CallOf(0x41, "/d/e", "1"),
      CallOf(3, "thought", R"({"text":"x"})") + CallOf(4, "span", R"({"k":1})"),
      CallOf(5, "", R"({"lang":"en"})") + CallOf(0x43, "", R"({"eq":["lang","en"]})"),
      CallOf(0x42, "", "cursor") + CallOf(0x44, "", "cursor"),
      CallOf(0x80, "", R"({"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]})"),
      CallOf(0x81, "\x10\x01", std::string("\x03\0key\0value", 11)),
      CallOf(0xc0, "", StructBytes(24, 1)) + CallOf(0xc1, "", StructBytes(40, 0)) +
          CallOf(0xc1, "", StructBytes(4096, 0)),
  };
}

const Registration kCInterface(
    {.name = "c_interface", .run = TryCInterface, .seeds = CInterfaceSeeds, .smoke_runs = 3000});

}  // namespace
}  // namespace varve::fuzz
