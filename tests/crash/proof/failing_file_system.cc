#include "tests/crash/proof/failing_file_system.h"

#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

absl::Status StatusOf(Failure failure, std::string_view call, std::string_view path) {
  switch (failure) {
    case Failure::kNoSpace:
      return ResourceExhausted(call, " ", path, ": no space left on device (planted)");
    case Failure::kRefused:
      return MakeStatus(absl::StatusCode::kPermissionDenied, call, " ", path,
                        ": permission denied (planted)");
    default:
      return MakeStatus(absl::StatusCode::kUnknown, call, " ", path,
                        ": input/output error (planted)");
  }
}

// Runs `call` unless the place fails otherwise.
template <typename Call>
auto AtPlace(std::string_view name, std::string_view path, bool changes, const Call& call)
    -> decltype(call()) {
  const std::optional<Failure> failure = MeetPlace(name, path, changes);
  if (!failure.has_value()) return call();
  if (*failure == Failure::kDone) static_cast<void>(call());
  return StatusOf(*failure, name, path);
}

class FailingFile final : public File {
 public:
  FailingFile(std::unique_ptr<File> below, std::string_view path)
      : below_(std::move(below)), path_(path) {}

  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) const override {
    const std::optional<Failure> failure = MeetPlace("Read", path_, /*changes=*/false);
    if (!failure.has_value()) return below_->ReadAt(offset, into);
    if (*failure != Failure::kDamaged && *failure != Failure::kDamagedEarly) {
      return StatusOf(*failure, "Read", path_);
    }
    const absl::StatusOr<std::size_t> read = below_->ReadAt(offset, into);
    if (!read.ok() || *read == 0) return read;
    char& wrong = into[*read / (*failure == Failure::kDamaged ? 2 : 8)];
    wrong = static_cast<char>(wrong ^ 0x10);
    return read;
  }
  absl::Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
    return AtPlace("Write", path_, true, [&] { return below_->WriteAt(offset, bytes); });
  }
  absl::Status WriteDurablyAt(std::uint64_t offset, std::string_view bytes) override {
    return AtPlace("WriteDurably", path_, true,
                   [&] { return below_->WriteDurablyAt(offset, bytes); });
  }
  absl::Status Truncate(std::uint64_t size) override {
    return AtPlace("Truncate", path_, true, [&] { return below_->Truncate(size); });
  }
  absl::Status Sync() override {
    return AtPlace("Sync", path_, true, [&] { return below_->Sync(); });
  }
  absl::StatusOr<std::uint64_t> Size() const override {
    return AtPlace("Size", path_, false, [&] { return below_->Size(); });
  }

 private:
  const std::unique_ptr<File> below_;
  const std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<File>> FailingFileSystem::Open(std::string_view path,
                                                              OpenMode mode) {
  const bool creates = mode == OpenMode::kCreate;
  absl::StatusOr<std::unique_ptr<File>> file =
      AtPlace(creates ? "Create" : "Open", path, creates, [&] { return below_.Open(path, mode); });
  VARVE_RETURN_IF_ERROR(file.status());
  return std::make_unique<FailingFile>(*std::move(file), path);
}

absl::Status FailingFileSystem::CreateDirectory(std::string_view path) {
  return AtPlace("CreateDirectory", path, true, [&] { return below_.CreateDirectory(path); });
}

absl::StatusOr<std::vector<std::string>> FailingFileSystem::List(std::string_view path) {
  return AtPlace("List", path, false, [&] { return below_.List(path); });
}

absl::StatusOr<FileInfo> FailingFileSystem::Stat(std::string_view path) {
  return AtPlace("Stat", path, false, [&] { return below_.Stat(path); });
}

absl::Status FailingFileSystem::Rename(std::string_view from, std::string_view to) {
  return AtPlace("Rename", to, true, [&] { return below_.Rename(from, to); });
}

absl::Status FailingFileSystem::Remove(std::string_view path) {
  return AtPlace("Remove", path, true, [&] { return below_.Remove(path); });
}

absl::Status FailingFileSystem::SyncDirectory(std::string_view path) {
  return AtPlace("SyncDirectory", path, true, [&] { return below_.SyncDirectory(path); });
}

absl::StatusOr<std::unique_ptr<FileLock>> FailingFileSystem::Lock(std::string_view path,
                                                                  LockMode mode) {
  return AtPlace("Lock", path, true, [&] { return below_.Lock(path, mode); });
}

absl::StatusOr<VolumeInfo> FailingFileSystem::Volume(std::string_view path) {
  return AtPlace("Volume", path, false, [&] { return below_.Volume(path); });
}

}  // namespace varve::crash
