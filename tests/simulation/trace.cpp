#include "tests/simulation/trace.hpp"

#include <iomanip>
#include <vector>

namespace fieldpost::simulation {

namespace {

bool touches(const Subject& event, const Subject& about) {
    const auto meet = [](const auto& one, const auto& other, const auto& all) {
        return one == all || other == all || one == other;
    };
    const std::string any;
    return meet(event.device, about.device, any) && meet(event.lane, about.lane, 0) &&
           meet(event.feed, about.feed, any) && meet(event.operation, about.operation, any) &&
           // What is about a lane is not about feeds, and the other way round.
           (about.lane == 0 || event.feed.empty()) && (about.feed.empty() || event.lane == 0);
}

}  // namespace

void Trace::keep(Event event) {
    events_.push_back(std::move(event));
    if (events_.size() > most_events) events_.pop_front();
}

void Trace::print(std::ostream& out, const Subject& about, std::size_t count) const {
    std::vector<const Event*> chosen;
    for (auto event = events_.rbegin(); event != events_.rend() && chosen.size() < count; ++event) {
        if (touches(event->about, about)) chosen.push_back(&*event);
    }
    for (auto event = chosen.rbegin(); event != chosen.rend(); ++event) {
        out << "  " << std::setw(9) << std::fixed << std::setprecision(3)
            << static_cast<double>((*event)->at) / 1000.0 << " s  " << std::setw(9) << std::left
            << (*event)->who << std::right << " " << (*event)->text << "\n";
    }
}

}  // namespace fieldpost::simulation
