// The disk under a folder, as Linux tells of it: statvfs for space, mountinfo for a remount (which is told at
// once; a file system that turns itself read-only after an error is noticed at the next look), ext4's count
// of errors, and eMMC's own word on its wear in sysfs; also of the one disk below LUKS or LVM. For NVMe and
// SATA disks, whose SMART only root may ask for, a timer of root's (fieldpost-smart) writes what `smartctl
// --json --all` says to a file that is read here.
//
// Settings:
//   path         the folder whose disk is meant; must be given
//   interval_ms  how often space and wear are looked at, 10 to 86400000, default 60000
//   smart        the file with smartctl's report, default /run/fieldpost-smart/report.json; one that is not
//                there says nothing
//   sysfs        default /sys
//   mountinfo    default /proc/self/mountinfo
#pragma once

#include "hal/storage/storage.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Storage>> make_linux_storage(const SettingMap& settings);

}  // namespace fieldpost::hal
