// varve STORE export [FILE]
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "cli/jsonl_record.h"
#include "cli/kv_arguments.h"
#include "cli/progress.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"

namespace varve::cli {
namespace {

struct ExportArguments {
  std::string file;
  std::string prefix;
  std::string run;
  std::optional<std::uint64_t> at;
  bool replace = false;
};

void DeclareExport(Arguments& arguments, ExportArguments& to) {
  arguments.Text({.name = "file", .help = "Where to (default: standard output)"}, to.file);
  arguments.Text(
      {.name = "--prefix", .help = "Only keys that start with this", .value_name = "TEXT"},
      to.prefix);
  DeclareRun(arguments, to.run);
  arguments.Number({.name = "--at",
                    .help = "As of this LSN, where history is kept that far",
                    .value_name = "LSN"},
                   to.at);
  arguments.Flag({.name = "--replace", .help = "Replace the file where there is one"}, to.replace);
}

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

// Takes lines; a file appears under its name only when it is whole and durable.
class LineSink {
 public:
  virtual ~LineSink() = default;
  [[nodiscard]] virtual absl::Status Add(std::string_view line) = 0;
  [[nodiscard]] virtual absl::Status Finish() = 0;
};

class StandardOutputSink final : public LineSink {
 public:
  absl::Status Add(std::string_view line) override {
    // Output::Finish asks whether all of it was taken.
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    if (std::ferror(stdout) == 0) return absl::OkStatus();
    return MakeStatus(absl::StatusCode::kUnknown, "standard output does not take any more");
  }
  absl::Status Finish() override { return absl::OkStatus(); }
};

class FileSink final : public LineSink {
 public:
  // `path` is not there yet, or may be replaced.
  static absl::StatusOr<std::unique_ptr<LineSink>> Create(const std::string& path) {
    FileSystem& files = PosixFileSystem();
    const std::string partial = path + ".partial";
    const absl::Status removed = files.Remove(partial);  // of an export that was killed
    if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    absl::StatusOr<std::unique_ptr<File>> file = files.Open(partial, OpenMode::kCreate);
    if (absl::IsNotFound(file.status())) {
      return InvalidArgument("the folder of ", path, " does not exist; make it first");
    }
    VARVE_RETURN_IF_ERROR(file.status());
    return std::unique_ptr<LineSink>(new FileSink(path, *std::move(file)));
  }

  absl::Status Add(std::string_view line) override {
    buffer_.append(line);
    buffer_.push_back('\n');
    return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
  }

  absl::Status Finish() override {
    FileSystem& files = PosixFileSystem();
    VARVE_RETURN_IF_ERROR(Flush());
    VARVE_RETURN_IF_ERROR(file_->Sync());
    file_.reset();
    VARVE_RETURN_IF_ERROR(files.Rename(path_ + ".partial", path_));
    const std::size_t slash = path_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    return files.SyncDirectory(folder);
  }

 private:
  FileSink(std::string path, std::unique_ptr<File> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Flush() {
    VARVE_RETURN_IF_ERROR(file_->WriteAt(offset_, buffer_));
    offset_ += buffer_.size();
    buffer_.clear();
    return absl::OkStatus();
  }

  const std::string path_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  std::uint64_t offset_ = 0;
};

absl::StatusOr<std::unique_ptr<LineSink>> OpenSink(const ExportArguments& arguments) {
  if (arguments.file.empty() || arguments.file == "-") {
    return std::unique_ptr<LineSink>(new StandardOutputSink);
  }
  if (!arguments.replace && PosixFileSystem().Stat(arguments.file).ok()) {
    return InvalidArgument(arguments.file,
                           " is there already; choose another name, or give --replace");
  }
  return FileSink::Create(arguments.file);
}

absl::StatusOr<std::uint64_t> ExportRows(KvScan scan, LineSink& sink, Progress& progress) {
  std::uint64_t records = 0;
  for (const KvRow& row : scan) {
    if (Interrupted()) return absl::CancelledError("interrupted; the file was not made");
    VARVE_RETURN_IF_ERROR(sink.Add(FormatJsonlRecord(row)));
    progress.Update(++records);
  }
  VARVE_RETURN_IF_ERROR(scan.status());
  VARVE_RETURN_IF_ERROR(sink.Finish());
  return records;
}

absl::StatusOr<Answer> RunExport(const ExportArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(
      ReadView view, arguments.at ? opened.store->AsOf(Lsn(*arguments.at)) : opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LineSink> sink, OpenSink(arguments));
  Progress progress(session.output(), "exporting", Progress::Unit::kRecords, 0);
  KvScanOptions range;
  range.prefix = arguments.prefix;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t records,
                         ExportRows(Kv(view, run).Scan(range), *sink, progress));
  progress.Finish();
  if (arguments.file.empty() || arguments.file == "-") return Answer::kYes;
  session.output().Line("exported " + FormatCount(records) + " records to " + arguments.file);
  session.output().Object(
      {{"file", arguments.file}, {"records", records}, {"lsn", view.lsn().value()}});
  return Answer::kYes;
}

}  // namespace

void AddExportVerb(Verbs& root) {
  root.Add<ExportArguments>(
      {"export",
       "Writes KV as JSONL, sorted by key; import reads the same lines back.",
       {"export rows.jsonl", "export --prefix user/ | jq .value", "export rows.jsonl --replace"}},
      DeclareExport, RunExport);
}

}  // namespace varve::cli
