#include "daemon/device/app/fittings.hpp"

#include <spdlog/spdlog.h>

#include <memory>

#include "hal/clock/clock.hpp"

namespace fieldpost::device {
namespace {

constexpr std::int64_t good_after_us = 60'000'000;

}  // namespace

Fittings::Fittings(const hal::StorageConfig& disk, const hal::IndicatorConfig& light,
                   const hal::InstallerConfig& installer, const hal::Clock& clock, Post post,
                   std::function<void()> changed)
    : clock_(clock),
      post_(std::move(post)),
      changed_(std::move(changed)),
      disk_(hal::make_storage(disk), "disk"),
      light_(hal::make_indicator(light, clock), "indicator"),
      installer_(hal::make_installer(installer), "installer") {}

Fittings::~Fittings() {
    if (disk_) disk_->stop();
    if (light_) light_->stop();
    if (installer_) installer_->stop();
}

void Fittings::start() {
    if (disk_) {
        const auto started = disk_->start([this](const hal::StorageReading& reading) {
            post_([this, reading] {
                reading_ = reading;
                changed_();
            });
        });
        if (!started) disk_.fail(started.error());
    }
    if (light_) {
        if (auto started = light_->start(); !started) light_.fail(started.error());
    }
    if (installer_) {
        const auto started =
            installer_->start([this](const hal::InstallEvent& event) { installer_tells(event); });
        if (!started) installer_.fail(started.error());
        read_slots();
    }
}

void Fittings::installer_tells(const hal::InstallEvent& event) {
    const bool over = event.kind != hal::InstallEvent::Kind::running;
    const bool runs = !over && event.percent < 100;  // the last progress may be told behind the end
    if (over) spdlog::info("update {}: {}", hal::to_string(event.kind), event.detail);
    post_([this, over, runs] {
        installs_ = runs;
        if (over) read_slots();
    });
}

void Fittings::watch(const std::function<void(std::string, std::function<Duration()>)>& by) const {
    by("the disk", [this] { return disk_.busy_for(); });
    by("the light", [this] { return light_.busy_for(); });
    by("the installer", [this] { return installer_.busy_for(); });
    by("the installer's answers", [this] { return commands_.busy_for(); });
}

void Fittings::show(hal::Indication indication) {
    if (light_) light_->show(indication);
}

void Fittings::read_slots() {
    if (installer_.status().state == hal::PartState::not_fitted) return;
    const bool posted = commands_.post([this] {
        auto slots = std::make_shared<Result<std::vector<hal::Slot>>>(installer_->slots());
        post_([this, slots] {
            if (*slots) slots_ = std::move(**slots);
            changed_();
        });
    });
    if (!posted) spdlog::warn("the installer has not answered for long; its slots are not read");
}

void Fittings::works(bool does) {
    if (!does) return works_since_us_.reset();
    const std::int64_t now_us = clock_.boottime_us();
    if (!works_since_us_) works_since_us_ = now_us;
    if (marked_good_ || now_us - *works_since_us_ < good_after_us) return;
    if (installer_.status().state != hal::PartState::ok) return;
    marked_good_ = commands_.post([this] {
        const auto marked = installer_->mark_good();
        if (!marked) {
            spdlog::error("the system that runs cannot be marked good: {}", marked.error().message);
            return post_([this] { marked_good_ = false; });
        }
        post_([this] { read_slots(); });
    });
}

}  // namespace fieldpost::device
