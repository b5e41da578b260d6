// The abbreviations of USPS Publication 28, as data.
#pragma once

#include <span>
#include <string_view>

namespace fieldpost::records {

struct AbbreviationRow {
    std::string_view abbreviation;
    std::string_view name;
    std::string_view variants;  // further spellings, separated by spaces
};

// Appendix C1, street suffixes, with a few more spellings that city records really have. Where two rows have
// the same spelling, the first counts.
std::span<const AbbreviationRow> street_type_rows();
// Appendix C2, secondary unit designators.
std::span<const AbbreviationRow> unit_type_rows();

}  // namespace fieldpost::records
