#include "sync/records/address.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "sync/records/address_tokens.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::records {
namespace {

void append_word(std::string& out, std::string_view word) {
    if (word.empty()) return;
    if (!out.empty()) out += ' ';
    out += word;
}

// The suffix of a house number as a column holds it: letter, fraction, both ("1/2-R"), or what a spreadsheet
// made of one.
std::string read_suffix(std::string_view text) {
    if (auto fraction = undo_spreadsheet_date(text)) {
        std::replace(fraction->begin(), fraction->end(), '-', '/');
        return *fraction;
    }
    std::string folded = fold(text);
    auto words = split_words(folded);
    bool fraction = words.size() >= 2 && words[0].size() == 1 && words[1].size() == 1 &&
                    text.find('/') != std::string_view::npos;
    std::string out;
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (fraction && at > 0) out += at == 1 ? '/' : '-';
        out += words[at];
    }
    return out;
}

bool is_fraction(std::string_view suffix) {
    return suffix.size() >= 3 && suffix[1] == '/';
}

std::string number_text(const Address& address) {
    if (address.number() == 0) return {};
    std::string out = address.number_prefix();
    if (!out.empty() && reading::all_digits(out)) out += '-';
    out += std::to_string(address.number());
    if (address.number_high() > address.number()) {
        bool same_hundred = address.number() >= 100 && address.number() / 100 == address.number_high() / 100;
        std::string high = std::to_string(address.number_high());
        out += '-';
        out += same_hundred ? high.substr(high.size() - 2) : high;
    }
    const std::string& suffix = address.number_suffix();
    if (is_fraction(suffix)) {
        out += ' ';
    } else if (suffix.size() > 1 || (!suffix.empty() && reading::all_digits(suffix))) {
        out += '-';
    }
    return out + suffix;
}

std::string compact(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c != ' ' && c != '-') out += c;
    }
    return out;
}

}  // namespace

Address from_parts(const AddressParts& parts, const AddressContext& context) {
    // The street column may hold anything from a name to "MAIN ST S & OAK ST REAR": the reader knows them
    // all.
    std::string text(parts.number);
    append_word(text, parts.pre_direction);
    append_word(text, parts.street);
    append_word(text, parts.type);
    append_word(text, parts.post_direction);
    Address address = parse_address(text, context);
    bool plain = parts.street.find_first_of("&,/#@(") == std::string_view::npos;
    std::string folded_type = fold(parts.type);
    if (auto type = street_type(folded_type); type && plain) {
        address.set_post_type(std::string(*type));
        address.set_name(fold(parts.street));
    }
    auto put_direction = [](std::string_view written, auto&& put) {
        std::string folded = fold(written);
        if (auto known = direction(folded)) put(std::string(*known));
    };
    if (plain && !parts.type.empty()) {
        address.clear_pre_direction();
        address.clear_post_direction();
        address.clear_place();
    }
    put_direction(parts.pre_direction,
                  [&](std::string value) { address.set_pre_direction(std::move(value)); });
    put_direction(parts.post_direction,
                  [&](std::string value) { address.set_post_direction(std::move(value)); });
    if (std::string suffix = read_suffix(parts.number_suffix); !suffix.empty())
        address.set_number_suffix(suffix);
    std::string folded_unit_type = fold(parts.unit_type);
    if (!folded_unit_type.empty()) {
        address.set_unit_type(std::string(unit_type(folded_unit_type).value_or(folded_unit_type)));
    }
    if (!parts.unit.empty()) address.set_unit(fold(parts.unit));
    if (!parts.place.empty()) address.set_place(fold(parts.place));
    if (!parts.postal_code.empty()) address.set_postal_code(as_utf8(parts.postal_code, 10));
    return address;
}

std::string display_street(const Address& address) {
    std::string out;
    append_word(out, address.pre_direction());
    append_word(out, title_case(address.pre_type()));
    append_word(out, title_case(address.name()));
    append_word(out, title_case(address.post_type()));
    append_word(out, address.post_direction());
    return out;
}

std::string display(const Address& address) {
    std::string out = number_text(address);
    append_word(out, display_street(address));
    if (!address.unit_type().empty()) {
        append_word(out, title_case(address.unit_type()));
        for (std::string_view word : split_words(address.unit())) {  // "Fl 2 Apt 5"
            append_word(out, unit_type(word) ? title_case(word) : std::string(word));
        }
    } else if (!address.unit().empty()) {
        append_word(out, "#" + address.unit());
    }
    return out;
}

namespace {

std::string canonical_name(const Address& address) {
    return address.pre_type() == "RTE" ? address.name() : street_name(address.name());
}

}  // namespace

std::string street_key(const Address& address) {
    std::string first = address.pre_direction();
    std::string last = address.post_direction();
    if (first.empty()) first.swap(last);
    if (first == last) last.clear();
    std::string out;
    append_word(out, first);
    append_word(out, address.pre_type());
    append_word(out, canonical_name(address));
    append_word(out, address.post_type());
    append_word(out, last);
    return out;
}

std::string loose_street_key(const Address& address) {
    std::string out = address.pre_type();
    append_word(out, canonical_name(address));
    return out;
}

std::string building_part(const Address& address) {
    std::string out = address.number_suffix();
    bool rear = address.unit_type() == "REAR" || out == "R" || out.ends_with("-R");
    for (std::string_view word : split_words(address.unit())) rear = rear || word == "REAR";
    if (out.ends_with("-R")) out.resize(out.size() - 2);
    bool letter = out.size() == 1 && out != "R" && !reading::all_digits(out);
    if (!letter && !is_fraction(out)) out.clear();
    if (rear) append_word(out, "REAR");
    return out;
}

std::string sub_address(const Address& address) {
    std::string out = building_part(address);
    std::string rest;
    const std::string& suffix = address.number_suffix();
    if (suffix != "R" && building_part(address).empty()) rest = suffix;  // "47-20": a unit
    // Floors and buildings are named, since "Fl 2" is not "Apt 2"; a bare designator is all there is
    // ("Bsmt").
    const std::string& type = address.unit_type();
    if (type == "FL" || type == "BLDG" || (address.unit().empty() && type != "REAR")) rest += type;
    for (std::string_view word : split_words(address.unit())) {
        if (word != "REAR" && word != "APT" && word != "UNIT" && word != "STE") rest += compact(word);
    }
    append_word(out, rest);
    return out;
}

std::string address_key(const Address& address) {
    std::string out;
    if (address.number() > 0) {
        out = address.number_prefix();
        out += out.empty() ? "" : "-";
        out += std::to_string(address.number());
        if (address.number_high() > address.number()) out += "-" + std::to_string(address.number_high());
    }
    append_word(out, street_key(address));
    if (std::string sub = sub_address(address); !sub.empty()) append_word(out, "#" + sub);
    return out;
}

}  // namespace fieldpost::records
