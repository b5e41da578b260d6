#include "hal/settings.hpp"

#include <charconv>
#include <sstream>
#include <system_error>

namespace fieldpost::hal {
namespace {

template <class Number>
std::optional<Number> parse(const std::string& text) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stop != end) return std::nullopt;
    return value;
}

template <class Number>
std::string range_sentence(Number lowest, Number highest) {
    std::ostringstream sentence;
    sentence << "must be a number from " << lowest << " to " << highest;
    return sentence.str();
}

}  // namespace

const std::string* Settings::find(const std::string& key) {
    known_.insert(key);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

void Settings::complain(const std::string& key, const std::string& sentence) {
    if (!complaint_) complaint_ = std::string(owner_) + ": setting '" + key + "' " + sentence;
}

std::string Settings::required_text(const std::string& key) {
    const std::string* value = find(key);
    if (value == nullptr || value->empty()) {
        complain(key, "is missing");
        return {};
    }
    return *value;
}

std::string Settings::text(const std::string& key, std::string_view fallback) {
    const std::string* value = find(key);
    return value == nullptr ? std::string(fallback) : *value;
}

double Settings::number(const std::string& key, double fallback, double lowest, double highest) {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    const auto parsed = parse<double>(*value);
    if (parsed && *parsed >= lowest && *parsed <= highest) return *parsed;  // also false for "nan"
    complain(key, range_sentence(lowest, highest));
    return fallback;
}

std::int64_t Settings::integer(const std::string& key, std::int64_t fallback, std::int64_t lowest,
                               std::int64_t highest) {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    const auto parsed = parse<std::int64_t>(*value);
    if (parsed && *parsed >= lowest && *parsed <= highest) return *parsed;
    complain(key, range_sentence(lowest, highest));
    return fallback;
}

bool Settings::flag(const std::string& key, bool fallback) {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    if (*value == "true") return true;
    if (*value == "false") return false;
    complain(key, "must be true or false");
    return fallback;
}

Status Settings::finish() const {
    if (complaint_) return fail(ErrorCode::invalid_argument, *complaint_);
    for (const auto& [key, value] : values_) {
        if (known_.contains(key)) continue;
        std::string sentence = std::string(owner_) + ": setting '" + key + "' is unknown; ";
        if (known_.empty())
            return fail(ErrorCode::invalid_argument, sentence + "this driver has no settings");
        sentence += "known are";
        const char* separator = " ";
        for (const std::string& name : known_) {
            sentence += separator + name;
            separator = ", ";
        }
        return fail(ErrorCode::invalid_argument, sentence);
    }
    return ok();
}

}  // namespace fieldpost::hal
