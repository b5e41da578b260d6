// What goes over a link, in the order of its right of way. A link's policy says which may go.
#pragma once

#include <array>
#include <string_view>

namespace fieldpost::engine {

enum class SendClass {
    urgent,       // the urgent lane: nothing holds it back
    work,         // the work lane
    feed,         // what the feeds bring
    thumbnails,   // small pictures of attachments
    attachments,  // the attachments themselves
    telemetry,    // the telemetry lane
    bulk,         // snapshots and other artifacts
};

inline constexpr std::array send_classes = {
    SendClass::urgent,      SendClass::work,      SendClass::feed, SendClass::thumbnails,
    SendClass::attachments, SendClass::telemetry, SendClass::bulk};

std::string_view to_string(SendClass what);

// What may go just now.
class SendRights {
  public:
    static constexpr SendRights all() {
        SendRights rights;
        for (const SendClass what : send_classes) rights.allow(what);
        return rights;
    }
    constexpr void allow(SendClass what) { bits_ |= bit(what); }
    constexpr void forbid(SendClass what) { bits_ &= ~bit(what); }
    constexpr bool allows(SendClass what) const { return (bits_ & bit(what)) != 0; }
    // Positions of the urgent lane, which the device reports by itself, do not make it go: they go along when
    // somebody records something there.
    constexpr void hold_positions() { bits_ |= positions_wait; }
    constexpr bool allows_positions() const { return (bits_ & positions_wait) == 0; }
    bool operator==(const SendRights&) const = default;

  private:
    static constexpr unsigned positions_wait = 1U << 31U;
    static constexpr unsigned bit(SendClass what) { return 1U << static_cast<unsigned>(what); }
    unsigned bits_ = 0;
};

}  // namespace fieldpost::engine
