#include "daemon/device/record/health.hpp"

#include <algorithm>

#include "sync/records/address_words.hpp"

namespace fieldpost::device {

namespace {

std::string word(std::string_view text) {
    return records::as_utf8(text, HealthBounds::word);
}

void put_start(const NewStart& start, const std::optional<hal::SupervisorState>& supervisor,
               protocol::HealthStart& out) {
    const auto started_by = supervisor ? supervisor->started_by : hal::StartReason::unknown;
    const auto cut_by = supervisor ? supervisor->cut_by : hal::CutReason::unknown;
    out.set_started_by(std::string(hal::to_string(started_by)));
    out.set_cut_by(std::string(hal::to_string(cut_by)));
    if (supervisor) out.set_failed_runs(supervisor->failed_runs);
    out.set_ended(std::string(to_string(start.before.ended)));
    if (start.before.exit_code) out.set_exit_code(*start.before.exit_code);
    if (start.before.booted_since) out.set_booted_since(*start.before.booted_since);
    out.set_board(word(start.board));
    out.set_revision(word(start.revision));
}

void put_storage(const hal::StorageReading& reading, protocol::StorageHealth& out) {
    out.set_free_bytes(reading.free_bytes);
    out.set_read_only(reading.read_only);
    if (reading.wear_percent)
        out.set_wear_percent(static_cast<std::uint32_t>(std::max(0, *reading.wear_percent)));
    if (reading.spare) out.set_spare(std::string(hal::to_string(*reading.spare)));
    if (reading.errors) out.set_errors(*reading.errors);
}

}  // namespace

protocol::HealthReported health_record(const NewHealth& health) {
    protocol::HealthReported out;
    out.set_version(word(health.version));
    if (health.start) put_start(*health.start, health.supervisor, *out.mutable_start());
    for (const BrokenPart& part : health.broken) {
        if (part.name.empty()) continue;
        if (static_cast<std::size_t>(out.broken_size()) == HealthBounds::broken) break;
        auto& added = *out.add_broken();
        added.set_name(word(part.name));
        added.set_detail(records::as_utf8(part.detail, HealthBounds::detail));
    }
    if (health.supervisor) {
        out.set_supply_mv(health.supervisor->supply_mv);
        out.set_supply(std::string(hal::to_string(health.supervisor->supply)));
        out.set_tamper(health.supervisor->tamper);
        out.set_tamper_openings(health.supervisor->tamper_openings);
    }
    if (health.storage) put_storage(*health.storage, *out.mutable_storage());
    out.set_uptime_s(static_cast<std::uint64_t>(std::max<std::int64_t>(0, health.uptime.count())));
    return out;
}

}  // namespace fieldpost::device
