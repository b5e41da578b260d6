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
// both ends of every supported processor are. A T grows at its end alone: its versions begin with the same
// fields.
template <class T>
class Kept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);

  public:
    explicit Kept(Storage& two_pages) : storage_(two_pages) {}

    // The newest whole value; nullopt when there is none, such as on a new board. What a version of the
    // firmware with fewer fields wrote leaves the others at their defaults; those that this one does not know
    // are left out.
    std::optional<T> load() {
        std::optional<T> newest;
        for (std::uint32_t page = 0; page < 2; ++page) {
            Head head{};
            T value{};
            if (!read(page, head, value)) continue;
            if (newest && !is_newer(head.sequence, sequence_)) continue;
            sequence_ = head.sequence;
            page_ = page;
            newest = value;
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
        Head head{};
        T written{};
        if (!read(page, head, written) || head.sequence != record.head.sequence) return false;
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
        std::array<std::uint8_t, sizeof(T)> value;
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

    // False unless it is whole, by the size that it says it has. `value` is overwritten as far as it goes.
    bool read(std::uint32_t page, Head& head, T& value) {
        const std::uint32_t begin = page * storage_.page_size();
        constexpr auto head_size = static_cast<std::uint32_t>(sizeof(Head));
        std::array<std::uint8_t, head_size> raw;
        if (!storage_.read(begin, raw)) return false;
        std::memcpy(&head, raw.data(), raw.size());
        if (head.size == 0 || head.size % 4 != 0 || head.size > storage_.page_size() - head_size - 4)
            return false;
        Crc16 crc;
        crc.add(raw);
        std::array<std::uint8_t, sizeof(T)> known;
        std::memcpy(known.data(), &value, sizeof(T));
        std::array<std::uint8_t, 4> word;
        for (std::uint32_t at = 0; at < head.size; at += 4) {
            if (!storage_.read(begin + head_size + at, word)) return false;
            crc.add(word);
            if (at < sizeof(T)) std::memcpy(known.data() + at, word.data(), word.size());
        }
        std::uint32_t stored = 0;
        if (!storage_.read(begin + head_size + head.size, word)) return false;
        std::memcpy(&stored, word.data(), word.size());
        if (stored != crc.value()) return false;
        std::memcpy(&value, known.data(), sizeof(T));
        return true;
    }

    Storage& storage_;
    std::uint32_t sequence_ = 0;
    std::uint32_t page_ = 1;  // the first value goes to page 0
};

}  // namespace fieldpost::firmware
