// Addresses as people and source systems write them: whatever the text, it is read in bounded time to parts
// in their standard form, the same again for the same text, and the case of letters does not matter. Cut at
// its bars ("|"), the text is also read as the columns of a source.
#include <algorithm>
#include <array>

#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

bool is_folded(std::string_view text) {
    return records::fold(text) == text;
}

void check_words(std::string_view text) {
    const std::string folded = records::fold(text);
    for (const char c : folded) {
        must((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ', "folded text is plain words");
    }
    must(is_folded(folded), "folding twice changes nothing");
    must(records::fold(records::title_case(folded)) == folded, "title case changes only the case");
    const std::string name = records::street_name(folded);
    must(records::street_name(name) == name, "a canonical name is canonical");
    for (const auto word : records::split_words(folded)) {
        must(!word.empty(), "a word is not empty");
        if (const auto type = records::street_type(word)) {
            must(records::street_type(*type) == type && records::street_type_name(*type).has_value(),
                 "an abbreviation abbreviates itself");
        }
        if (const auto direction = records::direction(word)) {
            must(records::direction(*direction) == direction, "a direction's letter means itself");
        }
        if (const auto unit = records::unit_type(word)) {
            must(records::unit_type(*unit) == unit, "a unit's abbreviation means itself");
        }
        if (const auto ordinal = records::ordinal(word)) {
            must(records::ordinal(*ordinal) == ordinal, "an ordinal means itself");
        }
    }
    records::undo_spreadsheet_date(text);
}

void check_address(const records::Address& address) {
    constexpr std::size_t most = 3 * records::max_address_bytes;
    must(address.text().size() <= records::max_address_bytes, "only the beginning of a long text is read");
    must(address.number_high() == 0 || address.number_high() > address.number(), "a range ascends");
    records::Address again;
    must(again.ParseFromString(address.SerializeAsString()), "an address can be stored and read again");
    must(is_folded(address.name()) && is_folded(address.post_type()) && is_folded(address.unit_type()) &&
             is_folded(address.place()),
         "the parts of an address are folded");
    must(address.pre_direction().empty() ||
             records::direction(address.pre_direction()) == address.pre_direction(),
         "a direction is abbreviated");
    must(address.post_type().empty() || records::street_type(address.post_type()) == address.post_type(),
         "a street type is abbreviated");
    for (const std::string& text :
         {records::display(address), records::display_street(address), records::street_key(address),
          records::loose_street_key(address), records::address_key(address), records::sub_address(address),
          records::building_part(address)}) {
        must(text.size() <= most, "what is made of an address is bounded");
    }
}

void check_reading(std::string_view text, const records::AddressContext& context) {
    const auto reading = records::read_address(text, context);
    check_address(reading.address);
    must(reading.cross_streets.size() <= records::max_address_bytes, "cross streets are bounded");
    must(records::parse_address(text, context).SerializeAsString() == reading.address.SerializeAsString(),
         "the same text is the same address");

    std::string upper(text.substr(0, records::max_address_bytes));
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    must(
        records::address_key(records::parse_address(upper, context)) == records::address_key(reading.address),
        "the case of letters does not matter");
}

void check_columns(std::string_view text, const records::AddressContext& context) {
    std::array<std::string_view, 10> columns;
    for (auto& column : columns) {
        const auto bar = text.find('|');
        column = text.substr(0, bar);
        text.remove_prefix(bar == std::string_view::npos ? text.size() : bar + 1);
    }
    const records::AddressParts parts{columns[0], columns[1], columns[2], columns[3], columns[4],
                                      columns[5], columns[6], columns[7], columns[8], columns[9]};
    const auto address = records::from_parts(parts, context);
    must(address.number_high() == 0 || address.number_high() > address.number(), "a range ascends");
    records::Address again;
    must(again.ParseFromString(address.SerializeAsString()), "an address can be stored and read again");
    must(records::address_key(records::from_parts(parts, context)) == records::address_key(address),
         "the same columns are the same address");
    records::display(address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(16U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const records::AddressContext context{{"Cambridge", "Harlow Falls", "East Boston"}};
    check_words(text);
    check_reading(text, {});
    check_reading(text, context);
    check_columns(text, context);
    return 0;
}
