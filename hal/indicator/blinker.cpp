#include "hal/indicator/blinker.hpp"

#include <sys/eventfd.h>

#include <utility>

namespace fieldpost::hal {
namespace {

constexpr std::int64_t retry_us = 10'000'000;

}  // namespace

Blinker::Blinker(std::unique_ptr<Lamp> lamp, std::string name, const Clock& clock)
    : lamp_(std::move(lamp)),
      name_(std::move(name)),
      clock_(clock),
      status_({PartState::ok, name_ + " is not lit yet."}) {}

Status Blinker::start() {
    if (changed_) return fail(ErrorCode::conflict, "the driver is already started");
    changed_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!changed_) return fail(ErrorCode::unavailable, "no file descriptor is left for " + name_);
    wanted_ = Indication::off;
    Status started = worker_.start([this](const StopEvent& stop) { run(stop); });
    if (!started) changed_.reset();
    return started;
}

void Blinker::show(Indication indication) {
    if (!changed_ || wanted_.exchange(indication) == indication) return;
    const std::uint64_t one = 1;
    // An eventfd below its maximum takes the write at once, so this cannot fail or block.
    [[maybe_unused]] const auto written = ::write(changed_.get(), &one, sizeof one);
}

void Blinker::stop() {
    worker_.stop();
    changed_.reset();
}

void Blinker::run(const StopEvent& stop) {
    bool open = false;
    std::optional<Indication> shown;
    std::int64_t begun_us = 0;
    for (;;) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto taken = ::read(changed_.get(), &ignored, sizeof ignored);
        const Indication wanted = wanted_;
        const bool begins = shown != wanted;
        if (begins) begun_us = clock_.boottime_us();
        shown = wanted;

        Status works = open ? ok() : lamp_->open();
        std::optional<std::int64_t> wait_us = retry_us;
        if (works) {
            auto next = turn(wanted, clock_.boottime_us() - begun_us, begins || !open);
            open = next.has_value();
            if (open) {
                wait_us = *next;
                status_.set({PartState::ok, name_ + " shows " + std::string(to_string(wanted)) + "."});
            } else {
                works = next.error();
            }
        }
        if (!works) {
            status_.set({PartState::broken, works.error().message + "."});
            lamp_->close();
            open = false;
        }
        if (stop.wait(changed_.get(), wait_us) == StopEvent::Woke::stop) break;
    }
    lamp_->close();
}

Result<std::optional<std::int64_t>> Blinker::turn(Indication shown, std::int64_t elapsed_us, bool begins) {
    const Pattern& pattern = pattern_of(shown);
    if (begins) {
        const auto handed_over = lamp_->set_pattern(pattern);
        if (!handed_over) return handed_over.error();
        by_itself_ = *handed_over;
    }
    if (by_itself_) return std::optional<std::int64_t>();
    const Light light = light_at(pattern, elapsed_us);
    if (const Status set = lamp_->set(light.lit); !set) return set.error();
    return light.for_us;
}

}  // namespace fieldpost::hal
