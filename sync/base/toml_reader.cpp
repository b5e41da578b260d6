#include "sync/base/toml_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace fieldpost {

namespace {

// Walks over the text as toml++ does, as far as quotes, comments and brackets go. Where toml++ will stop with
// an error, what it finds behind that place does not matter.
class Walk {
  public:
    explicit Walk(std::string_view text) : text_(text) {}

    // The first thing that toml++ must not be given.
    std::optional<std::string> find_problem() {
        if (text_.size() > max_toml_bytes)
            return "the file is too long: at most " + std::to_string(max_toml_bytes >> 20U) + " MiB";
        while (at_ < text_.size()) {
            if (auto problem = step()) return problem;
        }
        return std::nullopt;
    }
    int line() const { return line_; }
    int column() const { return static_cast<int>(at_ - line_begin_) + 1; }

  private:
    std::optional<std::string> step() {
        const char c = text_[at_];
        switch (c) {
            case '"':
            case '\'':
                skip_string(c);
                return std::nullopt;
            case '#':
                at_ = std::min(text_.find('\n', at_), text_.size());
                return std::nullopt;
            case '[':
            case '{':
                if (++depth_ > max_toml_depth)
                    return "nested too deeply: at most " + std::to_string(max_toml_depth) +
                           " arrays and tables within each other";
                key_parts_ = 1;
                break;
            case ']':
            case '}':
                depth_ = std::max(0, depth_ - 1);
                break;
            case '.':
                if (++key_parts_ > max_toml_key_parts)
                    return "too many dots in one key: at most " + std::to_string(max_toml_key_parts) +
                           " parts";
                break;
            case ',':
            case '=':
            case '\n':
                key_parts_ = 1;
                break;
            default:
                if (static_cast<unsigned char>(c) >= 0x80)
                    return "a character that is not ASCII stands outside of quotes: put the text in "
                           "quotes, and save the file as UTF-8";
        }
        advance();
        return std::nullopt;
    }

    void advance() {
        const bool line_ends = text_[at_] == '\n';
        ++at_;
        if (!line_ends) return;
        ++line_;
        line_begin_ = at_;
    }

    std::size_t quotes_here(char quote) const {
        const auto end = std::min(text_.find_first_not_of(quote, at_), text_.size());
        return end - at_;
    }

    void skip_string(char quote) {
        const bool multi_line = quotes_here(quote) >= 3;
        at_ += multi_line ? 3 : 1;
        while (at_ < text_.size()) {
            if (text_[at_] == quote) {
                const std::size_t run = quotes_here(quote);
                if (!multi_line) {
                    ++at_;
                    return;
                }
                at_ += std::min<std::size_t>(run, 5);  // two of the string's own may stand before its end
                if (run >= 3) return;
                continue;
            }
            if (!multi_line && text_[at_] == '\n') return;  // toml++ ends here
            if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) advance();
            advance();
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_begin_ = 0;
    int line_ = 1;
    int depth_ = 0;
    int key_parts_ = 1;
};

Error refusal(std::string_view name, int line, int column, std::string_view sentence) {
    return fail(ErrorCode::invalid_argument, std::string(name) + ":" + std::to_string(line) + ":" +
                                                 std::to_string(column) + ": " + std::string(sentence));
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, std::string_view name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Walk walk(text);
    if (auto problem = walk.find_problem()) return refusal(name, walk.line(), walk.column(), *problem);
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        return refusal(name, static_cast<int>(at.line), static_cast<int>(at.column), error.description());
    }
}

}  // namespace fieldpost
