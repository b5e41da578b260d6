#include "sync/records/address_tokens.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sync/records/address_words.hpp"

namespace fieldpost::records::reading {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Signs beyond ASCII that mean something in an address, with what stands for them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> signs = {{
    {"\xE2\x80\x90", "-"},
    {"\xE2\x80\x91", "-"},
    {"\xE2\x80\x92", "-"},
    {"\xE2\x80\x93", "-"},
    {"\xE2\x80\x94", "-"},
    {"\xE2\x80\x95", "-"},
    {"\xE2\x88\x92", "-"},
    {"\xC2\xBC", "1/4"},
    {"\xC2\xBD", "1/2"},
    {"\xC2\xBE", "3/4"},
    {"\xC2\xA0", " "},
}};

class Tokenizer {
  public:
    explicit Tokenizer(std::string_view text) : text_(text) {}

    Tokens run() {
        while (at_ < text_.size()) {
            if (take_sign()) continue;
            char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') {
                finish_word();
                ++at_;
                space_ = true;
            } else if (mark_of(c) != 0) {
                finish_word();
                add_mark(mark_of(c));
                ++at_;
            } else if (c == '.' && between_digits()) {
                finish_word();
                add_mark('.');
                ++at_;
            } else {
                if (word_begin_ == none) word_begin_ = at_;
                ++at_;
            }
        }
        finish_word();
        return std::move(tokens_);
    }

  private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    static char mark_of(char c) {
        switch (c) {
            case ',':
            case '&':
            case '#':
            case '-':
            case '/':
            case '@':
            case ';':
            case ':':
            case '(':
            case ')':
                return c;
            case '+':
                return '&';
            case '|':
                return ',';
            case '\\':
                return '/';
            case '[':
                return '(';
            case ']':
                return ')';
            default:
                return 0;
        }
    }

    bool between_digits() const {
        return at_ > 0 && is_digit(text_[at_ - 1]) && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    }

    bool take_sign() {
        if (static_cast<unsigned char>(text_[at_]) < 0x80) return false;
        for (const auto& [sign, meaning] : signs) {
            if (!text_.substr(at_).starts_with(sign)) continue;
            finish_word();
            std::size_t begin = at_;
            at_ += sign.size();
            if (meaning == " ") {
                space_ = true;
            } else if (meaning == "-") {
                add_mark('-', begin);
            } else {
                space_ = true;
                add(Token{std::string(meaning.substr(0, 1)), 0, false, begin, at_});
                add(Token{{}, '/', true, begin, at_});
                add(Token{std::string(meaning.substr(2)), 0, true, begin, at_});
                space_ = true;
            }
            return true;
        }
        return false;
    }

    void add_mark(char mark, std::size_t begin = none) {
        if (begin == none) begin = at_;
        add(Token{{}, mark, !space_ && !tokens_.empty(), begin, std::max(at_, begin + 1)});
    }

    void finish_word() {
        if (word_begin_ == none) return;
        std::size_t begin = std::exchange(word_begin_, none);
        std::string folded = fold(text_.substr(begin, at_ - begin));
        bool first = true;
        for (std::string_view word : split_words(folded)) {
            add(Token{std::string(word), 0, first && !space_ && !tokens_.empty(), begin, at_});
            first = false;
        }
        if (first) space_ = true;  // nothing but signs: as good as a space
    }

    void add(Token token) {
        tokens_.push_back(std::move(token));
        space_ = false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t word_begin_ = none;
    bool space_ = false;
    Tokens tokens_;
};

}  // namespace

Tokens tokenize(std::string_view text) {
    return Tokenizer(text).run();
}

bool all_digits(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), is_digit);
}

bool is_number_word(std::string_view word) {
    return !word.empty() && is_digit(word[0]);
}

}  // namespace fieldpost::records::reading
