#include "hal/link/networkmanager.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "hal/bus.hpp"
#include "hal/clock/clock.hpp"
#include "hal/link/known_kinds.hpp"
#include "hal/link/since.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::string_view owner = "link driver networkmanager";
constexpr std::int64_t settle_us = 100'000;  // signals come in bursts
constexpr std::int64_t retry_us =
    10'000'000;  // a service that starts is told by the bus; this is for the rest
const std::string network_manager = "org.freedesktop.NetworkManager";
const std::string network_manager_path = "/org/freedesktop/NetworkManager";
const std::string modem_manager = "org.freedesktop.ModemManager1";

using Path = sdbus::ObjectPath;

// NMDeviceType, NMDeviceState and NMMetered, as NetworkManager's D-Bus reference numbers them.
std::optional<LinkKind> kind_of(std::uint32_t device_type) {
    switch (device_type) {
        case 1:
            return LinkKind::ethernet;
        case 2:
            return LinkKind::wifi;
        case 8:
            return LinkKind::lte;
        default:
            return std::nullopt;  // bridges, tunnels, what is made of other devices
    }
}
constexpr std::uint32_t activated = 100;

std::optional<bool> is_metered(std::uint32_t metered) {
    switch (metered) {
        case 1:  // yes
        case 3:  // a guess
            return true;
        case 2:
        case 4:
            return false;
        default:
            return std::nullopt;
    }
}

// MMModemStateFailedReason
std::string_view failure_of(std::uint32_t reason) {
    switch (reason) {
        case 2:
            return "has no SIM";
        case 3:
            return "has a SIM that does not work";
        default:
            return "has failed";
    }
}

std::set<std::string, std::less<>> names_in(std::string_view text) {
    std::set<std::string, std::less<>> names;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        if (end > 0) names.emplace(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

struct Seen {
    Uplinks uplinks;
    std::string trouble;  // with modems; empty when there is none
};

// Reads both services. NetworkManager must answer; objects that went away between two calls are left out.
class Reading {
  public:
    Reading(Bus& bus, const KnownKinds& known, const std::set<std::string, std::less<>>& depot)
        : bus_(bus), known_(known), depot_(depot) {}

    Result<Seen> read() {
        const auto root = bus_.properties(network_manager, network_manager_path, network_manager);
        if (!root) return root.error();
        const Path primary = property<Path>(*root, "PrimaryConnection").value_or(Path("/"));
        for (const Path& path : property<std::vector<Path>>(*root, "Devices").value_or(std::vector<Path>()))
            add_device(path, primary);
        add_modems();
        return std::move(seen_);
    }

  private:
    void add_device(const Path& path, const Path& primary) {
        const auto device = bus_.properties(network_manager, path, network_manager + ".Device");
        if (!device) return;
        const auto seen_kind = kind_of(property<std::uint32_t>(*device, "DeviceType").value_or(0));
        const std::string control = property<std::string>(*device, "Interface").value_or("");
        std::string name = property<std::string>(*device, "IpInterface").value_or("");
        if (name.empty()) name = control;
        if (!seen_kind || name.empty() || known_.ignored.contains(name)) return;
        seen_ports_.insert(control);  // of modems: the port that ModemManager knows it by
        seen_ports_.insert(name);

        const Path active = property<Path>(*device, "ActiveConnection").value_or(Path("/"));
        Uplink uplink;
        uplink.name = name;
        uplink.kind = *seen_kind;
        if (uplink.kind == LinkKind::wifi && !depot_.empty() && depot_.contains(id_of(active)))
            uplink.kind = LinkKind::wifi_depot;
        uplink.kind = known_.kind(name, uplink.kind);
        uplink.up = property<std::uint32_t>(*device, "State").value_or(0) == activated;
        uplink.metered = known_.is_metered(
            name, uplink.kind, is_metered(property<std::uint32_t>(*device, "Metered").value_or(0)));
        add(std::move(uplink), active == primary && primary != "/");
    }

    std::string id_of(const Path& active) {
        if (active == "/") return {};
        const auto connection =
            bus_.properties(network_manager, active, network_manager + ".Connection.Active");
        return connection ? property<std::string>(*connection, "Id").value_or("") : "";
    }

    void add_modems() {
        using Objects = std::map<Path, std::map<std::string, BusProperties>>;
        const auto objects = bus_.call<Objects>(modem_manager, "/org/freedesktop/ModemManager1",
                                                "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
        if (!objects) return;
        for (const auto& [path, interfaces] : *objects) {
            const auto modem = interfaces.find(modem_manager + ".Modem");
            if (modem != interfaces.end()) add_modem(modem->second);
        }
    }

    void add_modem(const BusProperties& modem) {
        const std::string port = property<std::string>(modem, "PrimaryPort").value_or("modem");
        constexpr std::int32_t failed = -1;
        constexpr std::int32_t locked = 2;
        const auto state = property<std::int32_t>(modem, "State").value_or(0);
        std::string trouble;
        if (state == failed)
            trouble = failure_of(property<std::uint32_t>(modem, "StateFailedReason").value_or(0));
        if (state == locked) trouble = "waits for the PIN of its SIM";
        if (!trouble.empty() && seen_.trouble.empty())
            seen_.trouble = "The modem " + port + " " + trouble + ".";
        if (seen_ports_.contains(port) || known_.ignored.contains(port)) return;
        Uplink uplink;
        uplink.name = port;
        uplink.kind = known_.kind(port, LinkKind::lte);
        uplink.metered = known_.is_metered(port, uplink.kind);
        add(std::move(uplink), false);
    }

    // Each name once: the first is kept.
    void add(Uplink uplink, bool first) {
        if (std::ranges::find(seen_.uplinks, uplink.name, &Uplink::name) != seen_.uplinks.end()) return;
        seen_.uplinks.insert(first ? seen_.uplinks.begin() : seen_.uplinks.end(), std::move(uplink));
    }

    Bus& bus_;
    const KnownKinds& known_;
    const std::set<std::string, std::less<>>& depot_;
    std::set<std::string, std::less<>> seen_ports_;
    Seen seen_;
};

class NetworkManagerLink final : public Link {
  public:
    NetworkManagerLink(KnownKinds known, std::set<std::string, std::less<>> depot, std::string bus,
                       const Clock& clock)
        : known_(std::move(known)), depot_(std::move(depot)), bus_(std::move(bus)), clock_(clock) {}

    Status start(UplinksHandler on_change) override {
        return worker_.start([this, on_change = std::move(on_change)](const StopEvent& stop) {
            Told told;
            told.handler = &on_change;
            for (;;) {
                auto bus = Bus::open(bus_);
                if (bus) {
                    if (watch(stop, *bus, told)) return;
                    broken("the system's D-Bus has ended the connection", told);
                } else {
                    broken(bus.error().message, told);
                }
                if (stop.sleep(retry_us)) return;
            }
        });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    struct Told {
        const UplinksHandler* handler = nullptr;
        Uplinks uplinks;
        bool any = false;
    };

    static PartStatus unasked() { return {PartState::broken, "NetworkManager is not asked yet."}; }

    // True when stop was asked for, false when the bus is lost.
    bool watch(const StopEvent& stop, Bus& bus, Told& told) {
        bool changed = true;
        if (const Status matched = match_signals(bus, changed); !matched) return false;
        std::optional<std::int64_t> wait_us = 0;
        for (;;) {
            if (changed) {
                changed = false;
                wait_us = read(bus, told) ? std::nullopt : std::optional(retry_us);
            }
            const Bus::Woke woke = bus.wait(stop, wait_us);
            if (woke == Bus::Woke::stop) return true;
            if (woke == Bus::Woke::lost) return false;
            if (woke == Bus::Woke::timeout) changed = wait_us.has_value();
            if (changed && woke == Bus::Woke::signals && stop.sleep(settle_us)) return true;
        }
    }

    // Only what can be news: a Wi-Fi card tells its bit rate and signal every few seconds, and nobody is
    // woken.
    static Status match_signals(Bus& bus, bool& changed) {
        const std::string from = "type='signal',sender='" + network_manager + "',";
        const std::string properties =
            "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',";
        const std::string owners =
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='";
        const std::string modem = "type='signal',sender='" + modem_manager + "',";
        for (const std::string& rule :
             {from + properties + "arg0='" + network_manager + "'",
              from + properties + "arg0='" + network_manager + ".Device'",
              from + properties + "arg0='" + network_manager + ".Connection.Active'",
              from + "interface='" + network_manager + ".Device',member='StateChanged'",
              from + "interface='" + network_manager + "',member='DeviceAdded'",
              from + "interface='" + network_manager + "',member='DeviceRemoved'",
              owners + network_manager + "'", owners + modem_manager + "'",
              modem + "interface='org.freedesktop.DBus.ObjectManager'",
              modem + "interface='" + modem_manager + ".Modem',member='StateChanged'"}) {
            const Status matched = bus.match(rule, [&changed](sdbus::Message&) { changed = true; });
            if (!matched) return matched;
        }
        return ok();
    }

    bool read(Bus& bus, Told& told) {
        auto seen = Reading(bus, known_, depot_).read();
        if (!seen) {
            const bool absent = seen.error().code == ErrorCode::not_found;
            broken(absent ? "NetworkManager does not run" : seen.error().message, told);
            return false;
        }
        if (seen->trouble.empty()) {
            status_.set({PartState::ok, "NetworkManager tells of its devices."});
        } else {
            status_.set({PartState::broken, seen->trouble});
        }
        tell(with_since(std::move(seen->uplinks), told.uplinks, clock_.boottime_us()), told);
        return true;
    }

    void broken(const std::string& why, Told& told) {
        status_.set({PartState::broken, why + "."});
        tell(all_down(told.uplinks, clock_.boottime_us()), told);
    }

    static void tell(Uplinks uplinks, Told& told) {
        if (told.any && uplinks == told.uplinks) return;
        told.any = true;
        told.uplinks = std::move(uplinks);
        (*told.handler)(told.uplinks);
    }

    const KnownKinds known_;
    const std::set<std::string, std::less<>> depot_;
    const std::string bus_;
    const Clock& clock_;
    PartStatusCell status_{unasked()};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Link>> make_networkmanager_link(const SettingMap& values, const Clock& clock) {
    Settings settings(owner, values);
    auto known = KnownKinds::read(owner, settings);
    auto depot = names_in(settings.text("depot", ""));
    const std::string bus = settings.text("bus", "");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (!known) return known.error();
    return std::unique_ptr<Link>(
        std::make_unique<NetworkManagerLink>(std::move(*known), std::move(depot), bus, clock));
}

}  // namespace fieldpost::hal
