// What the link of the moment may carry: by its kind, by what is left of the month's data, and by a person's
// pause. Pure and single-threaded: the program says which link it is and what it counted, and asks again
// after each. The device's engine takes the answer as SendRights.
//
// Whatever the rules say, urgent goes: an SOS is held back by no budget, pause or kind, and as long as it is
// the crew's newest status, where the vehicle is goes with it. Only the positions that the device reports by
// itself while a crew responds override neither a pause nor a spent month.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sync/engine/send_class.hpp"

namespace fieldpost::engine {

// As hal/link tells them; the names are the same.
enum class LinkKind { unknown, wifi_depot, wifi, ethernet, lte, satellite };
inline constexpr std::array link_kinds = {LinkKind::unknown,  LinkKind::wifi_depot, LinkKind::wifi,
                                          LinkKind::ethernet, LinkKind::lte,        LinkKind::satellite};
std::string_view to_string(LinkKind kind);
std::optional<LinkKind> parse_link_kind(std::string_view name);

// Bytes that went over links of one kind in one calendar month, both ways.
struct LinkBytes {
    std::uint64_t all = 0;
    std::uint64_t attachments = 0;  // of those: attachments, without thumbnails

    bool operator==(const LinkBytes&) const = default;
};

struct LinkRules {
    SendRights may = SendRights::all();
    bool paused = false;                             // only urgent goes
    std::optional<std::uint64_t> month;              // bytes a calendar month; nullopt: no limit
    std::optional<std::uint64_t> attachments_month;  // of those, for attachments
    // A spent month stops work too. Only when a person said so: what a crew recorded is worth its bytes.
    bool month_stops_work = false;
    // A snapshot of which more bytes than this are still to be fetched waits for another link.
    std::optional<std::uint64_t> bulk_up_to;

    bool operator==(const LinkRules&) const = default;
};

// What each kind may do when nobody said otherwise:
//   unknown, wifi_depot, wifi, ethernet  everything
//   lte        everything, attachments up to 2 GiB a month, snapshots up to 64 MiB
//   satellite  urgent and work
LinkRules default_rules(LinkKind kind);

class LinkPolicy {
  public:
    using Rules = std::array<LinkRules, link_kinds.size()>;  // by LinkKind
    static Rules default_rules_of_all();

    explicit LinkPolicy(Rules rules = default_rules_of_all()) : rules_(rules) {}

    // The link that carries the traffic. A metered one of a kind that usually costs nothing (a telephone's
    // hotspot) is treated, and counted, as lte. nullopt: none is known to be up; what then finds its way
    // nevertheless goes over a link that nobody knows, so urgent and work only.
    void set_link(std::optional<LinkKind> kind, bool metered);
    // A person pauses links of this kind, or ends that.
    void set_paused(LinkKind kind, bool paused) { rules_[static_cast<std::size_t>(kind)].paused = paused; }
    // The crew's newest status is an SOS, not long ago.
    void set_sos(bool sos) { sos_ = sos; }
    // What was counted this month over kind().
    void set_used(LinkBytes used) { used_ = used; }

    // Under which rules traffic goes, and which count it belongs to; nullopt: no link is known to be up.
    std::optional<LinkKind> kind() const { return kind_; }

    enum class Hold {
        none,
        no_link,            // no link is known to be up
        kind,               // links of this kind do not carry it
        paused,             // a person said so
        month,              // the month's data is spent
        attachments_month,  // the attachments' part of it is
    };
    Hold hold(SendClass what) const;
    bool allows(SendClass what) const { return hold(what) == Hold::none; }
    // Whether the positions of the urgent lane may make it go.
    bool allows_positions() const;
    SendRights rights() const;
    // May an artifact be fetched of which `bytes` are still missing?
    bool allows_bulk(std::uint64_t bytes) const;

    // What is left of the month; nullopt: no limit, or no link.
    std::optional<std::uint64_t> left() const;
    std::optional<std::uint64_t> attachments_left() const;
    LinkBytes used() const { return used_; }
    const LinkRules& rules(LinkKind kind) const { return rules_[static_cast<std::size_t>(kind)]; }

    // For a person: why `what` waits and what helps; empty when it does not.
    std::string why_held(SendClass what) const;
    // Why allows_bulk(bytes) says no.
    std::string why_bulk_held(std::uint64_t bytes) const;

  private:
    Rules rules_;
    std::optional<LinkKind> kind_;
    LinkBytes used_;
    bool sos_ = false;
};

std::string_view to_string(LinkPolicy::Hold hold);

}  // namespace fieldpost::engine
