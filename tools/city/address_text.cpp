#include "tools/city/address_text.hpp"

#include <utility>

#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

// Latin-1 letters are C3 80..9E (upper) and C3 A0..BE (lower) in UTF-8, except the multiplication and
// division signs.
template <class Change>
std::string change_case(std::string_view text, char ascii_first, char ascii_last, bool to_upper,
                        Change change) {
    std::string out(text);
    bool latin = false;
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (latin) {
            const unsigned first = to_upper ? 0xA0 : 0x80;
            if (byte >= first && byte <= first + 0x1E && byte != first + 0x17) c = change(c);
        } else if (c >= ascii_first && c <= ascii_last) {
            c = change(c);
        }
        latin = byte == 0xC3;
    }
    return out;
}

struct Swap {
    std::string_view from, to;
};

bool replace_first(std::string& text, Swap swap) {
    const auto found = text.find(swap.from);
    if (found == std::string::npos) return false;
    text.replace(found, swap.from.size(), swap.to);
    return true;
}

std::string_view direction_word(char direction) {
    switch (direction) {
        case 'N':
            return "North";
        case 'S':
            return "South";
        case 'E':
            return "East";
        default:
            return "West";
    }
}

class Hand {
  public:
    Hand(const Plan& plan, const Property& property, Care care, Random& random)
        : plan_(plan), property_(property), address_(property.address), care_(care), random_(random) {}

    Written write() {
        write_number();
        write_street();
        write_unit();
        std::string text = number_ + (space_ ? "  " : " ") + street_;
        if (!unit_.empty()) text = unit_first_ ? unit_ + ' ' + text : text + ' ' + unit_;
        if (!property_.building_name.empty() && does(5, "building_first"))
            text = property_.building_name + ' ' + text;
        add_cross_street(text);
        if (does(5, "typo")) misspell(text);
        if (does(10, "city_after")) {
            text += ", ";
            text += kCityName;
            if (random_.percent(50)) text += " " + address_.postal_code;
        }
        if (does(35, "upper"))
            text = upper(text);
        else if (does(20, "lower"))
            text = lower(text);
        if (style_.empty()) style_ = "plain";
        return {std::move(text), std::move(style_)};
    }

  private:
    // Draws whether something happens, and notes it.
    bool does(std::uint32_t share, std::string_view what) {
        if (!random_.percent(care_ == Care::citizen ? share : share / 2)) return false;
        note(what);
        return true;
    }
    void note(std::string_view what) {
        if (!style_.empty()) style_ += '+';
        style_ += what;
    }

    void write_number() {
        Address plain = address_;
        if (plain.number_to != 0 && does(25, "within_range")) {
            const int steps = (plain.number_to - plain.number) / 2;
            plain.number += 2 * random_.between(0, steps);
            plain.number_to = 0;
        } else if (plain.number_to != 0 && random_.percent(20)) {
            plain.number_to = 0;
        }
        number_ = number_text(plain);
        if (address_.number_suffix == "1/2" && random_.percent(20)) {
            number_ = number_.substr(0, number_.find(' ')) + "½";
        }
        space_ = does(4, "double_space");
    }

    void write_street() {
        char before = address_.pre_direction;
        char after = address_.post_direction;
        std::string name = address_.street->name;
        std::string type = address_.street->type;
        if (!address_.street->former_name.empty() && does(20, "former_name")) {
            name = address_.street->former_name;
            const auto cut = name.rfind(' ');
            type = name.substr(cut + 1);
            name.resize(cut);
        }
        respell(name);
        if (const StreetType* known = find_street_type(type)) {
            if (does(14, "no_type"))
                type.clear();
            else if (does(25, "long_type"))
                type = known->full;
            else if (does(10, "other_abbreviation"))
                type = random_.pick(known->others);
        }
        if (before != 0 || after != 0) {
            if (does(8, "no_dir"))
                before = after = 0;
            else if (does(8, "moved_dir"))
                std::swap(before, after);
        }
        const bool spelled = (before != 0 || after != 0) && does(22, "long_dir");
        const bool dotted = does(8, "dots");
        const auto direction = [&](char letter) {
            std::string out;
            if (spelled)
                out = direction_word(letter);
            else
                out += letter;
            if (dotted && !spelled) out += '.';
            return out;
        };
        if (before != 0) street_ += direction(before) + ' ';
        street_ += name;
        if (!type.empty()) street_ += ' ' + type + (dotted ? "." : "");
        if (after != 0) street_ += ' ' + direction(after);
    }

    void respell(std::string& name) {
        constexpr Swap kShort[] = {
            {"Martin Luther King Jr", "MLK"},
            {"John F Kennedy", "JFK"},
            {"Saint ", "St "},
            {"St ", "Saint "},
            {"Mount ", "Mt "},
            {"Mt ", "Mount "},
            {"Fort ", "Ft "},
            {"Ft ", "Fort "},
            {"Dr ", "Doctor "},
            {"Gen ", "General "},
            {"Rev ", "Reverend "},
        };
        for (const Swap& swap : kShort) {
            if (name.find(swap.from) == std::string::npos) continue;
            if (does(50, "short_name")) replace_first(name, swap);
            break;
        }
        constexpr Swap kSigns[] = {{"'", ""},  {"ñ", "n"}, {"ú", "u"}, {"é", "e"}, {"ã", "a"},
                                   {"ü", "u"}, {"-", " "}, {"í", "i"}, {"á", "a"}, {"ó", "o"}};
        bool signs = false;
        for (const Swap& swap : kSigns) signs = signs || name.find(swap.from) != std::string::npos;
        if (signs && does(50, "no_punctuation")) {
            for (const Swap& swap : kSigns) {
                while (replace_first(name, swap)) {
                }
            }
        }
        constexpr std::string_view kOrdinals[] = {
            "",           "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
            "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
            "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
        const bool ordinal =
            name.ends_with("th") || name.ends_with("st") || name.ends_with("nd") || name.ends_with("rd");
        if (!ordinal || name.front() < '0' || name.front() > '9') return;
        std::size_t value = 0;
        for (const char c : name) {
            if (c < '0' || c > '9') break;
            value = value * 10 + static_cast<std::size_t>(c - '0');
        }
        if (value < std::size(kOrdinals) && does(30, "ordinal_word")) name = kOrdinals[value];
    }

    void write_unit() {
        if (address_.unit.empty() || does(10, "no_unit")) return;
        if (does(35, "hash_unit")) {
            unit_ = '#' + address_.unit;
            return;
        }
        constexpr std::string_view kWords[] = {"Apt", "Unit", "apt", "Apt.", "Suite", "No"};
        const bool kept = care_ == Care::clerk || random_.percent(60);
        unit_ = kept ? address_.unit_type : std::string(random_.pick(kWords));
        unit_ += ' ' + address_.unit;
        unit_first_ = does(8, "unit_first");
    }

    void add_cross_street(std::string& text) {
        const StreetSide cross = property_.segment->cross_from.known() ? property_.segment->cross_from
                                                                       : property_.segment->cross_to;
        if (!cross.known() || !does(5, "cross_street")) return;
        text += " & " + plan_.name(cross);
        // A field of thirty characters, as old systems have; never through a letter of two bytes.
        if (text.size() > 30 && does(50, "cut")) {
            std::size_t keep = 30;
            while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0) == 0x80) --keep;
            text.resize(keep);
        }
    }

    // One slip in the street's name: two letters swapped, one lost, or one doubled.
    void misspell(std::string& text) {
        const auto start = text.find(street_.substr(0, street_.find(' ')));
        if (start == std::string::npos || street_.size() < 6) return;
        const auto at = start + 1 + random_.below(static_cast<std::uint32_t>(street_.size() - 3));
        if (at + 1 >= text.size()) return;
        const auto letter = [&](std::size_t i) {
            return (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
        };
        if (!letter(at) || !letter(at + 1)) return;
        switch (random_.below(3)) {
            case 0:
                std::swap(text[at], text[at + 1]);
                break;
            case 1:
                text.erase(at, 1);
                break;
            default:
                text.insert(at, 1, text[at]);
                break;
        }
    }

    const Plan& plan_;
    const Property& property_;
    const Address& address_;
    Care care_;
    Random& random_;
    std::string style_;
    std::string number_;
    std::string street_;
    std::string unit_;
    bool unit_first_ = false;
    bool space_ = false;
};

}  // namespace

std::string upper(std::string_view text) {
    return change_case(text, 'a', 'z', true, [](char c) { return static_cast<char>(c - 0x20); });
}

std::string lower(std::string_view text) {
    return change_case(text, 'A', 'Z', false, [](char c) { return static_cast<char>(c + 0x20); });
}

Written write_address(const Plan& plan, const Property& property, Care care, Random& random) {
    return Hand(plan, property, care, random).write();
}

std::string write_crossing(const Plan& plan, const Segment& segment) {
    const StreetSide cross = segment.cross_from.known() ? segment.cross_from : segment.cross_to;
    if (!cross.known()) return {};
    return plan.name(segment.side) + " & " + plan.name(cross);
}

}  // namespace fieldpost::city
