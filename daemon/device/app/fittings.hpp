// The parts of the board that only tell or show something: the disk, the light, and who installs updates.
//
// Threads: the loop thread; what drivers tell on theirs comes through `post`. None of them keeps the program
// from working: how they are doing is told by their status.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "daemon/device/app/held_part.hpp"
#include "daemon/support/worker_thread.hpp"
#include "hal/indicator/indicator.hpp"
#include "hal/installer/installer.hpp"
#include "hal/storage/storage.hpp"

namespace fieldpost::device {

class Fittings {
  public:
    using Post = std::function<void(std::function<void()>)>;
    using Duration = std::chrono::steady_clock::duration;

    // `clock` outlives it. `changed`: something that /status says is another than before.
    Fittings(const hal::StorageConfig& disk, const hal::IndicatorConfig& light,
             const hal::InstallerConfig& installer, const hal::Clock& clock, Post post,
             std::function<void()> changed);
    // The light goes dark. The loop must not run any more what was posted.
    ~Fittings();
    Fittings(const Fittings&) = delete;
    Fittings& operator=(const Fittings&) = delete;

    void start();
    void show(hal::Indication indication);
    // Every few seconds, whether the program works as it should: when it has for a whole minute, the system
    // that runs is marked good, and the boot loader does not fall back from it.
    void works(bool does);
    // Of an installation, whoever began it. Any thread.
    void installer_tells(const hal::InstallEvent& event);

    hal::PartStatus disk_status() const { return disk_.status(); }
    hal::PartStatus light_status() const { return light_.status(); }
    hal::PartStatus installer_status() const { return installer_.status(); }
    // nullopt before the first reading, and where no disk is looked at.
    const std::optional<hal::StorageReading>& disk() const { return reading_; }
    // The one that runs first; empty when nobody tells.
    const std::vector<hal::Slot>& slots() const { return slots_; }
    // An update is being installed, whoever began it: power should not go now. One whose end nobody tells of
    // counts until the next begins.
    bool installs() const { return installs_; }
    // Each in turn: how long it has been at one thing; zero while it waits.
    void watch(const std::function<void(std::string part, std::function<Duration()>)>& by) const;

  private:
    void read_slots();

    const hal::Clock& clock_;
    const Post post_;
    const std::function<void()> changed_;
    HeldPart<hal::Storage> disk_;
    HeldPart<hal::Indicator> light_;
    HeldPart<hal::Installer> installer_;
    std::optional<hal::StorageReading> reading_;
    std::vector<hal::Slot> slots_;
    std::optional<std::int64_t> works_since_us_;
    bool marked_good_ = false;
    bool installs_ = false;
    support::WorkerThread commands_{"installer", 4};  // last: joined before the rest goes
};

}  // namespace fieldpost::device
