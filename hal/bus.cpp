#include "hal/bus.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <string_view>

#include "hal/fd.hpp"

namespace fieldpost::hal {

namespace {

// sdbus-c++ loses the memory of a connection to a given address that fails, and drivers try for as long as a
// vehicle is parked. So it is asked only where somebody listens.
bool somebody_listens(std::string_view address) {
    constexpr std::string_view form = "unix:path=";
    if (!address.starts_with(form)) return true;
    const std::string_view path = address.substr(form.size(), address.find_first_of(",;") - form.size());
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path) return false;
    std::ranges::copy(path, at.sun_path);
    const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return probe && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

}  // namespace

Result<Bus> Bus::open(const std::string& address, std::int64_t answer_us) {
    if (!somebody_listens(address)) {
        return fail(ErrorCode::unavailable, "nobody listens at the D-Bus address " + address);
    }
    try {
        return Bus(address.empty() ? sdbus::createSystemBusConnection()
                                   : sdbus::createSessionBusConnectionWithAddress(address),
                   answer_us);
    } catch (const sdbus::Error& error) {
        return fail(ErrorCode::unavailable, "the system's D-Bus does not answer: " + error.getMessage());
    }
}

sdbus::IProxy& Bus::proxy(const std::string& service, const std::string& path) {
    const std::pair wanted(service, path);
    if (!proxy_ || proxy_of_ != wanted) {
        proxy_.reset();
        proxy_ = sdbus::createProxy(*connection_, service, path);
        proxy_of_ = wanted;
    }
    return *proxy_;
}

Error Bus::failed(const std::string& service, const sdbus::Error& error) {
    const std::string& name = error.getName();
    const bool absent = name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
                        name == "org.freedesktop.DBus.Error.NameHasNoOwner";
    return fail(absent ? ErrorCode::not_found : ErrorCode::unavailable, service + ": " + error.getMessage());
}

Result<BusProperties> Bus::properties(const std::string& service, const std::string& path,
                                      const std::string& interface) {
    return call<BusProperties>(service, path, "org.freedesktop.DBus.Properties", "GetAll", interface);
}

Status Bus::match(const std::string& rule, std::function<void(sdbus::Message&)> on_signal) {
    try {
        connection_->addMatch(rule, std::move(on_signal), sdbus::floating_slot);
        return ok();
    } catch (const sdbus::Error& error) {
        return fail(ErrorCode::unavailable, "D-Bus takes no match: " + error.getMessage());
    }
}

Bus::Woke Bus::wait(const StopEvent& stop, std::optional<std::int64_t> timeout_us) {
    try {
        // Signals that came while a call waited for its answer are here already: poll would not tell of them.
        if (connection_->processPendingRequest()) {
            while (connection_->processPendingRequest()) {
            }
            return Woke::signals;
        }
        const auto poll = connection_->getEventLoopPollData();
        if (const auto limit = poll.getRelativeTimeout())
            timeout_us = std::min<std::int64_t>(timeout_us.value_or(limit->count()), limit->count());
        switch (stop.wait(poll.fd, timeout_us)) {
            case StopEvent::Woke::stop:
                return Woke::stop;
            case StopEvent::Woke::timeout:
                return Woke::timeout;
            case StopEvent::Woke::readable:
                break;
        }
        while (connection_->processPendingRequest()) {
        }
        return Woke::signals;
    } catch (const sdbus::Error&) {
        return Woke::lost;
    }
}

}  // namespace fieldpost::hal
