// Words of the 360° view. Pure; any thread.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace fieldpost::device {

// Whether one of the words, which are in lower case, occurs in the text as whole words, in whatever case:
// "sprinkler" in "Fire Sprinklers", not "tank" in "Tankerton".
bool mentions(std::string_view text, std::span<const std::string_view> words);
bool mentions(std::string_view text, std::initializer_list<std::string_view> words);

// Equal but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

// Whether a status says that a permit or a licence never came to be, or is taken back.
bool is_void(std::string_view status);

// "TYPE_IIIB" -> "Type IIIB", "ASPHALT_SHINGLES" -> "Asphalt shingles"; what is not written in capitals
// stays.
std::string plain_words(std::string_view code);

// The parts that are not empty, with the separator between them.
std::string joined(std::initializer_list<std::string_view> parts, std::string_view separator = " · ");

}  // namespace fieldpost::device
