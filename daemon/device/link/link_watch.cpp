#include "daemon/device/link/link_watch.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

constexpr std::uint64_t keep_after_bytes = 256U << 10U;
constexpr std::int64_t again_after_us = 30'000'000;  // what could not be kept
constexpr std::int64_t keep_after_us = 300'000'000;  // each time costs the disk two syncs
constexpr std::size_t max_writes = 8;
constexpr std::uint64_t longest_file = 64U << 10U;
const std::string forgotten = "Which links are paused is forgotten at the next start: ";

std::optional<engine::LinkKind> kind_of(const hal::Uplink* uplink) {
    if (uplink == nullptr) return std::nullopt;
    switch (uplink->kind) {
        case hal::LinkKind::unknown:
            return engine::LinkKind::unknown;
        case hal::LinkKind::wifi_depot:
            return engine::LinkKind::wifi_depot;
        case hal::LinkKind::wifi:
            return engine::LinkKind::wifi;
        case hal::LinkKind::ethernet:
            return engine::LinkKind::ethernet;
        case hal::LinkKind::lte:
            return engine::LinkKind::lte;
        case hal::LinkKind::satellite:
            return engine::LinkKind::satellite;
    }
    return engine::LinkKind::unknown;
}

// What is kept in the file; nothing when there is none, or a damaged one: `problem` then says so.
template <class T, class Parse>
T read_kept(const std::filesystem::path& file, const Parse& parse, std::string& problem) {
    auto text = read_file(file, longest_file);
    if (!text && text.error().code == ErrorCode::not_found) return {};
    auto kept = text ? parse(*text) : Result<T>(text.error());
    if (kept) return std::move(*kept);
    problem = file.string() + ": " + kept.error().message;
    spdlog::error("{}: it begins anew", problem);
    if (auto aside = set_aside(file); !aside) spdlog::error("{}", aside.error().message);
    return {};
}

}  // namespace

LinkWatch::LinkWatch(std::unique_ptr<hal::Link> link, engine::LinkPolicy::Rules rules,
                     std::filesystem::path file, const hal::Clock& clock, Post post,
                     std::function<void()> changed)
    : link_(std::move(link)),
      file_(std::move(file)),
      pauses_file_(file_.parent_path() / "link-pauses"),
      clock_(clock),
      post_(std::move(post)),
      changed_(std::move(changed)),
      policy_(rules),
      last_kept_us_(clock.boottime_us()),
      thread_("link bytes", max_writes) {
    std::string damage;
    months_ = read_kept<MonthBytes>(file_, &MonthBytes::parse, damage);
    if (!damage.empty()) begins_anew_ = "what was counted before is lost (" + damage + "), so it begins anew";
    problem_ = begins_anew_;
    take_pauses();
}

void LinkWatch::take_pauses() {
    std::string damage;
    pauses_ = read_kept<LinkPauses>(
        pauses_file_, [this](std::string_view text) { return parse_link_pauses(text, policy_); }, damage);
    if (!damage.empty()) {
        pause_problem_ = "What people paused here was lost (" + damage +
                         "): links are as the configuration says. Pause again what shall be.";
    }
    // The configuration was changed since.
    const auto gone = std::erase_if(pauses_, [this](const auto& said) {
        const auto& [kind, pause] = said;
        if (policy_.rules(kind).paused == pause.configured) return false;
        spdlog::info("{} is {}, as the configuration says since", to_string(kind),
                     pause.configured ? "not paused any more" : "paused");
        return true;
    });
    // Else those that are gone would count again once the configuration is changed back, and of those that
    // came without it nobody would know what was configured.
    if (gone > 0 || !pauses_.empty()) keep_pauses();
    for (const auto& [kind, pause] : pauses_) policy_.set_paused(kind, pause.paused);
}

LinkWatch::~LinkWatch() {
    stop();
    thread_.drain_and_join();
    if (not_kept_ == 0) return;
    if (auto written = write_file_atomic(file_, months_.text()); !written) {
        spdlog::error("the month's data count is not kept: {}", written.error().message);
    }
}

Status LinkWatch::start() {
    if (!link_) return ok();
    return link_->start([this](const hal::Uplinks& uplinks) { post_([this, uplinks] { take(uplinks); }); });
}

void LinkWatch::stop() {
    if (link_) link_->stop();
}

void LinkWatch::take(hal::Uplinks uplinks) {
    if (uplinks == uplinks_) return;
    uplinks_ = std::move(uplinks);
    const hal::Uplink* now = carrier();
    if (now != nullptr) {
        spdlog::info("talking over {} ({}{})", now->name, to_string(now->kind),
                     now->metered ? ", metered" : "");
    } else {
        spdlog::info("no link is up");
    }
    policy_.set_link(kind_of(now), now != nullptr && now->metered);
    judge();
    changed_();
}

// The count that belongs to the present link and month.
void LinkWatch::judge() {
    policy_.set_used(policy_.kind() ? months_.of(month(), *policy_.kind()) : engine::LinkBytes());
}

void LinkWatch::count(engine::SendClass what, std::uint64_t payload) {
    const auto before = rights();
    const std::uint64_t bytes = bytes_on_link(payload);
    months_.add(month(), policy_.kind().value_or(engine::LinkKind::unknown), what, bytes);
    not_kept_ += bytes;
    if (not_kept_ >= keep_after_bytes) keep();
    judge();
    if (rights() != before) changed_();
}

void LinkWatch::pause(engine::LinkKind kind, bool paused) {
    spdlog::info("{} is {}", to_string(kind), paused ? "paused" : "not paused any more");
    // What it says of a kind of which a person spoke before is in there already.
    const bool configured = policy_.rules(kind).paused;
    pauses_.try_emplace(kind, LinkPause{paused, configured}).first->second.paused = paused;
    policy_.set_paused(kind, paused);
    keep_pauses();
    changed_();
}

void LinkWatch::set_sos(bool sos) {
    const auto before = rights();
    policy_.set_sos(sos);
    if (rights() != before) changed_();
}

void LinkWatch::keep_pauses() {
    const bool written = thread_.post([this, text = text_of(pauses_)] {
        auto kept = write_file_atomic(pauses_file_, text);
        post_([this, kept] {
            pause_problem_ = kept ? std::string() : forgotten + kept.error().message;
            changed_();
        });
    });
    if (!written) pause_problem_ = forgotten + "the disk does not keep up";
}

void LinkWatch::tick() {
    const auto before = rights();
    judge();
    const std::int64_t after_us = problem_.empty() ? keep_after_us : again_after_us;
    if (not_kept_ > 0 && clock_.boottime_us() - last_kept_us_ >= after_us) keep();
    if (rights() != before) changed_();
}

void LinkWatch::keep() {
    if (keeping_) return;
    keeping_ = thread_.post([this, text = months_.text(), bytes = not_kept_] {
        auto written = write_file_atomic(file_, text);
        post_([this, written, bytes] {
            keeping_ = false;
            if (written) {
                not_kept_ -= bytes;
                problem_ = begins_anew_;
            } else if (problem_ != written.error().message) {
                problem_ = written.error().message;
                spdlog::error("the month's data count is not kept: {}", problem_);
            }
        });
    });
    last_kept_us_ = clock_.boottime_us();
}

std::optional<std::string> LinkWatch::month() const {
    const hal::TimeReading now = clock_.now();
    if (now.quality < hal::TimeQuality::rtc) return std::nullopt;
    return month_of(now.utc_us);
}

hal::PartStatus LinkWatch::status() const {
    if (link_) return link_->status();
    return {hal::PartState::broken, "The settings of the link are wrong."};
}

}  // namespace fieldpost::device
