// Making a new store's directory.
#ifndef VARVE_RECOVERY_CREATE_H_
#define VARVE_RECOVERY_CREATE_H_

#include <string>

#include "absl/status/status.h"
#include "kernel/io/environment.h"
#include "kernel/registry.h"
#include "kernel/store_files.h"
#include "snapshot/manifest.h"

namespace varve::recovery {

enum class DirectoryState {
  kAbsent,      // or empty, or a creation that never finished: a new store may be made there
  kUnfinished,  // a store was being made of another one: that may be begun again
  kStore,       // holds a manifest, or files that only a store with one can have left
  kForeign,     // holds something else
};
// Writes nothing.
[[nodiscard]] absl::StatusOr<DirectoryState> InspectDirectory(FileSystem& files,
                                                              const StoreFiles& names);

// The directory itself, so that its LOCK can be taken. Its parent must exist.
[[nodiscard]] absl::Status CreateStoreDirectory(FileSystem& files, const StoreFiles& names);

// Stands in the directory of a store that is being made of another one, from before its first file
// to behind its manifest: without it a snapshot and no manifest mean that the manifest is lost.
[[nodiscard]] std::string UnfinishedMark(const StoreFiles& names);
// Makes it, durably, and removes the snapshots that an attempt before has left. The caller holds
// the LOCK.
[[nodiscard]] absl::Status MarkUnfinished(FileSystem& files, const StoreFiles& names);

// The folders of a new store, without what an unfinished creation left. The caller holds the LOCK.
[[nodiscard]] absl::Status CreateStoreFolders(FileSystem& files, const StoreFiles& names);

// The manifest of a store that holds nothing yet, with an identity of its own.
[[nodiscard]] snapshot::Manifest FreshManifest(Entropy& entropy, const PrimitiveRegistry& registry);

// Writes it, last of all: before it stands, durably, there is no store.
[[nodiscard]] absl::Status CreateStoreManifest(FileSystem& files, const StoreFiles& names,
                                               const snapshot::Manifest& manifest);

// Makes durable that the store's own files are there, whoever made them. Changes no byte.
[[nodiscard]] absl::Status SyncStoreNames(FileSystem& files, const StoreFiles& names);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_CREATE_H_
