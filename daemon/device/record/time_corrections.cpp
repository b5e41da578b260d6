#include "daemon/device/record/time_corrections.hpp"

#include <algorithm>

#include "sync/base/crypto.hpp"

namespace fieldpost::device {

namespace {

constexpr std::uint64_t entries_at_once = 500;
constexpr std::size_t most_bytes = std::size_t{64} << 20U;
constexpr std::size_t most_entries = 5'000;  // of one lane
constexpr std::size_t most_boots = 8;

// A UUID that follows from what it names.
std::string id_of(const Bytes& boot, protocol::TimeQuality quality, std::int64_t through,
                  std::string_view what) {
    std::string id = to_hex(sha256(std::string(what) + boot + std::to_string(static_cast<int>(quality)) +
                                   " " + std::to_string(through)))
                         .substr(0, 32);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) id.insert(dash, 1, '-');
    return id;
}

void extend(engine::BootSpan& span, const protocol::TimeStamp& stamp) {
    span.first_boottime_us = std::min(span.first_boottime_us, stamp.boottime_us());
    span.last_boottime_us = std::max(span.last_boottime_us, stamp.boottime_us());
    if (stamp.quality() < span.quality) return;
    span.quality = stamp.quality();
    span.booted_at_us = stamp.utc_us() - stamp.boottime_us();
}

}  // namespace

void TimeCorrections::recall(engine::JournalView& journal) {
    if (boot_id_.empty()) return;
    std::vector<protocol::Operation> corrections;
    for (const protocol::Lane lane : engine::lanes_by_priority) {
        // Only in one lane is it sure which boot came first; visits and observations are in this one.
        const bool brackets = lane == protocol::WORK;
        std::vector<protocol::Operation> newest_first;
        std::set<Bytes> seen;
        bool enough = false;
        for (std::uint64_t through = journal.last_seq(lane);
             through != 0 && !enough && newest_first.size() < most_entries;) {
            const std::uint64_t after = through > entries_at_once ? through - entries_at_once : 0;
            auto entries = journal.read(lane, after, entries_at_once, most_bytes);
            if (!entries) break;
            for (auto entry = entries->rbegin(); entry != entries->rend() && !enough; ++entry) {
                protocol::Operation operation;
                if (entry->seq > through || !operation.ParseFromString(entry->operation)) continue;
                const auto& stamp = operation.time();
                const bool is_before = stamp.boot_id() != boot_id_;
                if (is_before) seen.insert(stamp.boot_id());
                enough = (is_before && !brackets) || seen.size() > most_boots;
                // A boot that knew the time bounds those after it; what came before it helps nobody.
                const bool knew = is_before && stamp.quality() >= engine::lowest_known_time;
                if (!enough) newest_first.push_back(std::move(operation));
                enough = enough || knew;
            }
            through = after;
        }
        take_in(newest_first, brackets, corrections);
    }
    // Last: a correction is about the stamps of all lanes.
    for (const auto& operation : corrections) {
        const auto& correction = operation.time_corrected();
        ladder_.corrected(operation.time(), correction);
        if (operation.time().boot_id() != correction.boot_id()) bracketed_.insert(correction.boot_id());
    }
}

void TimeCorrections::take_in(const std::vector<protocol::Operation>& newest_first, bool brackets,
                              std::vector<protocol::Operation>& corrections) {
    for (auto operation = newest_first.rbegin(); operation != newest_first.rend(); ++operation) {
        const auto& stamp = operation->time();
        if (!operation->has_health_reported()) ladder_.stamped(stamp);  // as the recorder does
        if (operation->has_time_corrected()) corrections.push_back(*operation);
        if (!brackets || stamp.boot_id() == boot_id_ || stamp.boot_id().empty()) continue;
        if (boots_.empty() || boots_.front().boot_id != stamp.boot_id()) {
            boots_.insert(boots_.begin(), {stamp.boot_id(), stamp.boottime_us(), stamp.boottime_us(),
                                           stamp.utc_us() - stamp.boottime_us(), stamp.quality()});
        }
        extend(boots_.front(), stamp);
    }
}

std::vector<TimeCorrections::Due> TimeCorrections::due(const protocol::TimeStamp& now) {
    std::vector<Due> out;
    const auto add = [&](std::string id, protocol::TimeCorrected correction) {
        if (under_way_.insert(id).second) out.push_back({std::move(id), std::move(correction)});
    };
    // A boot may lose the time and learn it again: what was recorded between is corrected by another.
    if (auto correction = ladder_.due(now)) {
        add(id_of(boot_id_, now.quality(), ladder_.due_through(now).value_or(0), "time correction "),
            std::move(*correction));
    }
    const engine::BootSpan here{boot_id_, now.boottime_us(), now.boottime_us(),
                                now.utc_us() - now.boottime_us(), now.quality()};
    for (std::size_t i = 0; i < boots_.size(); ++i) {
        if (bracketed_.contains(boots_[i].boot_id)) continue;
        const auto known = std::find_if(
            boots_.begin() + static_cast<std::ptrdiff_t>(i) + 1, boots_.end(),
            [](const engine::BootSpan& boot) { return boot.quality >= engine::lowest_known_time; });
        auto correction = engine::bracket(known == boots_.end() ? nullptr : &*known, boots_[i], here);
        if (correction)
            add(id_of(boots_[i].boot_id, protocol::TIME_BUILD_FLOOR, 0, "time bracket "),
                std::move(*correction));
    }
    return out;
}

void TimeCorrections::recorded(const protocol::Operation& operation) {
    under_way_.erase(operation.id());
    const auto& correction = operation.time_corrected();
    ladder_.corrected(operation.time(), correction);
    if (correction.boot_id() != boot_id_) bracketed_.insert(correction.boot_id());
}

}  // namespace fieldpost::device
