#include "firmware/logic/event_log.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include "firmware/logic/crc.hpp"

namespace fieldpost::firmware {
namespace {

using Raw = std::array<std::uint8_t, sizeof(LogRecord)>;

std::uint16_t checksum(const LogRecord& record) {
    Raw raw;
    std::memcpy(raw.data(), &record, raw.size());
    return crc16({raw.data(), offsetof(LogRecord, crc)});
}

}  // namespace

std::uint32_t EventLog::offset_of(std::uint32_t number) const {
    const std::uint32_t place = number % places();
    return place / per_page() * storage_.page_size() + place % per_page() * record_size;
}

bool EventLog::read(std::uint32_t number, LogRecord& out) {
    Raw raw;
    if (!storage_.read(offset_of(number), raw)) return false;
    std::memcpy(&out, raw.data(), raw.size());
    return out.crc == checksum(out) && out.number == number;
}

void EventLog::open() {
    for (std::uint32_t place = 0; place < places(); ++place) {
        Raw raw;
        if (!storage_.read(offset_of(place), raw)) continue;
        LogRecord record;
        std::memcpy(&record, raw.data(), raw.size());
        if (record.crc != checksum(record) || record.number % places() != place || record.number < next_)
            continue;
        next_ = record.number + 1;
        starts_ = record.starts;
    }
    // A torn entry's place cannot be written again before its page is erased: go on behind it.
    while (next_ % per_page() != 0 && !place_is_blank(next_)) ++next_;
}

bool EventLog::place_is_blank(std::uint32_t number) {
    Raw raw;
    if (!storage_.read(offset_of(number), raw)) return false;
    for (const std::uint8_t byte : raw) {
        if (byte != 0xFF) return false;
    }
    return true;
}

bool EventLog::append(Event event, std::uint8_t argument, std::uint16_t value, std::uint32_t uptime_s,
                      std::uint16_t starts) {
    LogRecord record;
    record.number = next_++;
    record.uptime_s = uptime_s;
    record.starts = starts;
    record.value = value;
    record.event = static_cast<std::uint8_t>(event);
    record.argument = argument;
    record.crc = checksum(record);
    // Number 0 is never used, so the first page is begun by number 1.
    const bool begins_page = record.number % per_page() == 0 || record.number == 1;
    if (begins_page && !storage_.erase(record.number % places() / per_page())) return false;
    Raw raw;
    std::memcpy(raw.data(), &record, raw.size());
    return storage_.program(offset_of(record.number), raw);
}

bool EventLog::find(std::uint32_t number, LogRecord& out) {
    const std::uint32_t oldest = next_ > places() ? next_ - places() : 1;
    for (std::uint32_t n = number < oldest ? oldest : number; n < next_; ++n) {
        if (read(n, out)) return true;
    }
    return false;
}

}  // namespace fieldpost::firmware
