// What happened, for a person who looks into a failing seed. Costs nothing while it is off: a failing seed is
// run again with it on.
#pragma once

#include <deque>
#include <ostream>
#include <string>

#include "sync/engine/credit.hpp"

namespace fieldpost::simulation {

// What an event or a problem is about. Empty or 0: all of them.
struct Subject {
    std::string device;
    int lane = 0;  // protocol::Lane
    std::string feed;
    std::string operation;  // its id
};

class Trace {
  public:
    explicit Trace(bool on) : on_(on) {}

    bool on() const { return on_; }
    // `text` is only made when the trace is on: it is a function that gives one.
    template <class Text>
    void add(engine::Millis at, const char* who, Subject about, Text&& text) {
        if (on_) keep({at, who, std::move(about), text()});
    }
    // The last `count` events that touch the subject, oldest first.
    void print(std::ostream& out, const Subject& about, std::size_t count) const;

  private:
    struct Event {
        engine::Millis at;
        std::string who;
        Subject about;
        std::string text;
    };
    static constexpr std::size_t most_events = 200'000;
    void keep(Event event);

    bool on_;
    std::deque<Event> events_;
};

}  // namespace fieldpost::simulation
