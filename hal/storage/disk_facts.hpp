// What Linux's text files say of a file system and its disk. Readers of text, without files of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hal/storage/storage.hpp"

namespace fieldpost::hal {

struct Mount {
    std::string device_number;  // "179:2"
    std::string point;          // where it is mounted
    std::string source;         // "/dev/mmcblk0p2"
    std::string type;           // "ext4"
    bool read_only = false;     // this mount, or the file system as a whole
};

// The mount that holds `path` (absolute, without "." and "..") in the text of /proc/self/mountinfo: the
// longest mount point that leads to it, the last of those mounted over each other.
std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path);

// eMMC's life_time: two numbers in hexadecimal, each the tenth of its rated life that one kind of its memory
// has reached (01 is 0 to 10 %, 0B beyond it); the worse counts, as the percents it has reached at most. Also
// SD and UFS cards that offer one number. Absent for 0: not defined.
std::optional<int> wear_of_life_time(std::string_view life_time);

// eMMC's pre_eol_info: 01 normal, 02 warning, 03 urgent.
std::optional<Spare> spare_of_pre_eol(std::string_view pre_eol_info);

// What `smartctl --json --all` wrote: percentage_used of NVMe disks, else the endurance indicator that ATA
// disks keep in their device statistics; absent when there is neither, or no such text.
std::optional<int> wear_of_smart(std::string_view report);
// `urgent` when the disk fails its own assessment (smart_status.passed is false).
std::optional<Spare> spare_of_smart(std::string_view report);

}  // namespace fieldpost::hal
