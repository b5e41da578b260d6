// The words of addresses: folding text to plain words, and the tables that bring the many ways to write a
// direction, a street type, a unit or a numbered street to one form (USPS Publication 28, appendices B, C1
// and C2, plus forms that city records really use).
//
// Everything here is pure and deterministic. Returned views point to static storage, and may be kept for
// ever. May be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::records {

// Text as upper-case ASCII words with single spaces between them, none at the ends: diacritics are stripped
// ("Río" -> "RIO", "Straße" -> "STRASSE"), apostrophes and dots vanish ("O'Brien's" -> "OBRIENS", "U.S." ->
// "US"), every other sign becomes a space. A dot that is the only thing between two longer words separates
// them
// ("St.Apt" -> "ST APT", "3.5" -> "3 5"). Bytes that are not UTF-8 are taken as Latin-1, as old exports have
// them. Letters of other scripts become spaces.
std::string fold(std::string_view text);

// The text as it can be stored: bytes that are not UTF-8 (RFC 3629) are taken as Latin-1. At most `most`
// bytes, and no part of a character at the end.
std::string as_utf8(std::string_view text, std::size_t most);

// The words of folded text, as views into it.
std::vector<std::string_view> split_words(std::string_view folded);
std::vector<std::string_view> split_words(std::string&& gone_before_its_words) = delete;

// All functions below take one folded word, or the folded text they name.

// "NORTH", "N", "NO" -> "N"; eight compass points.
std::optional<std::string_view> direction(std::string_view word);

// "AVENUE", "AV", "AVE", "AVENU" -> "AVE": the standard abbreviation of a street type.
std::optional<std::string_view> street_type(std::string_view word);

// "AVE" -> "AVENUE": the long word of a standard abbreviation.
std::optional<std::string_view> street_type_name(std::string_view abbreviation);

// "APARTMENT" -> "APT", "SUITE" -> "STE", "FLOOR" -> "FL": the standard abbreviation of a unit designator.
std::optional<std::string_view> unit_type(std::string_view word);

// Whether a unit designator (as unit_type() gives it) stands alone: "REAR", "BSMT", "UPPR" need no number
// after them.
bool unit_stands_alone(std::string_view unit);

// "FIRST", "1ST", "1" -> "1ST", up to 999; "42TH" is taken for "42ND". Words up to "NINETY"; for two words
// such as "TWENTY FIRST" see street_name(). Note that "SECOND" and a bare "2" are both taken: ask only where
// an ordinal fits.
std::optional<std::string_view> ordinal(std::string_view word);

// The one canonical form of a street's name (without number, direction, type and unit): numbered streets as
// "21ST", "ST"/"STE" before a name as "SAINT", "MT" as "MOUNT", "FT" as "FORT", titles and abbreviated type
// words written out ("LINCOLN PK" -> "LINCOLN PARK"), all forms of "MARTIN LUTHER KING", "MC GRATH" as
// "MCGRATH". Idempotent. An empty name stays empty.
std::string street_name(std::string_view folded_name);

// Other ways to write a name that street_name() gave, so that a half-typed or misspelt one is known too:
// "1ST" -> "FIRST", "SAINT MARYS" -> "ST MARYS", "MARTIN LUTHER KING" -> "MLK", "MARTIN LUTHER KING JR".
// Bounded; none for most names.
std::vector<std::string> other_spellings(std::string_view name);

// What a spreadsheet made a date of, as it was: "Aug-75" -> "8-75", "2-Jan" -> "1-2". Other text is nullopt.
// For parcel numbers and fractions that went through one.
std::optional<std::string> undo_spreadsheet_date(std::string_view text);

// For people: "MCKINLEY" -> "McKinley", "1ST" -> "1st", "HIAWATHA BLVD E" -> "Hiawatha Blvd E".
std::string title_case(std::string_view folded);

}  // namespace fieldpost::records
