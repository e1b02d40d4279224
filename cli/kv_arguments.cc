#include "cli/kv_arguments.h"

#include <array>
#include <cstdio>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"

namespace varve::cli {
namespace {

absl::StatusOr<std::string> ReadStandardInput(std::size_t bytes_max) {
  std::string bytes;
  std::array<char, 65536> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    bytes.append(buffer.data(), count);
    if (bytes.size() > bytes_max) {
      return ResourceExhausted("standard input holds more than ", bytes_max,
                               " bytes, the limit of one value; split it over several keys");
    }
  }
  return bytes;
}

}  // namespace

void DeclareRun(Arguments& arguments, std::string& run) {
  arguments.Text({.name = "--run",
                  .help = "The run whose keys are meant (default: the default run)",
                  .value_name = "UUID"},
                 run);
}

absl::StatusOr<RunId> ParseRun(const std::string& run) {
  if (run.empty()) return RunId();
  const std::optional<RunId> id = Uuid::Parse(run);
  if (!id) {
    return InvalidArgument("--run ", run,
                           " is no UUID; it looks like 6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  }
  return *id;
}

void DeclareKey(Arguments& arguments, KeyArguments& to) {
  arguments.Text({.name = "key", .help = "The key, 1 to 1024 bytes", .required = true}, to.key);
  arguments.Flag({.name = "--base64", .help = "Key and value arguments are base64 (for any bytes)"},
                 to.base64);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<std::string> DecodeArgument(std::string_view text, bool base64,
                                           std::string_view what) {
  if (!base64) return std::string(text);
  std::optional<std::string> bytes = DecodeBase64(text);
  if (!bytes) {
    return InvalidArgument("the ", what, " \"", EscapeBytes(text),
                           "\" is not base64 (RFC 4648 section 4, with padding)");
  }
  return *std::move(bytes);
}

absl::StatusOr<std::string> KeyBytes(const KeyArguments& arguments) {
  return DecodeArgument(arguments.key, arguments.base64, "key");
}

void DeclareValue(Arguments& arguments, ValueArguments& to) {
  arguments.Text({.name = "value", .help = "The value, up to 16 MiB"}, to.value);
  arguments.Text({.name = "--file",
                  .help = "Take the value from this file; - is standard input",
                  .value_name = "FILE"},
                 to.file);
}

absl::StatusOr<std::string> ValueBytes(const ValueArguments& arguments, bool base64) {
  if (arguments.value.has_value() != arguments.file.empty()) {
    return InvalidArgument("give the value either as an argument or with --file");
  }
  if (arguments.value) return DecodeArgument(*arguments.value, base64, "value");
  if (arguments.file == "-") return ReadStandardInput(kValueBytesMax);
  return ReadWholeFile(PosixFileSystem(), arguments.file, kValueBytesMax);
}

Json KvRowToJson(const KvRow& row) {
  Json object = {{"key", BytesToJson(row.key)},
                 {"value", BytesToJson(row.value)},
                 {"lsn", row.lsn.value()},
                 {"commit_time_us", row.commit_time.micros()}};
  if (row.expires) object["expires_us"] = row.expires->micros();
  return object;
}

}  // namespace varve::cli
