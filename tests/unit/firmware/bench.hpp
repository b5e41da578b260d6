// A storage in memory whose power can be cut at any byte, a list of events, and a power supply with its
// computer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "firmware/logic/events.hpp"
#include "firmware/logic/image.hpp"
#include "firmware/logic/power.hpp"
#include "firmware/logic/storage.hpp"

namespace fieldpost::firmware::testing {

// Like flash: what is programmed must be erased. After `bytes_left` changed bytes power is gone: what follows
// does nothing and fails.
class MemoryStorage final : public Storage {
  public:
    MemoryStorage(std::uint32_t page_size, std::uint32_t pages, std::uint8_t fill = 0xFF)
        : page_size_(page_size), pages_(pages), bytes_(std::size_t{page_size} * pages, fill) {}

    std::uint32_t page_size() const override { return page_size_; }
    std::uint32_t pages() const override { return pages_; }

    bool read(std::uint32_t offset, std::span<std::uint8_t> out) override {
        if (broken || offset + out.size() > bytes_.size()) return false;
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (is_torn(offset + i)) return false;
        }
        std::copy_n(bytes_.begin() + offset, out.size(), out.begin());
        return true;
    }
    bool program(std::uint32_t offset, std::span<const std::uint8_t> bytes) override {
        if (offset % program_unit != 0 || bytes.size() % program_unit != 0) ++misuses;
        if (offset + bytes.size() > bytes_.size()) return false;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (!spend()) return false;
            if (bytes_[offset + i] != 0xFF || is_torn(offset + i)) ++misuses;
            bytes_[offset + i] = bytes[i];
        }
        return true;
    }
    bool erase(std::uint32_t page) override {
        ++erases;
        if (page >= pages_) return false;
        for (std::uint32_t i = 0; i < page_size_; ++i) {
            if (!spend()) return false;
            bytes_[page * page_size_ + i] = 0xFF;
            torn_.erase((std::size_t{page} * page_size_ + i) / program_unit);
        }
        return true;
    }

    std::vector<std::uint8_t>& bytes() { return bytes_; }

    // The unit at `offset` cannot be read until it is erased: flash with an error correction, whose power
    // went while it was written.
    void tear(std::uint32_t offset) { torn_.insert(offset / program_unit); }

    std::int64_t bytes_left = INT64_MAX;
    bool broken = false;
    int erases = 0;   // asked for, also those that failed
    int misuses = 0;  // programmed where it was not erased, or not by whole units

  private:
    bool is_torn(std::size_t offset) const { return torn_.contains(offset / program_unit); }
    bool spend() { return !broken && bytes_left-- > 0; }

    std::uint32_t page_size_;
    std::uint32_t pages_;
    std::vector<std::uint8_t> bytes_;
    std::set<std::size_t> torn_;  // units
};

class EventList final : public EventSink {
  public:
    void note(Event event, std::uint8_t argument, std::uint16_t value) override {
        events.push_back({event, argument, value});
    }
    struct Noted {
        Event event;
        unsigned argument;
        unsigned value;
    };
    int count(Event event) const {
        return static_cast<int>(
            std::count_if(events.begin(), events.end(), [&](const Noted& n) { return n.event == event; }));
    }
    std::vector<Noted> events;
};

// No cryptography: the hash is a sum, and "signed" is a signature that repeats it.
class PlainCrypto final : public ImageCrypto {
  public:
    using Digest = std::array<std::uint8_t, 64>;
    void begin_hash() override { sum_ = {}; }
    void hash(std::span<const std::uint8_t> bytes) override {
        for (const std::uint8_t byte : bytes) {
            sum_[at_ % 64] = static_cast<std::uint8_t>(sum_[at_ % 64] * 31 + byte + 1);
            ++at_;
        }
    }
    Digest end_hash() override {
        at_ = 0;
        return sum_;
    }
    bool is_signed(std::span<const std::uint8_t> message, const Digest& signature) override {
        return signature == sign(message);
    }
    static Digest sign(std::span<const std::uint8_t> message) {
        PlainCrypto crypto;
        crypto.begin_hash();
        crypto.hash(message);
        return crypto.end_hash();
    }

  private:
    Digest sum_{};
    std::size_t at_ = 0;
};

inline std::vector<std::uint8_t> make_image(std::uint32_t version, std::size_t body_size,
                                            std::string_view board = "test/board") {
    std::vector<std::uint8_t> body(body_size);
    for (std::size_t i = 0; i < body_size; ++i) body[i] = static_cast<std::uint8_t>(i * 7 + version);
    ImageHeader header{};
    header.magic = {'F', 'P', 'F', 'W'};
    header.format = 1;
    header.body_size = static_cast<std::uint32_t>(body_size);
    header.version = version;
    std::copy(board.begin(), board.end(), header.board.begin());
    header.body_sha512 = PlainCrypto::sign(body);
    std::vector<std::uint8_t> file(sizeof header);
    std::memcpy(file.data(), &header, sizeof header);
    header.signature = PlainCrypto::sign(std::span(file).first(signed_size));
    std::memcpy(file.data(), &header, sizeof header);
    file.insert(file.end(), body.begin(), body.end());
    return file;
}

// The rules with a clock that a test moves in steps of 10 ms.
struct PowerBench {
    Settings settings;
    EventList events;
    Power power{settings, events};
    PowerInputs inputs;
    std::uint64_t now_ms = 0;

    void pass(std::uint64_t ms) {
        for (std::uint64_t end = now_ms + ms; now_ms < end;) {
            now_ms += 10;
            power.tick(now_ms, inputs);
            inputs.sos_pressed = false;
        }
    }
    // The same with a computer that feeds every five seconds.
    void pass_fed(std::uint64_t ms) {
        for (std::uint64_t left = ms; left > 0;) {
            const std::uint64_t step = std::min<std::uint64_t>(left, 5'000);
            power.feed(now_ms, 0);
            pass(step);
            left -= step;
        }
    }
    void start() {
        inputs.ignition = true;
        pass(10);
        power.feed(now_ms, 0);
    }
    PowerState state() const { return power.memory().state; }
    bool on() const { return power.powered(); }
    bool done() { return power.done(now_ms, power.memory().run); }
};

}  // namespace fieldpost::firmware::testing
