#include "hal/storage/linux.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "hal/storage/disk_facts.hpp"
#include "hal/worker.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::size_t longest_text = 1U << 20U;

struct LinuxSettings {
    std::filesystem::path path;
    std::filesystem::path smart;
    std::filesystem::path sysfs;
    std::filesystem::path mountinfo;
    std::int64_t interval_us = 0;
};

// Empty when it cannot be read: what a kernel does not offer is absent. Files in /proc and /sys tell no size.
std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    for (std::istreambuf_iterator<char> at(file), end; at != end && text.size() < longest_text; ++at)
        text += *at;
    return text;
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
    const std::string text = text_of(path);
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
}

// LUKS and LVM lie on a block device of their own: the one below them that is a disk's, or a part of it.
std::filesystem::path lowest(std::filesystem::path block) {
    constexpr int most_layers = 8;
    for (int layer = 0; layer < most_layers; ++layer) {
        const auto below = list_folder(block / "slaves");
        if (!below || below->size() != 1) break;  // none, or several disks (RAID): no single one to blame
        std::error_code problem;
        const auto next = std::filesystem::canonical(below->front(), problem);
        if (problem) break;
        block = next;
    }
    return block;
}

class LinuxStorage final : public Storage {
  public:
    explicit LinuxStorage(LinuxSettings settings) : settings_(std::move(settings)) {}

    Status start(StorageHandler on_reading) override {
        return worker_.start(
            [this, on_reading = std::move(on_reading)](const StopEvent& stop) { run(stop, on_reading); });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    static PartStatus unread() { return {PartState::ok, "The disk is not read yet."}; }

    void run(const StopEvent& stop, const StorageHandler& on_reading) {
        // Polled for a change of the mounts, which it tells as an exception.
        const Fd mounts(::open(settings_.mountinfo.c_str(), O_RDONLY | O_CLOEXEC));
        std::optional<StorageReading> told;
        for (;;) {
            if (auto reading = read()) {
                status_.set(judge(*reading));
                if (!told || is_news(*told, *reading)) {
                    told = std::move(*reading);
                    on_reading(*told);
                }
            } else {
                status_.set({PartState::broken, reading.error().message + "."});
                told.reset();
            }
            if (stop.wait(mounts.get(), settings_.interval_us, POLLPRI) == StopEvent::Woke::stop) return;
        }
    }

    Result<StorageReading> read() const {
        struct statvfs space {};
        if (::statvfs(settings_.path.c_str(), &space) != 0) {
            const int number = errno;
            return fail(
                number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                "the disk of " + settings_.path.string() + " cannot be asked: " + std::strerror(number));
        }
        StorageReading reading;
        reading.total_bytes = std::uint64_t{space.f_blocks} * space.f_frsize;
        reading.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
        reading.read_only = (space.f_flag & ST_RDONLY) != 0;
        std::error_code problem;
        const auto path = std::filesystem::weakly_canonical(settings_.path, problem);
        const auto mount = problem ? std::nullopt : mount_of(text_of(settings_.mountinfo), path.string());
        if (mount) add_disk(*mount, reading);
        return reading;
    }

    void add_disk(const Mount& mount, StorageReading& reading) const {
        reading.read_only = reading.read_only || mount.read_only;
        std::error_code problem;
        const auto block =
            std::filesystem::canonical(settings_.sysfs / "dev/block" / mount.device_number, problem);
        if (problem) return;  // no disk is behind it (tmpfs, overlay), or it has several (btrfs)
        // A partition's folder lies in its disk's.
        const std::filesystem::path part = lowest(block);
        const std::filesystem::path disk =
            std::filesystem::exists(part / "partition", problem) ? part.parent_path() : part;
        reading.device = disk.filename().string();
        reading.wear_percent = wear_of_life_time(text_of(disk / "device/life_time"));
        reading.spare = spare_of_pre_eol(text_of(disk / "device/pre_eol_info"));
        reading.errors = number_in(settings_.sysfs / "fs" / mount.type / block.filename() / "errors_count");
        if (settings_.smart.empty()) return;
        const std::string report = text_of(settings_.smart);
        if (!reading.wear_percent) reading.wear_percent = wear_of_smart(report);
        if (!reading.spare) reading.spare = spare_of_smart(report);
    }

    const LinuxSettings settings_;
    PartStatusCell status_{unread()};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Storage>> make_linux_storage(const SettingMap& values) {
    Settings settings("storage driver linux", values);
    LinuxSettings found;
    found.path = settings.required_text("path");
    found.interval_us = settings.integer("interval_ms", 60'000, 10, 86'400'000) * 1000;
    found.smart = settings.text("smart", "/run/fieldpost-smart/report.json");
    found.sysfs = settings.text("sysfs", "/sys");
    found.mountinfo = settings.text("mountinfo", "/proc/self/mountinfo");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Storage>(std::make_unique<LinuxStorage>(std::move(found)));
}

}  // namespace fieldpost::hal
