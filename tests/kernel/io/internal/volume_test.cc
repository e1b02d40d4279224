#include "kernel/io/internal/volume.h"

#include <gtest/gtest.h>

namespace varve::internal {
namespace {

using Kind = VolumeInfo::Kind;

constexpr std::uint64_t kFuse = 0x65735546;
constexpr std::string_view kMounts =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "23 22 0:21 / /mnt/a\\040b rw shared:2 master:1 - fuse.sshfs host:/ rw,user_id=0\n"
    "24 22 0:2 / /proc rw - proc proc rw\n";

TEST(KindOfVolume, KnowsMemoryNetworkAndLocal) {
  EXPECT_EQ(KindOfVolume(0x01021994, ""), Kind::kMemory);   // tmpfs
  EXPECT_EQ(KindOfVolume(0x858458f6, ""), Kind::kMemory);   // ramfs
  EXPECT_EQ(KindOfVolume(0x6969, ""), Kind::kNetwork);      // nfs
  EXPECT_EQ(KindOfVolume(0xff534d42, ""), Kind::kNetwork);  // cifs
  EXPECT_EQ(KindOfVolume(0xfe534d42, ""), Kind::kNetwork);  // smb2
  EXPECT_EQ(KindOfVolume(0xef53, ""), Kind::kLocal);        // ext4
  EXPECT_EQ(KindOfVolume(0x58465342, ""), Kind::kLocal);    // xfs
}

TEST(KindOfVolume, TrustsOnlyTheFuseThatItKnowsToBeLocal) {
  EXPECT_EQ(KindOfVolume(kFuse, "fuseblk"), Kind::kLocal);
  EXPECT_EQ(KindOfVolume(kFuse, "fuse.mergerfs"), Kind::kLocal);
  EXPECT_EQ(KindOfVolume(kFuse, "fuse.sshfs"), Kind::kNetwork);
  EXPECT_EQ(KindOfVolume(kFuse, ""), Kind::kNetwork);
}

TEST(MountTypeIn, FindsTheTypeByTheDeviceNumber) {
  EXPECT_EQ(MountTypeIn(kMounts, 254, 0), "ext4");
  EXPECT_EQ(MountTypeIn(kMounts, 0, 21), "fuse.sshfs");
  EXPECT_EQ(MountTypeIn(kMounts, 0, 2), "proc");
  EXPECT_EQ(MountTypeIn(kMounts, 0, 1), "");
  EXPECT_EQ(MountTypeIn("", 0, 1), "");
  EXPECT_EQ(MountTypeIn("22 1 0:1 / no separator\n", 0, 1), "");
  EXPECT_EQ(MountTypeIn("22 1 0:1 / / rw - ext4", 0, 1), "ext4");
}

}  // namespace
}  // namespace varve::internal
