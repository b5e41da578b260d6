// The sources of a city: what they are called, and when each delivered last. What the hub read to its end
// without finding anything new is as good as new, though no row of it says so. Told with the answers to
// hellos. Both ends' halves; no I/O.
//
// A delivery is true of a city that holds what came of it, so the device writes it down once its feeds stand
// where the hub's did in the same answer. Each minute's hello must stay small: the device repeats a mark for
// what its city holds, and the hub answers with what is new since. README.md of the protocol, section 3.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sync/engine/device_actions.hpp"
#include "sync/engine/in_city.hpp"
#include "sync/protocol/wire.pb.h"

namespace fieldpost::engine {

// Of one answer, on the wire: the rest comes with the next ones. One source alone may be more.
inline constexpr std::size_t most_delivery_bytes = 4096;

// Stands for a list of deliveries: two with the same content have the same, and none has 0.
std::uint64_t mark_of(const Deliveries& deliveries);

// The hub's half.
class DeliveriesTold {
  public:
    // Into the answer to a device of the profile goes what differs from the list with the mark `held`; all of
    // `now` when it was not told that one under this profile: it is 0, of another run, or too long ago. The
    // answer's mark stands for what the device holds then.
    void tell(std::string_view profile, const Deliveries& now, std::uint64_t held,
              protocol::HelloReply& answer);

  private:
    struct Told {
        std::string profile;
        std::uint64_t mark = 0;
        Deliveries deliveries;
    };
    const Deliveries* find(std::string_view profile, std::uint64_t mark) const;

    std::deque<Told> told_;  // the newest last
};

// The device's half.
class DeliveriesHeard {
  public:
    // Another city is there, or the same with other feeds: what it holds is asked for from the ground up.
    // `hellos` is the number of the last hello that was said.
    void mounted(std::uint64_t hellos);
    // For the next hello.
    std::uint64_t mark() const { return mark_; }
    // The answer to the hello of that number, and the heads in it. It says what differs from the mark in that
    // hello: where the city holds something else by now, it counts for nothing. What was heard before is
    // reached before it, also by a city that is always a little behind.
    void heard(std::uint64_t number, const protocol::HelloReply& reply, FeedPlaces heads);
    bool waits() const { return expected_.has_value(); }
    // What a city that stands so is to hold; nullopt: nothing new.
    std::optional<NoteDeliveries> due(const FeedPlaces& city);
    // That is committed, after `hellos` hellos.
    void noted(std::uint64_t mark, std::uint64_t hellos);

  private:
    std::optional<NoteDeliveries> expected_;
    std::uint64_t noting_ = 0;  // the mark of what is being written; 0: nothing
    std::uint64_t mark_ = 0;
    std::uint64_t said_before_ = 0;  // hellos up to this number had another mark than mark_
};

}  // namespace fieldpost::engine
