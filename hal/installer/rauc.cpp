#include "hal/installer/rauc.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "hal/bus.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::int64_t retry_us = 10'000'000;
constexpr std::int64_t slots_us = 10'000'000;  // it asks the boot loader, and mounts what it must read
const std::string service = "de.pengutronix.rauc";
const std::string path = "/";
const std::string interface = "de.pengutronix.rauc.Installer";

// Percent, the step in words, and how deep it is nested.
using Progress = sdbus::Struct<std::int32_t, std::string, std::int32_t>;

class RaucInstaller final : public Installer {
  public:
    explicit RaucInstaller(std::string bus) : bus_(std::move(bus)) {}

    Status start(InstallHandler on_event) override {
        return worker_.start([this, on_event = std::move(on_event)](const StopEvent& stop) {
            for (;;) {
                auto bus = Bus::open(bus_);
                if (bus && watch(stop, *bus, on_event)) return;
                status_.set({PartState::broken, bus ? "The system's D-Bus has ended the connection."
                                                    : bus.error().message + "."});
                give_up(on_event);
                if (stop.sleep(retry_us)) return;
            }
        });
    }

    Status install(const std::filesystem::path& bundle) override {
        if (Status there = check_bundle(bundle); !there) return there;
        if (!watching_)
            return fail(ErrorCode::unavailable, "RAUC is not listened to: " + status_.get().detail);
        if (installing_.exchange(true)) return fail(ErrorCode::conflict, "another bundle is being installed");
        auto bus = Bus::open(bus_);
        Status asked = bus ? bus->tell(service, path, interface, "InstallBundle",
                                       std::filesystem::absolute(bundle).string(), BusProperties())
                           : Status(bus.error());
        if (!asked) installing_ = false;
        return asked;
    }

    Status mark_good() override {
        auto bus = Bus::open(bus_, slots_us);
        if (!bus) return bus.error();
        return bus->tell(service, path, interface, "Mark", std::string("good"), std::string("booted"));
    }

    Result<std::vector<Slot>> slots() override {
        auto bus = Bus::open(bus_, slots_us);
        if (!bus) return bus.error();
        using Told = std::vector<sdbus::Struct<std::string, BusProperties>>;
        const auto told = bus->call<Told>(service, path, interface, "GetSlotStatus");
        if (!told) return told.error();
        std::vector<Slot> slots;
        for (const auto& entry : *told) slots.push_back(slot_of(entry.get<0>(), entry.get<1>()));
        std::ranges::stable_sort(slots, std::ranges::greater(), &Slot::booted);
        return slots;
    }

    void stop() override {
        worker_.stop();
        watching_ = false;
    }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    static PartStatus unasked() { return {PartState::broken, "RAUC is not asked yet."}; }

    static Slot slot_of(const std::string& name, const BusProperties& told) {
        Slot slot;
        slot.name = name;
        slot.booted = property<std::string>(told, "state") == "booted";
        if (const auto boot = property<std::string>(told, "boot-status")) slot.good = *boot == "good";
        slot.version = property<std::string>(told, "bundle.version").value_or("");
        return slot;
    }

    // True when stop was asked for, false when the bus is lost.
    bool watch(const StopEvent& stop, Bus& bus, const InstallHandler& on_event) {
        std::vector<InstallEvent> events;
        bool owner_changed = false;
        if (!match(bus, events, owner_changed)) return false;
        bool answers = look(bus);
        watching_ = true;
        for (;;) {
            const Bus::Woke woke = bus.wait(stop, answers ? std::nullopt : std::optional(retry_us));
            if (woke == Bus::Woke::stop || woke == Bus::Woke::lost) {
                watching_ = false;
                return woke == Bus::Woke::stop;
            }
            for (InstallEvent& event : std::exchange(events, {})) {
                if (event.kind == InstallEvent::Kind::failed) event.detail = last_error(bus);
                if (event.kind != InstallEvent::Kind::running) installing_ = false;
                on_event(event);
            }
            if (std::exchange(owner_changed, false)) give_up(on_event);
            if (woke == Bus::Woke::timeout) answers = look(bus);
        }
    }

    static bool match(Bus& bus, std::vector<InstallEvent>& events, bool& owner_changed) {
        const std::string from = "type='signal',sender='" + service + "',";
        const Status progress = bus.match(
            from + "member='PropertiesChanged',arg0='" + interface + "'", [&](sdbus::Message& signal) {
                std::string of;
                BusProperties changed;
                signal >> of >> changed;
                const auto told = property<Progress>(changed, "Progress");
                if (!told) return;
                events.push_back(
                    {InstallEvent::Kind::running, std::clamp(told->get<0>(), 0, 100), told->get<1>() + "."});
            });
        const Status completed =
            bus.match(from + "interface='" + interface + "',member='Completed'", [&](sdbus::Message& signal) {
                std::int32_t result = 1;
                signal >> result;
                events.push_back({result == 0 ? InstallEvent::Kind::installed : InstallEvent::Kind::failed,
                                  100, "The bundle is installed."});
            });
        // It ends by itself when it is idle, and is started by the next call: only an end amid its work
        // matters.
        const Status owner = bus.match(
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" + service + "'",
            [&](sdbus::Message& signal) {
                std::string name;
                std::string before;
                std::string after;
                signal >> name >> before >> after;
                owner_changed = owner_changed || after.empty();
            });
        return progress && completed && owner;
    }

    bool look(Bus& bus) {
        const auto told = bus.properties(service, path, interface);
        if (!told) {
            status_.set({PartState::broken, "RAUC does not answer: " + told.error().message + "."});
            return false;
        }
        status_.set({PartState::ok, "RAUC keeps the slots of " +
                                        property<std::string>(*told, "Compatible").value_or("this board") +
                                        "."});
        return true;
    }

    static std::string last_error(Bus& bus) {
        const auto told = bus.properties(service, path, interface);
        const std::string error = told ? property<std::string>(*told, "LastError").value_or("") : "";
        return "RAUC refused the bundle: " + (error.empty() ? "it gave no reason" : error) + ".";
    }

    // Whoever waits for the end of an installation is told that nobody will hear of it.
    void give_up(const InstallHandler& on_event) {
        if (!installing_.exchange(false)) return;
        on_event({InstallEvent::Kind::failed, 0, "RAUC ended before the installation did."});
    }

    const std::string bus_;
    PartStatusCell status_{unasked()};
    std::atomic<bool> watching_ = false;
    std::atomic<bool> installing_ = false;
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Installer>> make_rauc_installer(const SettingMap& values) {
    Settings settings("installer driver rauc", values);
    const std::string bus = settings.text("bus", "");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Installer>(std::make_unique<RaucInstaller>(bus));
}

}  // namespace fieldpost::hal
