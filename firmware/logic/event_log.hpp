// The last things that happened, through every reset and power cut.
#pragma once

#include <cstdint>

#include "firmware/logic/events.hpp"
#include "firmware/logic/storage.hpp"

namespace fieldpost::firmware {

// 16 bytes in storage.
struct LogRecord {
    std::uint32_t number = 0;
    std::uint32_t uptime_s = 0;
    std::uint16_t starts = 0;  // how often the supervisor had got power
    std::uint16_t value = 0;
    std::uint8_t event = 0;
    std::uint8_t argument = 0;
    std::uint16_t crc = 0;
};
static_assert(sizeof(LogRecord) == 16);

// A ring over the pages of its region, two at least. Entry n lies in place n of the ring; when a page is
// begun it is erased, so that between one page less and all of them are full. A torn entry is missing, its
// neighbours are whole.
class EventLog {
  public:
    explicit EventLog(Storage& storage) : storage_(storage) {}

    // Finds where the log ends. Call first.
    void open();

    // False if the storage failed; the number is then used up.
    bool append(Event event, std::uint8_t argument, std::uint16_t value, std::uint32_t uptime_s,
                std::uint16_t starts);

    std::uint32_t next_number() const { return next_; }

    // The first whole entry with `number` or above; false when there is none.
    bool find(std::uint32_t number, LogRecord& out);

    // The highest LogRecord::starts in the log, 0 in an empty one.
    std::uint16_t starts() const { return starts_; }

  private:
    static constexpr std::uint32_t record_size = sizeof(LogRecord);
    std::uint32_t per_page() const { return storage_.page_size() / record_size; }
    std::uint32_t places() const { return per_page() * storage_.pages(); }
    std::uint32_t offset_of(std::uint32_t number) const;
    bool read(std::uint32_t number, LogRecord& out);
    bool place_is_blank(std::uint32_t number);

    Storage& storage_;
    std::uint32_t next_ = 1;
    std::uint16_t starts_ = 0;
};

}  // namespace fieldpost::firmware
