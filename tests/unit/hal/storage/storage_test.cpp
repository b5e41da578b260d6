#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "hal/storage/disk_facts.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

const std::string mounts =
    "22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw,errors=remount-ro\n"
    "30 22 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,size=200k\n"
    "31 22 179:3 / /var/lib rw,relatime shared:6 master:1 - ext4 /dev/mmcblk0p3 rw\n"
    "32 31 179:4 / /var/lib/field\\040post rw,relatime - ext4 /dev/mmcblk0p4 ro,errors=remount-ro\n"
    "33 22 8:1 /sub /media ro,relatime - vfat /dev/sda1 rw\n"
    "34 22 8:17 / /media rw,relatime - vfat /dev/sdb1 rw\n";

}  // namespace

TEST_CASE(
    "the mount that holds a path is the longest that leads to it, and the last of those over each other") {
    CHECK(mount_of(mounts, "/etc/fieldpost")->source == "/dev/mmcblk0p2");
    CHECK(mount_of(mounts, "/var/lib")->device_number == "179:3");
    CHECK(mount_of(mounts, "/var/library")->device_number == "179:2");
    CHECK(mount_of(mounts, "/var/lib/field post/state")->point == "/var/lib/field post");
    CHECK(mount_of(mounts, "/media/stick")->device_number == "8:17");
    CHECK(mount_of(mounts, "/run/x")->type == "tmpfs");
    CHECK_FALSE(mount_of("", "/"));
    CHECK_FALSE(mount_of("22 1 179:2 / / rw,relatime\n33 - - -\n", "/"));
}

TEST_CASE("a mount is read-only by its own word or by its file system's") {
    CHECK_FALSE(mount_of(mounts, "/")->read_only);
    CHECK(mount_of(mounts, "/var/lib/field post")->read_only);
    CHECK(mount_of(mounts.substr(0, mounts.rfind("34 22")), "/media")->read_only);
}

TEST_CASE("eMMC's words on its wear are read as it means them") {
    CHECK(wear_of_life_time("0x01 0x03\n") == 30);
    CHECK(wear_of_life_time("0x0b 0x01\n") == 110);
    CHECK_FALSE(wear_of_life_time("0x00 0x00\n"));
    CHECK_FALSE(wear_of_life_time(""));
    CHECK_FALSE(wear_of_life_time("0xff 0x01\n"));
    CHECK_FALSE(wear_of_life_time("worn"));
    CHECK(spare_of_pre_eol("0x01\n") == Spare::normal);
    CHECK(spare_of_pre_eol("0x02\n") == Spare::warning);
    CHECK(spare_of_pre_eol("0x03\n") == Spare::urgent);
    CHECK_FALSE(spare_of_pre_eol("0x00\n"));
    CHECK_FALSE(spare_of_pre_eol(""));
}

TEST_CASE("smartctl's reports give wear and the disk's own judgement") {
    CHECK(wear_of_smart(R"({"nvme_smart_health_information_log":{"percentage_used":7}})") == 7);
    CHECK(wear_of_smart(R"({"ata_device_statistics":{"pages":[{"number":1},{"table":[
        {"name":"Lifetime Power-On Resets","value":12},{"name":"Percentage Used Endurance Indicator","value":3}]}]}})") ==
          3);
    CHECK(spare_of_smart(R"({"smart_status":{"passed":true}})") == Spare::normal);
    CHECK(spare_of_smart(R"({"smart_status":{"passed":false}})") == Spare::urgent);
    for (const std::string text :
         {"", "{", "[]", "7", R"({"nvme_smart_health_information_log":[]})",
          R"({"nvme_smart_health_information_log":{"percentage_used":"7"}})",
          R"({"ata_device_statistics":{"pages":{}}})", R"({"smart_status":{"passed":1}})"}) {
        INFO(text);
        CHECK_FALSE(wear_of_smart(text));
        CHECK_FALSE(spare_of_smart(text));
    }
}

TEST_CASE(
    "a disk is broken when it takes no writes, has no spare blocks or is beyond its life, and says why") {
    StorageReading disk;
    disk.device = "mmcblk0";
    disk.wear_percent = 100;
    disk.spare = Spare::warning;
    CHECK(judge(disk).state == PartState::ok);
    disk.wear_percent = 110;
    CHECK(judge(disk).detail == "The disk mmcblk0 is beyond its rated life: replace it soon.");
    disk.spare = Spare::urgent;
    CHECK(judge(disk).detail == "The disk mmcblk0 has hardly any spare blocks left: replace it.");
    disk.read_only = true;
    CHECK(judge(disk).state == PartState::broken);
    CHECK(judge(disk).detail == "The disk mmcblk0 takes no writes: the kernel has mounted it read-only.");
}

TEST_CASE("free space is news by the hundredth, everything else at once") {
    StorageReading told;
    told.total_bytes = 1000;
    told.free_bytes = 500;
    StorageReading next = told;
    CHECK_FALSE(is_news(told, next));
    next.free_bytes = 491;
    CHECK_FALSE(is_news(told, next));
    next.free_bytes = 490;
    CHECK(is_news(told, next));
    next = told;
    next.errors = 1;
    CHECK(is_news(told, next));
}

TEST_CASE(
    "the disk below a folder is found through mountinfo and sysfs, with wear, spare blocks and errors") {
    const TempFolder folder;
    namespace fs = std::filesystem;
    const fs::path disk = folder / "sys/devices/mmc0/block/mmcblk0";
    fs::create_directories(disk / "mmcblk0p2");
    fs::create_directories(folder / "sys/devices/mmc0/card");
    fs::create_symlink(folder / "sys/devices/mmc0/card", disk / "device");
    fs::create_directories(folder / "sys/dev/block");
    fs::create_symlink(disk / "mmcblk0p2", folder / "sys/dev/block/179:2");
    fs::create_directories(folder / "sys/fs/ext4/mmcblk0p2");
    folder.write("sys/devices/mmc0/block/mmcblk0/mmcblk0p2/partition", "2\n");
    folder.write("sys/devices/mmc0/card/life_time", "0x02 0x05\n");
    folder.write("sys/devices/mmc0/card/pre_eol_info", "0x01\n");
    folder.write("sys/fs/ext4/mmcblk0p2/errors_count", "4\n");
    folder.write("mountinfo", "22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n");
    const SettingMap settings{{"path", folder.path().string()},
                              {"sysfs", (folder / "sys").string()},
                              {"mountinfo", (folder / "mountinfo").string()},
                              {"smart", (folder / "smart.json").string()},
                              {"interval_ms", "10"}};
    Log<StorageReading> log;
    auto storage = make_storage({"linux", settings}).value();
    REQUIRE(storage->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(1));
    const StorageReading first = log.all().front();
    CHECK(first.device == "mmcblk0");
    CHECK(first.wear_percent == 50);
    CHECK(first.spare == Spare::normal);
    CHECK(first.errors == 4U);
    CHECK_FALSE(first.read_only);
    CHECK(storage->status().state == PartState::ok);

    folder.write("mountinfo", "22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 ro,errors=remount-ro\n");
    REQUIRE(log.wait_for([](const StorageReading& reading) { return reading.read_only; }));
    CHECK(storage->status().state == PartState::broken);

    folder.write("mountinfo", "22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n");
    fs::remove(folder / "sys/devices/mmc0/card/life_time");
    folder.write("smart.json", R"({"nvme_smart_health_information_log":{"percentage_used":81}})");
    REQUIRE(log.wait_for([](const StorageReading& reading) { return reading.wear_percent == 81; }));
    CHECK(storage->status().state == PartState::ok);
}

TEST_CASE("the disk below an encrypted volume is the one that is told of") {
    const TempFolder folder;
    namespace fs = std::filesystem;
    const fs::path disk = folder / "sys/devices/mmc0/block/mmcblk0";
    const fs::path volume = folder / "sys/devices/virtual/block/dm-0";
    fs::create_directories(disk / "mmcblk0p3");
    fs::create_directories(disk / "device");
    fs::create_directories(volume / "slaves");
    fs::create_directories(folder / "sys/dev/block");
    fs::create_symlink(disk / "mmcblk0p3", volume / "slaves/mmcblk0p3");
    fs::create_symlink(volume, folder / "sys/dev/block/254:0");
    fs::create_directories(folder / "sys/fs/ext4/dm-0");
    folder.write("sys/devices/mmc0/block/mmcblk0/mmcblk0p3/partition", "3\n");
    folder.write("sys/devices/mmc0/block/mmcblk0/device/life_time", "0x02 0x01\n");
    folder.write("sys/fs/ext4/dm-0/errors_count", "1\n");
    folder.write("mountinfo", "22 1 254:0 / / rw - ext4 /dev/mapper/state rw\n");
    const SettingMap settings{{"path", folder.path().string()},
                              {"sysfs", (folder / "sys").string()},
                              {"mountinfo", (folder / "mountinfo").string()},
                              {"interval_ms", "10"}};
    Log<StorageReading> log;
    auto storage = make_storage({"linux", settings}).value();
    REQUIRE(storage->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(1));
    CHECK(log.all().front().device == "mmcblk0");
    CHECK(log.all().front().wear_percent == 20);
    CHECK(log.all().front().errors == 1U);

    // Two disks under one volume: none of them is the one.
    fs::create_directories(folder / "sys/devices/sdb");
    fs::create_symlink(folder / "sys/devices/sdb", volume / "slaves/sdb");
    REQUIRE(log.wait_for([](const StorageReading& reading) { return !reading.wear_percent; }));
}

TEST_CASE(
    "the package's timer leaves smartctl's report of the one disk, and none when there is none to tell of") {
    const TempFolder folder;
    namespace fs = std::filesystem;
    const auto program = [&folder](const std::string& name, const std::string& script) {
        const fs::path path = folder.write("bin/" + name, "#!/bin/sh\n" + script + "\n");
        fs::permissions(path, fs::perms::owner_all);
    };
    const auto run = [&folder] {
        const std::string at = folder.path().string();
        const std::string command = "PATH=" + at + "/bin:$PATH FIELDPOST_STATE=" + at +
                                    " FIELDPOST_SMART_REPORT=" + at + "/report.json " FIELDPOST_READ_SMART;
        return std::system(command.c_str());
    };
    const auto report = [&folder] {
        std::ifstream file(folder / "report.json");
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    fs::create_directory(folder / "bin");
    program("findmnt", "echo '/dev/mapper/state[/fieldpost]'");
    program("lsblk",
            "case $* in */dev/mapper/state) echo '/dev/mapper/state crypt'; "
            "echo '/dev/nvme0n1p3 part'; echo '/dev/nvme0n1 disk';; esac");
    // It ends with 4 or more when the disk is ill, and says so in the report.
    program("smartctl",
            "[ \"$3\" = /dev/nvme0n1 ] && echo '{\"smart_status\": {\"passed\": false}}'; exit 8");
    REQUIRE(run() == 0);
    CHECK(spare_of_smart(report()) == Spare::urgent);

    SECTION("a disk that says nothing") {
        program("smartctl", "echo '{\"smartctl\": {\"exit_status\": 2}}'; exit 2");
        REQUIRE(run() == 0);
    }
    SECTION("two disks") {
        program("lsblk", "echo '/dev/sda disk'; echo '/dev/sdb disk'");
        REQUIRE(run() == 0);
    }
    SECTION("no disk") {
        program("lsblk", "exit 1");
        REQUIRE(run() == 0);
    }
    CHECK_FALSE(fs::exists(folder / "report.json"));
    CHECK_FALSE(fs::exists(folder / "report.json.new"));
}

TEST_CASE("a remount to read-only is told as it happens, long before the next look") {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "disk");
    const std::string disk = (folder / "disk").string();
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
        std::cout << "skipped: nothing can be mounted here\n";
        return;
    }
    Log<StorageReading> log;
    auto storage = make_storage({"linux", {{"path", disk}, {"interval_ms", "3600000"}}}).value();
    const bool started = storage->start(log.handler()).has_value() && log.wait_for_count(1);
    const bool remounted = ::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    const bool told = log.wait_for([](const StorageReading& reading) { return reading.read_only; });
    storage->stop();
    ::umount(disk.c_str());
    CHECK(started);
    REQUIRE(remounted);
    CHECK(told);
    CHECK(storage->status().state == PartState::broken);
}
