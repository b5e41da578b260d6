// Recall on the addresses of real cities: seeded ways to type each one, and how often the right door comes
// first. Runs when FIELDPOST_SHARED_DATA names the folder with the open data sets.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <set>

#include "sync/lookup/search.hpp"
#include "sync/records/address.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;

namespace {

// One field of a CSV line; quotes as RFC 4180 has them, no line breaks inside.
std::string field(const std::string& line, std::size_t wanted) {
    std::string out;
    std::size_t at = 0;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            if (++at > wanted) break;
        } else if (at == wanted && c != '\r') {
            out.push_back(c);
        }
    }
    return out;
}

// Every different address of a column.
std::vector<std::string> addresses(const std::filesystem::path& path, const std::string& column) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    std::size_t at = 0;
    while (at < 100 && field(line, at) != column) ++at;
    std::set<std::string> out;
    while (std::getline(in, line)) {
        const auto address = records::parse_address(field(line, at));
        if (address.number() > 0 && !address.name().empty()) out.insert(records::display(address));
    }
    return {out.begin(), out.end()};
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// One letter of the street's name gone, added, exchanged or swapped with the next.
std::string misspelt(RandomCity& random, const std::string& text) {
    std::vector<std::size_t> letters;
    for (std::size_t at = text.find(' '); at + 1 < text.size(); ++at) {
        if (std::isalpha(static_cast<unsigned char>(text[at])) != 0) letters.push_back(at);
    }
    if (letters.empty()) return text;
    std::string out = text;
    const std::size_t at = letters[random.below(letters.size())];
    const char letter = static_cast<char>('a' + random.below(26));
    switch (random.below(4)) {
        case 0:
            out.erase(at, 1);
            break;
        case 1:
            out.insert(at, 1, letter);
            break;
        case 2:
            out[at] = letter;
            break;
        default:
            std::swap(out[at], out[at + 1]);
            break;
    }
    return out;
}

struct Recall {
    double first = 0;
    double in_five = 0;
};

class RealCity {
  public:
    RealCity(std::vector<std::string> all) : all_(std::move(all)) {
        std::vector<Change> rows;
        for (const std::string& address : all_) {
            auto more = layers(records::PROPERTY, address, property(address), 0);
            rows.push_back(std::move(more.front()));
        }
        build(folder_ / "city", rows);
        reader_ = good(snapshot::Reader::open(folder_ / "city"));
        search_ = good(lookup::Search::open(*reader_));
    }

    template <class Typed>
    Recall recall(const std::string& what, Typed typed) {
        RandomCity random(11 + Catch::rngSeed());
        constexpr int asked = 1500;
        int first = 0;
        int five = 0;
        for (int run = 0; run < asked; ++run) {
            const std::string& wanted = all_[random.below(all_.size())];
            const auto hits = good(search_->search(typed(random, wanted))).hits;
            const auto found =
                std::ranges::find(hits, property_id(wanted), &lookup::Hit::record) - hits.begin();
            if (found < std::ssize(hits) && found == 0) ++first;
            if (found < std::min<std::ptrdiff_t>(std::ssize(hits), 5)) ++five;
        }
        const Recall out{100.0 * first / asked, 100.0 * five / asked};
        std::cout << fmt::format("  {:<24} first {:5.1f} %  in five {:5.1f} %\n", what, out.first,
                                 out.in_five);
        return out;
    }

  private:
    Folder folder_;
    std::vector<std::string> all_;
    std::unique_ptr<snapshot::Reader> reader_;
    std::unique_ptr<lookup::Search> search_;
};

}  // namespace

TEST_CASE("Real addresses are found as people type them") {
    const char* shared = std::getenv("FIELDPOST_SHARED_DATA");
    if (shared == nullptr) {
        std::cout << "skipped: no shared data\n";
        return;
    }
    const auto [file, column] = GENERATE(table<std::string, std::string>({
        {"cambridge-ma/master_address_2014-02.csv", "full_address"},
        {"syracuse-ny/rental_registry_2025.csv", "PropertyAddress"},
    }));
    const std::filesystem::path path = std::filesystem::path(shared) / file;
    REQUIRE(std::filesystem::exists(path));
    const auto all = addresses(path, column);
    std::cout << fmt::format("{}: {} addresses\n", file, all.size());
    REQUIRE(all.size() > 1000);
    RealCity city(all);
    const Recall exact = city.recall("as written", [](RandomCity&, const std::string& text) { return text; });
    const Recall small =
        city.recall("lower case", [](RandomCity&, const std::string& text) { return lower(text); });
    const Recall half = city.recall("without the last word", [](RandomCity&, const std::string& text) {
        return text.substr(0, text.rfind(' '));
    });
    const Recall turned = city.recall("number last", [](RandomCity&, const std::string& text) {
        const auto space = text.find(' ');
        return text.substr(space + 1) + " " + text.substr(0, space);
    });
    const Recall typing = city.recall("half typed", [](RandomCity& random, const std::string& text) {
        const std::size_t least = text.find(' ') + 5;
        return text.size() <= least ? text : text.substr(0, least + random.below(text.size() - least));
    });
    const Recall wrong = city.recall("one typing error", [](RandomCity& random, const std::string& text) {
        return misspelt(random, text);
    });
    CHECK(exact.first > 99.9);
    CHECK(small.first > 99.9);
    CHECK(half.in_five > 98.5);
    CHECK(turned.in_five > 98);
    CHECK(typing.in_five > 98);
    CHECK(wrong.first > 93.5);
    CHECK(wrong.in_five > 94);
}
