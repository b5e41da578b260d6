// Finds properties and records as people type: addresses, parcel numbers, tags, permit numbers, names,
// places.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::lookup {

inline constexpr std::size_t query_limit = 256;  // bytes
inline constexpr std::size_t hit_limit = 50;

enum class Match { address, parcel, tag, name, number, place, phone, crossing, block, near };
// The same words: "address", "parcel", …
std::string_view match_name(Match match);

struct Hit {
    records::RecordId record = 0;
    records::Kind kind = records::KIND_UNSET;
    records::RecordId property =
        0;  // where it belongs; the record itself for a property; 0 when linked to none
    std::string title;
    std::string subtitle;
    Match match = Match::address;
    std::string why;   // a short phrase: "house number and street; one letter differs in HIAWATHA"
    double score = 0;  // 0 to 1; 1: everything typed was met and nothing was missing
    // Nothing else is as near to what was typed, and it is the door, number or name that was typed, not one
    // offered in its place: a screen may open it without asking.
    bool sure = false;
    std::optional<snapshot::Point> position;
};

// Not an answer, but what the typist may have meant.
struct Suggestion {
    std::string text;  // to be searched instead: "1418 Hiawatha Blvd E"
    std::string why;   // "nearest number: there is no 1420 on this street"
};

struct Answer {
    std::vector<Hit> hits;  // best first: score, recently opened, distance to the asking position, record
    std::vector<Suggestion> suggestions;
    // What the text stands for when it is a place on the ground: a position, a crossing, "near me". Hits are
    // then what is nearest to it.
    std::optional<snapshot::Point> place;
};

struct SearchOptions {
    std::size_t limit = 10;  // 1 to hit_limit
    // Of the vehicle: ranks equal matches by distance, and "near me" is there.
    std::optional<snapshot::Point> position = {};
    // Records opened lately, the last first: they, and what belongs to them, rank before equal matches.
    std::vector<records::RecordId> recent = {};
};

// One thread, as its reader. The street names are kept in memory (some 4 MB for a city of a million
// addresses) and follow the file as it changes.
class Search {
  public:
    // The reader must outlive it. Reads the street names.
    static Result<std::unique_ptr<Search>> open(snapshot::Reader& reader);
    ~Search();

    // The last word may be half typed. Work per query is bounded. invalid_argument for text longer than
    // query_limit; an empty answer for text without a letter or digit.
    Result<Answer> search(std::string_view text, const SearchOptions& options = {});

  private:
    struct State;
    explicit Search(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fieldpost::lookup
