// How many bytes went over links of each kind in each calendar month. Pure; what it says is kept in a file by
// LinkWatch.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/base/time.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

// What a message of so many bytes costs on the link, there and back, as a provider counts it: MQTT, TLS, TCP
// and IP around it, and its PUBACK. An estimate, rather too high than too low.
constexpr std::uint64_t bytes_on_link(std::uint64_t payload) {
    return payload + payload / 25 + 240;
}

// "2026-11", in UTC.
std::string month_of(UnixMicros utc_us);

// The last three months that were counted in. More than one, since a clock that jumps ahead and comes back
// must find its month as it was.
//
// While the time is not known (month nullopt), it counts in the month that it counted in last; if there is
// none yet, in the first that becomes known.
class MonthBytes {
  public:
    void add(const std::optional<std::string>& month, engine::LinkKind kind, engine::SendClass what,
             std::uint64_t bytes);
    engine::LinkBytes of(const std::optional<std::string>& month, engine::LinkKind kind) const;

    // One line a month and kind: "2026-11 lte 123456 7890", all bytes and those of attachments.
    std::string text() const;
    // corrupt when it is not such a text.
    static Result<MonthBytes> parse(std::string_view text);

    bool operator==(const MonthBytes&) const = default;

  private:
    struct Month {
        std::string name;  // empty: not known yet
        std::array<engine::LinkBytes, engine::link_kinds.size()> kinds;

        bool operator==(const Month&) const = default;
    };
    Month& open(const std::optional<std::string>& month);

    std::vector<Month> months_;  // the one that was counted in last is the last
};

}  // namespace fieldpost::device
