// What kind of volume a path is on.
#ifndef VARVE_KERNEL_IO_INTERNAL_VOLUME_H_
#define VARVE_KERNEL_IO_INTERNAL_VOLUME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"

namespace varve::internal {

// FileSystem::Volume.
[[nodiscard]] absl::StatusOr<VolumeInfo> InspectVolume(const std::string& path);

// The kind that a superblock magic (statfs.f_type) stands for. `fuse_type` is the file system type
// that the mount table names, looked at for FUSE only: any FUSE that is not known to keep its
// files on this machine counts as a network.
[[nodiscard]] VolumeInfo::Kind KindOfVolume(std::uint64_t magic, std::string_view fuse_type);

// The type of the mount `major`:`minor` in the text of /proc/self/mountinfo; empty where absent.
[[nodiscard]] std::string_view MountTypeIn(std::string_view mount_table, unsigned major,
                                           unsigned minor);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_IO_INTERNAL_VOLUME_H_
