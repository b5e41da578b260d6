#include "sync/lookup/search.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/base/sqlite.hpp"
#include "sync/lookup/address_search.hpp"
#include "sync/lookup/ground_search.hpp"
#include "sync/lookup/ground_text.hpp"
#include "sync/lookup/hits.hpp"
#include "sync/lookup/name_search.hpp"
#include "sync/lookup/name_words_of_file.hpp"
#include "sync/lookup/number_search.hpp"
#include "sync/lookup/position_text.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/lookup/suggest.hpp"
#include "sync/records/address_words.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

namespace {

// When something is at least this good, nobody has to look for typing errors.
constexpr double good_enough = 0.78;
constexpr double hardly_an_answer = 0.75;
// A number or door this well met is what was meant: names that merely share its words would only be in the
// way.
constexpr double sure_address = 0.9;
constexpr std::size_t streets_at_once = 10'000;

bool has_letter(const std::string& word) {
    return std::ranges::any_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_numeral(std::string_view word) {
    return word.front() >= '0' && word.front() <= '9';
}

bool begins_with_number(const TypedText& typed) {
    return is_numeral(typed.words.front());
}

}  // namespace

struct Search::State {
    explicit State(snapshot::Reader& from) : reader(from), entries(from.entries()), name_words(entries) {
        entries.on_keys_changed([this] { name_words.forget(); });
    }
    ~State() { entries.on_keys_changed(nullptr); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    snapshot::Reader& reader;
    snapshot::Entries& entries;
    StreetDictionary streets;
    std::int64_t last_street = 0;
    bool full = false;
    std::vector<std::string> places;
    NameWordsOfFile name_words;

    // Takes up streets that came since; inside a read transaction.
    void refresh() {
        while (!full) {
            const auto more = entries.streets_after(last_street, streets_at_once);
            for (const snapshot::StreetEntry& street : more) {
                if (!streets.add(street.street, street.value)) {
                    full = true;
                    spdlog::warn("city data: more than {} streets; some will not be found by name",
                                 StreetDictionary::street_limit);
                    break;
                }
                last_street = street.street;
            }
            if (more.size() < streets_at_once) return;
        }
    }

    // Looks for other numbers and typing errors for as long as nothing found is good enough.
    void find_misspelt(const TypedText& typed, std::size_t limit, AddressSearch& addresses,
                       snapshot::NamesLeft& names_left, std::vector<Candidate>& candidates) {
        if (std::ranges::none_of(typed.words, has_letter)) return;
        // A street without a number is well met when its name is; where a word says nothing, it may be
        // misspelt.
        const auto quality = [](const Candidate& candidate) {
            if (candidate.match != Match::address) return candidate.score;
            const bool street_only = candidate.reason.number_fit == NumberFit::not_typed;
            if (candidate.reason.unread > 0) return std::min(candidate.score, sure_address - 0.01);
            return candidate.score + (street_only ? cost::no_number : 0);
        };
        const auto best = [&] {
            double most = 0;
            for (const Candidate& candidate : candidates) most = std::max(most, quality(candidate));
            return most;
        };
        if (best() >= sure_address) return;
        addresses.find_other_numbers(candidates);
        const std::vector<Repair> mended = repairs(typed, streets);
        addresses.find_misspelt(mended, places, 1, limit, candidates);
        if (best() >= good_enough) return;
        NameWords* const words = may_be_name(typed) ? &name_words.get() : nullptr;
        if (words != nullptr) find_names_like(entries, *words, typed, false, limit, names_left, candidates);
        if (best() >= good_enough) return;
        addresses.find_misspelt(mended, places, 2, limit, candidates);
        if (best() < good_enough) addresses.find_other_numbers(candidates);
        if (words != nullptr && best() < hardly_an_answer)
            find_names_like(entries, *words, typed, true, limit, names_left, candidates);
    }

    // "24 Hour Fitness" is: what has a number may be a name when names have that number.
    bool may_be_name(const TypedText& typed) {
        return std::ranges::all_of(typed.words, [&](const std::string& word) {
            return !is_numeral(word) || entries.is_name_word(word);
        });
    }

    // What the city itself numbers so wins: "26-PLM-001234" is a permit before it is a square of a grid.
    bool is_numbered(const TypedText& typed, std::string_view text) {
        std::vector<Candidate> found;
        find_numbers(entries, typed, text, 1, found);
        return std::ranges::any_of(found, [](const Candidate& each) { return each.match != Match::phone; });
    }

    // "Town and Country Dr" is one street.
    bool is_street(const TypedText& typed, std::string_view text) {
        for (const Reading& reading : readings(typed, text, places)) {
            if (reading.unread != 0 || std::ranges::find(reading.name, "AND") == reading.name.end()) continue;
            std::string name;
            for (const std::string& word : reading.name) name += (name.empty() ? "" : " ") + word;
            std::vector<NameMatch> whole;
            streets.find_whole(records::street_name(name), whole);
            if (!whole.empty()) return true;
        }
        return false;
    }

    // A position, "near me", or a crossing; nullopt when the text is none of these. Without hits: a crossing
    // of streets that do not meet.
    Result<std::optional<Answer>> search_ground(std::string_view text, const TypedText& typed,
                                                const SearchOptions& options) {
        const std::size_t limit = std::clamp<std::size_t>(options.limit, 1, hit_limit);
        const auto point = read_position(text);
        const std::vector<CrossingText> crossing = read_crossing(text);
        if (point || !crossing.empty()) {
            auto named = sql([&] {
                const snapshot::EntriesAtOnce one_state(entries);
                refresh();
                return is_numbered(typed, text) || (!point && is_street(typed, text));
            });
            if (!named) return named.error();
            if (*named) return std::optional<Answer>();
        }
        if (point) {
            return near_answer("", *point, fmt::format("{:.5f}, {:.5f}", point->lat, point->lon), limit);
        }
        if (const auto near = read_near(text)) {
            auto classes = reader.spot_classes();
            if (!classes) return classes.error();
            const auto meant = spot_class_meant(*classes, near->what);
            if (meant && options.position) return near_answer(*meant, *options.position, "", limit);
        }
        if (crossing.empty()) return std::optional<Answer>();
        auto found = sql([&] {
            const snapshot::EntriesAtOnce one_state(entries);
            refresh();
            return GroundSearch(streets, entries, places).crossings(crossing);
        });
        if (!found) return found.error();
        if (found->found.empty() && found->do_not_meet.empty()) return std::optional<Answer>();
        return crossing_answer(*found, limit);
    }

    Result<std::optional<Answer>> near_answer(const std::string& spot_class, const snapshot::Point& point,
                                              const std::string& from, std::size_t limit) {
        auto hits = hits_near(reader, spot_class, point, from, limit);
        if (!hits) return hits.error();
        Answer answer;
        answer.hits = std::move(*hits);
        answer.place = point;
        return std::optional(std::move(answer));
    }

    Result<std::optional<Answer>> crossing_answer(const Crossings& crossings, std::size_t limit) {
        constexpr std::size_t properties_shown = 4;
        Answer answer;
        for (const std::string& street : crossings.do_not_meet)
            answer.suggestions.push_back({street, "these two streets are not known to meet"});
        for (const Crossing& crossing : crossings.found) {
            Hit hit;
            hit.record = crossing.course;
            hit.kind = records::ASSET;
            hit.title = crossing.title;
            hit.subtitle = "Crossing";
            hit.match = Match::crossing;
            hit.why = crossing.why;
            hit.score = crossing.score;
            hit.position = crossing.point;
            answer.hits.push_back(std::move(hit));
        }
        if (!crossings.found.empty()) {
            const Crossing& best = crossings.found.front();
            answer.suggestions.clear();
            answer.place = best.point;
            auto near = hits_near(reader, "", best.point, best.title, properties_shown);
            if (!near) return near.error();
            for (Hit& hit : *near) {
                hit.score = std::min(hit.score, best.score - 0.05);
                answer.hits.push_back(std::move(hit));
            }
        }
        if (answer.hits.size() > limit) answer.hits.resize(limit);
        return std::optional(std::move(answer));
    }

    // Who types a block means no one door of it, unless the street is called so.
    static void keep_block(std::vector<Candidate>& candidates) {
        const auto is_of_block = [](const Candidate& each) { return each.match == Match::block; };
        if (std::ranges::none_of(candidates, is_of_block)) return;
        std::erase_if(candidates, [](const Candidate& each) {
            return each.match == Match::address && !each.reason.street.name.starts_with("BLO");
        });
    }

    Answer search(std::string_view text, const TypedText& typed, const SearchOptions& options) {
        const std::size_t wanted = std::clamp<std::size_t>(options.limit, 1, hit_limit);
        const std::size_t limit =
            std::max<std::size_t>(wanted, 2);  // the second says whether the first is sure
        std::vector<Candidate> candidates;
        if (const auto block = read_block(text))
            GroundSearch(streets, entries, places).block(*block, limit, candidates);
        find_numbers(entries, typed, text, limit, candidates);
        const std::vector<Reading> all = readings(typed, text, places);
        AddressSearch addresses(streets, entries, all);
        addresses.find(limit, candidates);
        const double enough = begins_with_number(typed) ? good_enough : sure_address;
        const auto sure = [&](const Candidate& candidate) {
            return candidate.score >= enough &&
                   (candidate.match != Match::address || candidate.reason.number_fit != NumberFit::not_typed);
        };
        snapshot::NamesLeft names_left;
        find_names(entries, typed, std::ranges::any_of(candidates, sure), limit, names_left, candidates);
        find_misspelt(typed, limit, addresses, names_left, candidates);
        const auto is_good = [](const Candidate& candidate) { return candidate.score >= good_enough; };
        if (std::ranges::none_of(candidates, is_good)) find_numbers_near(entries, typed, limit, candidates);
        keep_block(candidates);
        Answer answer;
        answer.hits = make_hits(entries, candidates, limit, options);
        if (answer.hits.size() > wanted) answer.hits.resize(wanted);
        answer.suggestions = suggest(streets, entries, all, addresses.streets(), answer.hits);
        return answer;
    }
};

std::string_view match_name(Match match) {
    switch (match) {
        case Match::address:
            return "address";
        case Match::parcel:
            return "parcel";
        case Match::tag:
            return "tag";
        case Match::name:
            return "name";
        case Match::number:
            return "number";
        case Match::place:
            return "place";
        case Match::phone:
            return "phone";
        case Match::crossing:
            return "crossing";
        case Match::block:
            return "block";
        case Match::near:
            return "near";
    }
    return "address";
}

Search::Search(std::unique_ptr<State> state) : state_(std::move(state)) {}
Search::~Search() = default;

Result<std::unique_ptr<Search>> Search::open(snapshot::Reader& reader) {
    auto state = std::make_unique<State>(reader);
    auto read = sql([&] {
        const snapshot::EntriesAtOnce one_state(state->entries);
        if (std::string place = records::fold(state->entries.city_name()); !place.empty()) {
            state->places.push_back(std::move(place));
        }
        state->refresh();
        state->streets.sort();
    });
    if (!read) return read.error().with("reading the street names");
    return std::unique_ptr<Search>(new Search(std::move(state)));
}

Result<Answer> Search::search(std::string_view text, const SearchOptions& options) {
    if (text.size() > query_limit) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("search for at most {} characters", query_limit));
    }
    const TypedText typed = read_words(text);
    if (typed.words.empty()) return Answer{};
    auto on_ground = state_->search_ground(text, typed, options);
    if (!on_ground) return on_ground.error();
    if (*on_ground && !(*on_ground)->hits.empty()) return std::move(**on_ground);
    auto answer = sql([&] {
        const snapshot::EntriesAtOnce one_state(state_->entries);
        state_->refresh();
        return state_->search(text, typed, options);
    });
    if (!answer || !*on_ground || (*on_ground)->suggestions.empty()) return answer;
    // Two streets that do not meet: only somebody who is called so may still be meant.
    std::erase_if(answer->hits,
                  [](const Hit& hit) { return hit.match != Match::name && hit.match != Match::place; });
    answer->suggestions = std::move((*on_ground)->suggestions);
    return answer;
}

}  // namespace fieldpost::lookup
