// The words a city is made of: street names and types, people, organisations.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/city/random.hpp"

namespace fieldpost::city {

using Words = std::span<const std::string_view>;

// Street names without direction and type.
Words awkward_street_names();  // apostrophes, diacritics, Saint and Mount, direction words: every city gets
                               // some
Words plain_street_names();
Words street_name_openings();  // "Maple" + "Ridge"
Words street_name_endings();
Words arterial_names();

// A street type: as posted, written out, and how else people write it.
struct StreetType {
    std::string_view posted;
    std::string_view full;
    Words others;
};
std::span<const StreetType> street_types();
const StreetType* find_street_type(std::string_view posted);

struct PersonName {
    std::string_view first;
    std::string_view last;
    char initial;
};
PersonName person(Random& random);

std::string company_name(Random& random);   // a contractor or shop owner
std::string landlord_name(Random& random);  // an LLC or trust that owns houses
std::string business_name(Random& random, std::string_view trade);
std::string institution_name(Random& random, std::string_view use);

}  // namespace fieldpost::city
