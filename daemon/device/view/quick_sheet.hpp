// What an emergency crew must know of a building before all else, on one screen. From its pre-plan where
// there is one; otherwise composed from what the city knows of the place, and saying so. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/device/view/hydrants.hpp"
#include "daemon/device/view/origin.hpp"

namespace fieldpost::device {

struct Fact {
    std::string name;   // "key_box"; the same whichever record says it
    std::string label;  // "Key box"
    std::string text;
    Origin origin;
};

// NFPA 704, each 0 to 4; `special` of W, OX, SA, joined by a blank.
struct Nfpa704 {
    unsigned health = 0;
    unsigned flammability = 0;
    unsigned instability = 0;
    std::string special;
    bool operator==(const Nfpa704&) const = default;
};

struct HazardLine {
    std::string title;              // substance or danger
    std::optional<Nfpa704> rating;  // none: nobody rated it
    std::string detail;             // quantity, container, place, UN number, what to mind
    // Concluded from a permit, a licence or the like, not reported as a hazard: nobody has said that it is
    // there.
    bool concluded = false;
    Origin origin;
};

// Help that an occupant needs. Never a name: a crew needs to know what to bring, and where.
struct Need {
    std::string code;     // "O2", as the source writes it
    std::string text;     // "Oxygen in use"; the code itself when it is not known here
    unsigned people = 0;  // 0: not said
    Origin origin;
};

enum class Severity { info, major, critical };
std::string_view to_string(Severity severity);

struct Warning {
    Severity severity = Severity::info;
    std::string title;  // "Vacant", "Open violation"
    std::string detail;
    std::string since;  // date; may be empty
    Origin origin;
};

struct Contact {
    std::string name;
    std::string role;  // "key holder"; may be empty
    std::vector<std::string> phones;
    Origin origin;
};

enum class Basis { preplan, draft, composed };
std::string_view to_string(Basis basis);

struct QuickSheet {
    Basis basis = Basis::composed;
    std::string basis_text;           // a sentence: from which plan, or from what it was composed
    std::string summary;              // the plan's own words; may be empty
    std::optional<Origin> plan;       // of the plan; none when there is none
    std::optional<Nfpa704> placard;   // the worst of all rated hazards, as a placard at the door has it
    std::vector<HazardLine> hazards;  // reported ones first, the worst first
    std::vector<Need> needs;
    std::vector<Warning> warnings;  // the most severe first, then the newest
    std::vector<Fact> access;
    std::vector<Fact> shutoffs;
    std::vector<Fact> protection;  // alarm, sprinklers, standpipe
    std::vector<Fact> building;
    std::vector<Hydrant> hydrants;  // nearest working ones
    std::vector<Contact> contacts;
    std::vector<std::string> not_known;  // "key box", "gas shut-off": what nobody has said
};

inline constexpr std::size_t sheet_hydrants = 10;
inline constexpr int recent_days = 365;  // what is longer ago and settled is no warning

// What surrounds the place, best first.
struct Surroundings {
    std::vector<snapshot::Spot> hydrants;  // working ones
    std::vector<snapshot::Spot> valves;    // in the street
};

QuickSheet quick_sheet(const std::vector<HeldRecord>& records, const Surroundings& around,
                       const Origins& origins, const Now& now);

}  // namespace fieldpost::device
