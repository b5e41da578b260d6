#include "daemon/hub/sources/replacement.hpp"

// Not std::regex: its matching recurses for each letter of the text, and tries out an ambiguous expression
// for hours. Boost's keeps its states in a bounded heap, and gives up after so many steps.
#define BOOST_REGEX_MAX_STATE_COUNT 500'000
#include <boost/regex.hpp>

namespace fieldpost::hub {

namespace {

constexpr std::size_t max_expression = 500;  // bytes
constexpr int max_groups = 12;               // groups and repetitions

// Why it cannot be used; empty when it can, as far as is seen before it is compiled.
std::string refusal_of(const std::string& expression) {
    if (expression.size() > max_expression)
        return "a regular expression of more than " + std::to_string(max_expression) + " bytes";
    int groups = 0;
    for (std::size_t at = 0; at < expression.size(); ++at) {
        if (expression[at] == '\\') {
            ++at;  // what follows stands for itself
        } else if (std::string_view("(*+{").find(expression[at]) != std::string_view::npos) {
            ++groups;
        }
    }
    if (groups > max_groups) {
        return "'" + expression + "', with more than " + std::to_string(max_groups) +
               " groups and repetitions";
    }
    return {};
}

// Boost takes a backslash for the begin of a special sign, ECMAScript for itself.
std::string escaped(const std::string& to) {
    std::string out;
    for (const char c : to) out.append(c == '\\' ? 2 : 1, c);
    return out;
}

}  // namespace

struct Replacement::Compiled {
    boost::regex from;
    std::string to;
};

Result<Replacement> Replacement::make(const std::string& expression, const std::string& to) {
    if (auto refused = refusal_of(expression); !refused.empty())
        return fail(ErrorCode::invalid_argument, std::move(refused));
    try {
        constexpr auto syntax = boost::regex::ECMAScript | boost::regex::no_mod_m | boost::regex::no_mod_s;
        Replacement out;
        out.compiled_ = std::make_shared<Compiled>(Compiled{boost::regex(expression, syntax), escaped(to)});
        return out;
    } catch (const boost::regex_error&) {
        return fail(ErrorCode::invalid_argument, "'" + expression + "', which is no regular expression");
    }
}

Result<std::string> Replacement::apply(std::string_view text) const {
    if (text.size() > max_text) return std::string(text);
    try {
        return boost::regex_replace(std::string(text), compiled_->from, compiled_->to);
    } catch (const std::runtime_error&) {  // what Boost throws when it gives up
        return fail(ErrorCode::full, "'" + compiled_->from.str() + "' matches a text of " +
                                         std::to_string(text.size()) +
                                         " bytes in too many ways: write it more exactly");
    }
}

}  // namespace fieldpost::hub
