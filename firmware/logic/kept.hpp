// A value that survives a power cut in the middle of being written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "firmware/logic/crc.hpp"
#include "firmware/logic/storage.hpp"

namespace fieldpost::firmware {

// Two copies, a page each, in a region of two pages: sequence number, size of the value, value, CRC. The
// newer one that is whole counts, and is never touched by the write of the next. Stored little-endian, as
// both ends of every supported processor are.
template <class T>
class Kept {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    explicit Kept(Storage& two_pages) : storage_(two_pages) {}

    // The newest whole value; nullopt when there is none, such as on a new board. A value of another size,
    // written by another version of the firmware, is none either.
    std::optional<T> load() {
        std::optional<T> newest;
        for (std::uint32_t page = 0; page < 2; ++page) {
            Record record{};
            if (!read(page, record)) continue;
            if (newest && !is_newer(record.head.sequence, sequence_)) continue;
            sequence_ = record.head.sequence;
            page_ = page;
            newest.emplace();
            std::memcpy(&*newest, record.value.data(), sizeof(T));
        }
        return newest;
    }

    // After load(). False if the storage failed; the old value is then still there.
    bool save(const T& value) {
        Record record{};
        record.head = {sequence_ + 1, sizeof(T)};
        std::memcpy(record.value.data(), &value, sizeof(T));
        record.crc = checksum(record);
        const std::uint32_t page = 1 - page_;
        std::array<std::uint8_t, stored_size> bytes;
        bytes.fill(0xFF);
        std::memcpy(bytes.data(), &record, sizeof record);
        if (!storage_.erase(page) || !storage_.program(page * storage_.page_size(), bytes)) return false;
        Record written{};
        if (!read(page, written) || written.head.sequence != record.head.sequence) return false;
        sequence_ = record.head.sequence;
        page_ = page;
        return true;
    }

  private:
    struct Head {
        std::uint32_t sequence;
        std::uint32_t size;
    };
    struct Record {
        Head head;
        std::array<std::uint8_t, (sizeof(T) + 3) / 4 * 4> value;
        std::uint32_t crc;
    };
    static constexpr std::size_t stored_size =
        (sizeof(Record) + Storage::program_unit - 1) / Storage::program_unit * Storage::program_unit;

    static std::uint16_t checksum(const Record& record) {
        std::array<std::uint8_t, offsetof(Record, crc)> bytes;
        std::memcpy(bytes.data(), &record, bytes.size());
        return crc16(bytes);
    }
    static bool is_newer(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

    bool read(std::uint32_t page, Record& record) {
        std::array<std::uint8_t, sizeof(Record)> bytes;
        if (!storage_.read(page * storage_.page_size(), bytes)) return false;
        std::memcpy(&record, bytes.data(), sizeof record);
        return record.head.size == sizeof(T) && record.crc == checksum(record);
    }

    Storage& storage_;
    std::uint32_t sequence_ = 0;
    std::uint32_t page_ = 1;  // the first value goes to page 0
};

}  // namespace fieldpost::firmware
