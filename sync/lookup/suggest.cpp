#include "sync/lookup/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t suggestion_limit = 4;
constexpr std::size_t streets_tried = 3;
constexpr std::size_t ranges_looked_at = 64;
// The street itself is not in doubt, only the number.
constexpr double sure_of_street = 0.7;
constexpr double door_found = 0.9;
constexpr double as_sure = 0.05;
constexpr std::size_t readings_tried = 8;
constexpr int most_errors = 4;

// The street as its own address at `row` writes it.
std::optional<std::string> written_at(snapshot::Entries& entries, std::int64_t row, const Street& street) {
    const auto stored = entries.row(row);
    if (!stored) return std::nullopt;
    const auto message = records::parse_body(stored->kind, stored->body);
    if (!message) return std::nullopt;
    if (stored->kind == records::ASSET) {
        return records::display_street(static_cast<const records::Asset&>(**message).address());
    }
    if (stored->kind != records::PROPERTY) return std::nullopt;
    const auto& property = static_cast<const records::Property&>(**message);
    if (street_of(property.address()) == street) return records::display_street(property.address());
    for (const auto& alias : property.aliases()) {
        if (street_of(alias) == street) return records::display_street(alias);
    }
    return std::nullopt;
}

// nullopt when no address stands on the street any more.
std::optional<std::string> shown_street(snapshot::Entries& entries, std::int64_t number,
                                        const Street& street) {
    const auto any = entries.any_address(number);
    if (!any) return std::nullopt;
    if (auto written = written_at(entries, any->row, street)) return written;
    std::string folded = street.direction;
    for (const std::string& part : {street.name, street.type}) {
        if (!part.empty()) folded += (folded.empty() ? "" : " ") + part;
    }
    return records::title_case(folded);
}

std::string shown_number(const snapshot::AddressEntry& entry) {
    return entry.high == 0 ? fmt::format("{}", entry.number) : fmt::format("{}-{}", entry.number, entry.high);
}

class Suggestions {
  public:
    Suggestions(const StreetDictionary& dictionary, snapshot::Entries& entries)
        : dictionary_(dictionary), entries_(entries) {}

    void nearest_numbers(const std::vector<StreetCandidate>& streets) {
        std::vector<const StreetCandidate*> best;
        for (const StreetCandidate& street : streets) {
            if (street.score >= sure_of_street && street.reading->number != 0) best.push_back(&street);
        }
        std::ranges::sort(best, {}, [](const StreetCandidate* street) {
            return std::tuple(-street->score, street->reason.street, street->reading->number);
        });
        std::set<std::int64_t> tried;
        for (const StreetCandidate* street : best) {
            if (street->score < best.front()->score - as_sure || tried.size() == streets_tried) return;
            const std::uint32_t number = street->reading->number;
            if (exists(street->street, number)) return;
            if (!tried.insert(street->street).second) continue;
            const auto shown = shown_street(entries_, street->street, street->reason.street);
            if (!shown) continue;
            for (const auto& entry : entries_.neighbours(street->street, number)) {
                add(shown_number(entry) + " " + *shown,
                    fmt::format("nearest number: there is no {} on {}", number, *shown));
            }
        }
    }

    void closest_names(const std::vector<Reading>& readings) {
        struct Close {
            double share = 0;  // typing errors by letters typed
            NameMatch match;
            const Reading* reading = nullptr;
        };
        std::vector<Close> all;
        for (const Reading& reading : readings) {
            if (&reading - readings.data() == readings_tried) break;
            std::string name;
            for (const std::string& word : reading.name) name += (name.empty() ? "" : " ") + word;
            name = records::street_name(name);
            const auto letters = static_cast<int>(without_spaces(name).size());
            if (letters < 3) continue;
            std::vector<NameMatch> near;
            dictionary_.find_near(name, reading.name_may_grow, std::clamp(letters / 3, 1, most_errors), 20,
                                  near);
            for (const NameMatch& match : near) {
                const int errors = match.errors + std::min(reading.unread, most_errors);
                all.push_back({static_cast<double>(errors) / letters, match, &reading});
            }
        }
        std::ranges::stable_sort(all, {}, [&](const Close& close) {
            return std::tuple(close.share, close.match.untyped,
                              std::string_view(dictionary_.name(close.match.name)));
        });
        for (const Close& close : all) {
            for (const auto& street : dictionary_.streets(close.match.name)) {
                if (out_.size() >= suggestion_limit) return;
                const Street value{dictionary_.name(close.match.name), street.type, street.direction};
                if (const auto shown = shown_street(entries_, street.street, value)) {
                    const std::uint32_t number = close.reading->number;
                    add(number == 0 ? *shown : fmt::format("{} {}", number, *shown), "closest street name");
                }
            }
        }
    }

    std::vector<Suggestion> take() {
        if (out_.size() > suggestion_limit) out_.resize(suggestion_limit);
        return std::move(out_);
    }
    bool empty() const { return out_.empty(); }

  private:
    bool exists(std::int64_t street, std::uint32_t number) {
        return !entries_.addresses(street, number, number, 1).empty() ||
               std::ranges::any_of(
                   entries_.ranges(street, number, number, ranges_looked_at),
                   [&](const auto& range) { return holds(range.number, range.high, number); });
    }

    void add(std::string text, std::string why) {
        if (std::ranges::find(out_, text, &Suggestion::text) == out_.end()) {
            out_.push_back({std::move(text), std::move(why)});
        }
    }

    const StreetDictionary& dictionary_;
    snapshot::Entries& entries_;
    std::vector<Suggestion> out_;
};

}  // namespace

std::vector<Suggestion> suggest(const StreetDictionary& dictionary, snapshot::Entries& entries,
                                const std::vector<Reading>& readings,
                                const std::vector<StreetCandidate>& streets, const std::vector<Hit>& hits) {
    Suggestions suggestions(dictionary, entries);
    // The door itself was found: nothing else was meant.
    if (hits.empty() || hits.front().match != Match::address || hits.front().score < door_found) {
        suggestions.nearest_numbers(streets);
    }
    if (hits.empty() && suggestions.empty()) suggestions.closest_names(readings);
    return suggestions.take();
}

}  // namespace fieldpost::lookup
