#include "sync/lookup/search.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/base/sqlite.hpp"
#include "sync/lookup/address_search.hpp"
#include "sync/lookup/hits.hpp"
#include "sync/lookup/name_search.hpp"
#include "sync/lookup/number_search.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/lookup/suggest.hpp"
#include "sync/records/address_words.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

namespace {

// When something is at least this good, nobody has to look for typing errors.
constexpr double good_enough = 0.65;
// A number or door this well met is what was meant: names that merely share its words would only be in the
// way.
constexpr double sure_address = 0.9;
constexpr std::size_t streets_at_once = 10'000;

}  // namespace

struct Search::State {
    explicit State(snapshot::Entries& all) : entries(all) {}

    snapshot::Entries& entries;
    StreetDictionary streets;
    std::int64_t last_street = 0;
    bool full = false;
    std::vector<std::string> places;

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

    Answer search(std::string_view text, const TypedText& typed, const SearchOptions& options) {
        const std::size_t limit = std::clamp<std::size_t>(options.limit, 1, hit_limit);
        std::vector<Candidate> candidates;
        find_numbers(entries, typed, limit, candidates);
        const std::vector<Reading> all = readings(typed, text, places);
        AddressSearch addresses(streets, entries, all);
        addresses.find(limit, candidates);
        const auto sure = [](const Candidate& candidate) {
            return candidate.score >= sure_address &&
                   (candidate.match != Match::address || candidate.reason.number_fit != NumberFit::not_typed);
        };
        find_names(entries, typed, std::ranges::any_of(candidates, sure), limit, candidates);
        const auto good = [&](const Candidate& candidate) { return candidate.score >= good_enough; };
        if (std::ranges::none_of(candidates, good)) addresses.find_misspelt(limit, candidates);
        Answer answer;
        answer.hits = make_hits(entries, std::move(candidates), limit, options.position);
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
    }
    return "address";
}

Search::Search(std::unique_ptr<State> state) : state_(std::move(state)) {}
Search::~Search() = default;

Result<std::unique_ptr<Search>> Search::open(snapshot::Reader& reader) {
    auto state = std::make_unique<State>(reader.entries());
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
    return sql([&] {
        const snapshot::EntriesAtOnce one_state(state_->entries);
        state_->refresh();
        return state_->search(text, typed, options);
    });
}

}  // namespace fieldpost::lookup
