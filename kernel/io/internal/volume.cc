#include "kernel/io/internal/volume.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "kernel/io/internal/errno_status.h"

namespace varve::internal {
namespace {

constexpr std::uint64_t kFuseMagic = 0x65735546;

constexpr std::array<std::uint64_t, 2> kMemoryMagics = {
    0x01021994,  // tmpfs
    0x858458f6,  // ramfs
};

constexpr std::array<std::uint64_t, 11> kNetworkMagics = {
    0x6969,      // nfs
    0x517b,      // smb
    0xff534d42,  // cifs
    0xfe534d42,  // smb2
    0x01021997,  // 9p
    0x00c36400,  // ceph
    0x5346414f,  // afs
    0x6b414653,  // kafs
    0x73757245,  // coda
    0x0bd00bd0,  // lustre
    0x47504653,  // gpfs
};

// FUSE file systems that keep their files on this machine.
constexpr std::array<std::string_view, 8> kLocalFuseTypes = {
    "fuseblk",        "fuse.fuse-overlayfs", "fuse.mergerfs", "fuse.bindfs",
    "fuse.gocryptfs", "fuse.encfs",          "fuse.lxcfs",    "fuse.ntfs-3g",
};

template <typename Values, typename Value>
bool Contains(const Values& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string ReadMountTable() {
  std::ifstream table("/proc/self/mountinfo");
  std::ostringstream text;
  text << table.rdbuf();
  return text.str();
}

}  // namespace

VolumeInfo::Kind KindOfVolume(std::uint64_t magic, std::string_view fuse_type) {
  if (Contains(kMemoryMagics, magic)) return VolumeInfo::Kind::kMemory;
  if (Contains(kNetworkMagics, magic)) return VolumeInfo::Kind::kNetwork;
  if (magic == kFuseMagic && !Contains(kLocalFuseTypes, fuse_type)) {
    return VolumeInfo::Kind::kNetwork;
  }
  return VolumeInfo::Kind::kLocal;
}

std::string_view MountTypeIn(std::string_view mount_table, unsigned major, unsigned minor) {
  // "36 35 98:0 /root /mount/point options [fields...] - type source options"
  std::string device = " ";
  device.append(std::to_string(major)).append(":").append(std::to_string(minor)).append(" ");
  while (!mount_table.empty()) {
    const std::string_view line = mount_table.substr(0, mount_table.find('\n'));
    mount_table.remove_prefix(std::min(mount_table.size(), line.size() + 1));
    const std::size_t separator = line.find(" - ");
    if (line.find(device) >= separator) continue;
    const std::string_view type = line.substr(separator + 3);
    return type.substr(0, type.find(' '));
  }
  return {};
}

absl::StatusOr<VolumeInfo> InspectVolume(const std::string& path) {
  struct statfs volume;
  while (::statfs(path.c_str(), &volume) != 0) {
    if (errno != EINTR) return ErrnoStatus(errno, "statfs", path);
  }
  // f_type is signed on some machines; the magic is its 32 bits.
  const std::uint64_t magic = static_cast<std::uint32_t>(volume.f_type);
  std::string table;
  std::string_view fuse_type;
  if (magic == kFuseMagic) {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, "stat", path);
    table = ReadMountTable();
    fuse_type = MountTypeIn(table, major(info.st_dev), minor(info.st_dev));
  }
  VolumeInfo result;
  result.kind = KindOfVolume(magic, fuse_type);
  result.free_bytes =
      static_cast<std::uint64_t>(volume.f_bavail) * static_cast<std::uint64_t>(volume.f_frsize);
  return result;
}

}  // namespace varve::internal
