// varve STORE import FILE
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/importer.h"
#include "cli/kv_arguments.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct ImportArguments {
  std::string file;
  std::string run;
  std::uint64_t batch = 1000;
  std::uint64_t in_flight = 16;
  std::string durability = "durable";
  std::string resume_key;
  std::string acknowledge;
};

void DeclareImport(Arguments& arguments, ImportArguments& to) {
  arguments.Text({.name = "file",
                  .help = "JSONL, one {\"key\":...,\"value\":...} per line; - is "
                          "standard input",
                  .required = true},
                 to.file);
  DeclareRun(arguments, to.run);
  arguments.Number(
      {.name = "--batch", .help = "Lines per transaction (default 1000)", .value_name = "N"},
      to.batch, {std::uint64_t{1}, std::uint64_t{1'000'000}});
  arguments.Number({.name = "--in-flight",
                    .help = "Transactions on their way to the disk at once (default 16)",
                    .value_name = "N"},
                   to.in_flight, {std::uint64_t{1}, std::uint64_t{10'000}});
  arguments.Choice(
      {.name = "--durability",
       .help = "durable (default): acknowledged when on stable storage; buffered: at the end"},
      {"durable", "buffered"}, to.durability);
  arguments.Text(
      {.name = "--resume-key",
       .help = "Count the lines under this key, in the same transactions, and go on behind it "
               "where it is there",
       .value_name = "KEY"},
      to.resume_key);
  arguments.Text({.name = "--acknowledge",
                  .help = "Append one JSON line to this file for every transaction that is durable",
                  .value_name = "FILE"},
                 to.acknowledge);
}

using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// The file of --acknowledge; null where none is wanted.
absl::StatusOr<FileHandle> OpenAcknowledgements(const std::string& path) {
  FileHandle file(nullptr, std::fclose);
  if (path.empty()) return file;
  file.reset(std::fopen(path.c_str(), "ab"));
  if (file == nullptr) return InvalidArgument("cannot append to ", path, " (--acknowledge)");
  return file;
}

Json AcknowledgementToJson(const Acknowledgement& acknowledgement) {
  return Json{{"event", "committed"},
              {"lines", acknowledgement.mark.lines},
              {"records", acknowledgement.mark.records},
              {"lsn", acknowledgement.receipt.lsn.value()},
              {"durable", acknowledgement.durable}};
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string FormatRate(std::uint64_t records, double seconds) {
  return FormatCount(static_cast<std::uint64_t>(static_cast<double>(records) / seconds)) +
         " records/s";
}

// Feeds the lines behind the importer's mark to it, until the end, a bad line or Ctrl-C.
absl::Status ImportLines(LineReader& reader, const std::string& file, const ImportMark& from,
                         Importer& importer, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  std::string line;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool more, reader.Next(line));
    if (!more) return absl::OkStatus();
    if (Interrupted()) return absl::CancelledError("interrupted");
    if (reader.lines() <= from.lines) continue;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place = file + " line " + std::to_string(reader.lines());
    absl::StatusOr<JsonlRecord> record = ParseJsonlRecord(line);
    if (!record.ok()) return AddContext(record.status(), place);
    VARVE_RETURN_IF_ERROR(AddContext(importer.AddRecord(reader.lines(), *record), place));
    const std::uint64_t records = importer.acknowledged().records - from.records;
    progress.Update(
        reader.bytes(), reader.bytes_total(),
        FormatCount(records) + " records, " + FormatRate(records, SecondsSince(start) + 1e-9));
  }
}

// Why the import stopped, with what is in the store all the same.
absl::Status Stopped(const absl::Status& status, const ImportMark& acknowledged) {
  return MakeStatus(status.code(), FromAbsl(status.message()), ". The ", acknowledged.records,
                    " records up to line ", acknowledged.lines,
                    " are committed and durable; with --resume-key the same command goes on behind "
                    "them");
}

void PrintImported(const Importer& importer, const ImportMark& from, double seconds,
                   Lsn durable_lsn, Output& output) {
  const std::uint64_t records = importer.acknowledged().records - from.records;
  output.Line("imported " + FormatCount(records) + " records up to line " +
              FormatCount(importer.acknowledged().lines) + ", all durable at LSN " +
              std::to_string(durable_lsn.value()) + ": " + FormatRate(records, seconds));
  output.Object({{"event", "imported"},
                 {"lines", importer.acknowledged().lines},
                 {"records", importer.acknowledged().records},
                 {"new_records", records},
                 {"lsn", durable_lsn.value()},
                 {"seconds", seconds}});
}

absl::StatusOr<Answer> ImportInto(Store& store, const ImportArguments& arguments,
                                  const ImportOptions& options, LineReader& reader,
                                  Output& output) {
  VARVE_ASSIGN_OR_RETURN(const FileHandle acknowledgements,
                         OpenAcknowledgements(arguments.acknowledge));
  Importer importer(store, options, [&](const Acknowledgement& acknowledgement) {
    const Json line = AcknowledgementToJson(acknowledgement);
    output.Object(line);
    if (acknowledgements == nullptr || !acknowledgement.durable) return;
    std::fputs((line.dump() + "\n").c_str(), acknowledgements.get());
    std::fflush(acknowledgements.get());
  });
  VARVE_ASSIGN_OR_RETURN(const ImportMark from, importer.ReadMark());
  importer.Resume(from);
  if (from.lines > 0) {
    output.Note("going on behind line " + FormatCount(from.lines) + " (" +
                FormatCount(from.records) + " records are in)");
  }
  const auto start = std::chrono::steady_clock::now();
  Progress progress(output, "importing", Progress::Unit::kBytes, reader.bytes_total());
  const absl::Status read = ImportLines(reader, arguments.file, from, importer, progress);
  // What stands before a bad line is committed all the same.
  const absl::Status finished = importer.Finish();
  progress.Finish();
  if (!read.ok()) return Stopped(read, importer.acknowledged());
  if (!finished.ok()) return Stopped(finished, importer.acknowledged());
  PrintImported(importer, from, SecondsSince(start) + 1e-9, store.durable_lsn(), output);
  return Answer::kYes;
}

absl::StatusOr<Answer> RunImport(const ImportArguments& arguments, Session& session) {
  ImportOptions options;
  VARVE_ASSIGN_OR_RETURN(options.run, ParseRun(arguments.run));
  options.batch = arguments.batch;
  options.in_flight = arguments.in_flight;
  options.resume_key = arguments.resume_key;
  if (arguments.durability == "buffered") options.durability = Durability::kBuffered;
  VARVE_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(arguments.file));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenOrCreate());
  return CloseAfter(opened,
                    ImportInto(*opened.store, arguments, options, reader, session.output()));
}

}  // namespace

void AddImportVerb(Verbs& root) {
  root.Add<ImportArguments>(
      {"import",
       "Puts every line of a JSONL file into KV, in durable transactions; makes the store where "
       "there is none.",
       {"import rows.jsonl", "import rows.jsonl --batch 20 --resume-key import/rows",
        "import - --json < rows.jsonl", "import rows.jsonl --acknowledge acks.jsonl"}},
      DeclareImport, RunImport);
}

}  // namespace varve::cli
