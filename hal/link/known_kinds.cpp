#include "hal/link/known_kinds.hpp"

#include <sstream>

namespace fieldpost::hal {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(std::move(word));
    return words;
}

}  // namespace

Result<KnownKinds> KnownKinds::read(std::string_view owner, Settings& settings) {
    KnownKinds known;
    for (const std::string& word : words_of(settings.text("kinds", ""))) {
        const std::size_t equals = word.find('=');
        const auto kind =
            equals == std::string::npos ? std::nullopt : link_kind(std::string_view(word).substr(equals + 1));
        if (!kind || equals == 0) {
            return fail(ErrorCode::invalid_argument, std::string(owner) + ": setting 'kinds' has '" + word +
                                                         "', which is no name=kind; kinds are unknown, "
                                                         "wifi_depot, wifi, ethernet, lte, satellite");
        }
        known.kinds[word.substr(0, equals)] = *kind;
    }
    for (const std::string& name : words_of(settings.text("metered", ""))) known.metered[name] = true;
    for (const std::string& name : words_of(settings.text("unmetered", ""))) {
        if (!known.metered.emplace(name, false).second) {
            return fail(ErrorCode::invalid_argument,
                        std::string(owner) + ": '" + name + "' is in 'metered' and in 'unmetered'");
        }
    }
    for (std::string& name : words_of(settings.text("ignore", ""))) known.ignored.insert(std::move(name));
    return known;
}

LinkKind KnownKinds::kind(const std::string& name, LinkKind seen) const {
    const auto known = kinds.find(name);
    return known == kinds.end() ? seen : known->second;
}

bool KnownKinds::is_metered(const std::string& name, LinkKind kind, std::optional<bool> told) const {
    const auto known = metered.find(name);
    if (known != metered.end()) return known->second;
    return told.value_or(is_usually_metered(kind));
}

}  // namespace fieldpost::hal
