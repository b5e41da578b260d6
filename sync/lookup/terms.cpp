#include "sync/lookup/terms.hpp"

#include <algorithm>
#include <cctype>

#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"
#include "sync/records/boundary.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t term_key_limit = 48;
constexpr std::size_t name_limit = 8;   // of one row
constexpr std::size_t word_limit = 12;  // of one name
constexpr std::size_t street_part_limit = 64;

std::string canonical_direction(const records::Address& address) {
    const auto& written =
        address.pre_direction().empty() ? address.post_direction() : address.pre_direction();
    if (written.empty()) return {};
    const std::string folded = records::fold(written);
    const auto known = records::direction(folded);
    return known ? std::string(*known) : folded.substr(0, street_part_limit);
}

std::string canonical_type(const records::Address& address) {
    if (address.post_type().empty()) return {};
    const std::string folded = records::fold(address.post_type());
    const auto known = records::street_type(folded);
    return known ? std::string(*known) : folded.substr(0, street_part_limit);
}

void add_address(Terms& terms, const records::Address& address) {
    AddressTerm term;
    term.street = street_of(address);
    if (term.street.name.empty()) return;
    term.number = address.number();
    if (address.number_high() > address.number() &&
        address.number_high() - address.number() <= longest_range) {
        term.high = address.number_high();
    }
    term.part = house_part(address);
    terms.addresses.push_back(std::move(term));
}

void add_exact(Terms& terms, TermKind kind, std::string_view text) {
    if (std::string key = term_key(text); !key.empty()) terms.exact.push_back({kind, std::move(key)});
}

void add_phone(Terms& terms, std::string_view text) {
    if (std::string key = phone_key(text); !key.empty())
        terms.exact.push_back({TermKind::phone, std::move(key)});
}

void add_name(Terms& terms, std::string_view text) {
    if (text.empty() || terms.names.size() == name_limit) return;
    std::string name = records::fold(text.substr(0, 512));
    const auto words = records::split_words(name);
    if (words.empty()) return;
    if (words.size() > word_limit) {
        const std::string_view last = words[word_limit - 1];
        name.resize(static_cast<std::size_t>(last.data() + last.size() - name.data()));
    }
    terms.exact.push_back({TermKind::whole_name, whole_name_word(name)});
    terms.names.push_back(std::move(name));
}

void cover(SpotTerm& spot, const records::Position& position) {
    spot.south = std::min(spot.south, position.lat_e7());
    spot.north = std::max(spot.north, position.lat_e7());
    spot.west = std::min(spot.west, position.lon_e7());
    spot.east = std::max(spot.east, position.lon_e7());
}

// A position beyond the poles or the antimeridian is damage: such a record is held, but stands nowhere.
bool on_earth(const records::Position& position) {
    return std::abs(position.lat_e7()) <= 900'000'000 && std::abs(position.lon_e7()) <= 1'800'000'000;
}

std::optional<SpotTerm> point_spot(std::string name, const records::Position& position) {
    if (!on_earth(position)) return std::nullopt;
    return SpotTerm{std::move(name), position.lat_e7(), position.lat_e7(), position.lon_e7(),
                    position.lon_e7()};
}

void extract_property(Terms& terms, const records::Property& property) {
    add_exact(terms, TermKind::parcel, property.parcel_id());
    add_address(terms, property.address());
    add_name(terms, property.place_name());
    add_name(terms, property.address().building());
    for (const auto& alias : property.aliases()) {
        add_address(terms, alias);
        add_name(terms, alias.building());
    }
    if (property.has_position()) terms.spot = point_spot("property", property.position());
}

void extract_asset(Terms& terms, const records::Asset& asset) {
    add_exact(terms, TermKind::tag, asset.asset_id());
    if (asset.has_position()) {
        terms.spot = point_spot(spot_class(asset.asset_class()), asset.position());
    }
    if (asset.asset_class() == "street") {
        AddressTerm course{street_of(asset.address()), 0, 0, std::string(street_course)};
        if (!course.street.name.empty() && asset.line_size() > 1)
            terms.addresses.push_back(std::move(course));
    }
    for (const auto& vertex : asset.line()) {
        if (!on_earth(vertex)) continue;
        if (!terms.spot) terms.spot = point_spot(spot_class(asset.asset_class()), vertex);
        cover(*terms.spot, vertex);
    }
}

// Found by where it lies alone: a ward's name typed into the search is not an address.
void extract_boundary(Terms& terms, const records::Boundary& boundary) {
    for (const auto& ring : boundary.rings()) {
        for (const auto& vertex : records::vertices_of(ring)) {
            if (!on_earth(vertex)) continue;
            if (!terms.spot) terms.spot = point_spot("boundary", vertex);
            cover(*terms.spot, vertex);
        }
    }
}

// `message` is of the kind that the caller has checked.
template <class T>
const T& as(const google::protobuf::Message& message) {
    return static_cast<const T&>(message);
}

void extract_numbered(Terms& terms, records::Kind kind, const google::protobuf::Message& message) {
    const auto number = [&](std::string_view text) { add_exact(terms, TermKind::number, text); };
    switch (kind) {
        case records::PARTY:
            number(as<records::Party>(message).license_number());
            add_name(terms, as<records::Party>(message).name());
            for (const auto& phone : as<records::Party>(message).phones()) add_phone(terms, phone);
            break;
        case records::PERMIT:
            number(as<records::Permit>(message).permit_number());
            add_name(terms, as<records::Permit>(message).project_name());
            add_name(terms, as<records::Permit>(message).applicant());
            break;
        case records::LICENSE:
            number(as<records::License>(message).license_number());
            add_name(terms, as<records::License>(message).business_name());
            add_name(terms, as<records::License>(message).holder());
            add_name(terms, as<records::License>(message).contact_name());
            for (const auto& phone : as<records::License>(message).phones()) add_phone(terms, phone);
            break;
        case records::INSPECTION:
            number(as<records::Inspection>(message).inspection_number());
            break;
        case records::VIOLATION:
            number(as<records::Violation>(message).violation_number());
            break;
        case records::SERVICE_REQUEST:
            number(as<records::ServiceRequest>(message).service_request_id());
            add_phone(terms, as<records::ServiceRequest>(message).reporter_phone());
            break;
        case records::ACCOUNT:
            number(as<records::Account>(message).account_number());
            add_name(terms, as<records::Account>(message).holder());
            break;
        case records::PREPLAN:
            number(as<records::Preplan>(message).plan_id());
            add_phone(terms, as<records::Preplan>(message).contact_phone());
            break;
        case records::HAZARD: {
            const auto& hazard = as<records::Hazard>(message);
            number(hazard.hazard_id());
            if (hazard.has_position()) terms.spot = point_spot("hazard", hazard.position());
            break;
        }
        case records::INCIDENT:
            number(as<records::Incident>(message).incident_number());
            break;
        case records::BOUNDARY:
            extract_boundary(terms, as<records::Boundary>(message));
            break;
        case records::DOCUMENT:
            number(as<records::Document>(message).document_id());
            break;
        default:
            break;
    }
}

template <class T>
void sort_unique(std::vector<T>& values) {
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

Street street_of(const records::Address& address) {
    std::string written = address.pre_type();
    if (!written.empty() && !address.name().empty()) written.push_back(' ');
    written += address.name();
    Street street;
    street.name = records::street_name(records::fold(written)).substr(0, street_part_limit);
    if (street.name.empty()) return street;
    street.type = canonical_type(address);
    street.direction = canonical_direction(address);
    return street;
}

std::vector<std::string> Terms::words() const {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        for (const std::string_view word : records::split_words(name)) out.emplace_back(word);
    }
    sort_unique(out);
    return out;
}

std::string house_part(const records::Address& address) {
    std::string part = address.number_prefix();
    if (!part.empty()) part.push_back('-');
    return (part + records::sub_address(address)).substr(0, street_part_limit);
}

std::string term_key(std::string_view text) {
    std::string key = records::fold(text.substr(0, 512));
    std::erase(key, ' ');
    if (key.size() > term_key_limit) key.resize(term_key_limit);
    return key;
}

std::string whole_name_word(std::string_view folded_name) {
    auto words = records::split_words(folded_name);
    std::ranges::sort(words);
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;  // FNV-1a, 64 bit
    for (const std::string_view word : words) {
        for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
        hash = (hash ^ 0xffU) * 1'099'511'628'211ULL;
    }
    hash ^= hash >> 40U;
    std::string out;
    for (int digit = 0; digit < 8; ++digit, hash >>= 5U)
        out.push_back("abcdefghijklmnopqrstuvwxyz234567"[hash & 31U]);
    return out;
}

std::string phone_key(std::string_view text) {
    constexpr std::size_t whole = 10;
    constexpr std::size_t local = 7;
    std::string digits;
    std::size_t letters = 0;
    for (const char c : text.substr(0, 64)) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter && digits.size() >= local) break;  // "ext 12" behind the number
        letters += letter ? 1 : 0;
        if (c >= '0' && c <= '9') digits.push_back(c);
    }
    if (digits.size() == whole + 1 && digits.front() == '1') digits.erase(0, 1);
    if (digits.size() < local || letters > 5) return {};  // "phone 555-0123"
    if (digits.size() > whole) digits.erase(0, digits.size() - whole);
    return "tel" + std::string(digits.rbegin(), digits.rend());
}

std::string spot_class(std::string_view asset_class) {
    std::string name = records::fold(asset_class.substr(0, 64));
    std::ranges::transform(name, name.begin(), [](char c) {
        return c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    if (name == "property" || name == "hazard" || name == "asset")
        name += "_asset";  // words that mean more here
    return name.empty() ? "other" : name;
}

bool out_of_service(const records::Asset& asset) {
    return asset.status() == "out_of_service" || !asset.out_of_service_since().empty();
}

Terms extract(records::Kind kind, const google::protobuf::Message& message) {
    Terms terms;
    switch (kind) {
        case records::PROPERTY:
            extract_property(terms, as<records::Property>(message));
            break;
        case records::ASSET:
            extract_asset(terms, as<records::Asset>(message));
            break;
        default:
            extract_numbered(terms, kind, message);
            break;
    }
    sort_unique(terms.addresses);
    sort_unique(terms.exact);
    sort_unique(terms.names);
    return terms;
}

}  // namespace fieldpost::lookup
