#include "daemon/support/service_manager.hpp"

#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <algorithm>

namespace fieldpost::support {

namespace {

void tell(const std::string& message) {
    if (const int code = ::sd_notify(0, message.c_str()); code < 0)
        spdlog::warn("the service manager does not listen: error {}", -code);
}

// A newline would begin another message.
std::string status_line(std::string_view status) {
    std::string line = "STATUS=" + std::string(status);
    std::ranges::replace(line, '\n', ' ');
    return line;
}

std::optional<Watchdog::Duration> wanted_period() {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
    return std::chrono::microseconds(microseconds);
}

}  // namespace

void tell_ready(std::string_view status) {
    tell("READY=1\n" + status_line(status));
}

void tell_status(std::string_view status) {
    tell(status_line(status));
}

void tell_stopping() {
    tell("STOPPING=1");
}

Watchdog::Watchdog(EventLoop& loop) : Watchdog(loop, wanted_period(), [] { tell("WATCHDOG=1"); }) {}

Watchdog::Watchdog(EventLoop& loop, std::optional<Duration> period, std::function<void()> alive)
    : loop_(loop), period_(period), alive_(std::move(alive)) {}

void Watchdog::watch(std::string part, Duration limit, Busy busy) {
    parts_.push_back({std::move(part), limit, std::move(busy)});
}

void Watchdog::start() {
    if (!period_) return;
    alive_();
    timer_ = loop_.every(*period_ / 2, [this] { look(); });
}

std::optional<std::string> Watchdog::hanging() const {
    const auto hangs = [](const Part& part) { return part.busy() > part.limit; };
    const auto found = std::ranges::find_if(parts_, hangs);
    return found == parts_.end() ? std::nullopt : std::optional(found->name);
}

void Watchdog::look() {
    const std::string part = hanging().value_or("");
    if (part.empty()) alive_();
    if (part == told_) return;
    told_ = part;
    if (part.empty()) {
        spdlog::warn("all parts answer again");
    } else {
        spdlog::critical("{} hangs: unless it answers, the service manager starts this program anew", part);
        tell_status(part + " hangs");
    }
}

}  // namespace fieldpost::support
