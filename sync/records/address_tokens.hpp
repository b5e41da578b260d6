// Inside of the address reader: text cut into words and the marks between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::records::reading {

struct Token {
    std::string word;  // folded; empty for a mark
    char mark = 0;     // one of , & # - / @ ; : . ( ) ; 0 for a word. Every kind of dash is '-', '+' is '&'.
    bool glued = false;     // no space between this and the token before
    std::size_t begin = 0;  // in the text that was read
    std::size_t end = 0;

    bool is(std::string_view text) const { return mark == 0 && word == text; }
    bool is_mark(char c) const { return mark == c; }
    bool is_word() const { return mark == 0; }
};

using Tokens = std::vector<Token>;

Tokens tokenize(std::string_view text);

bool all_digits(std::string_view word);
bool is_number_word(std::string_view word);  // begins with a digit

}  // namespace fieldpost::records::reading
