#include "daemon/hub/store/catalog.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

const hub::City& sample_city() {
    using records::CONFIDENTIAL;
    using records::INTERNAL;
    using records::PUBLIC;
    using records::RESTRICTED;
    static const hub::City city{
        "testville",
        "Testville",
        {},
        {{"east", "East"}, {"west", "West"}},
        {{"all",
          "All",
          {"east", "west"},
          {{CONFIDENTIAL, "general"}, {INTERNAL, "fire"}, {RESTRICTED, "health"}}},
         {"fire", "Fire", {"east", "west"}, {{INTERNAL, "general"}, {INTERNAL, "fire"}}},
         {"east-public", "East", {"east"}, {{PUBLIC, "general"}}},
         {"west-health", "Health", {"west"}, {{CONFIDENTIAL, "general"}, {RESTRICTED, "health"}}}}};
    return city;
}

const std::array<std::string, 2> sample_sources{"source", "quiet"};

std::vector<records::FeedId> feeds_of_profile(const std::string& name) {
    for (const hub::Profile& profile : sample_city().profiles) {
        if (profile.name != name) continue;
        const auto feeds = hub::feeds_of(profile);
        return {feeds.begin(), feeds.end()};
    }
    return {};
}

std::vector<engine::FieldNumber> edited_fields(records::Kind kind) {
    switch (kind) {
        case records::PERMIT:  // description, status, applicant
            return {2, 7, 18};
        case records::PARTY:  // role, e-mail, needs
            return {3, 5, 8};
        case records::HAZARD:  // product, location
            return {2, 11};
        default:
            return {};
    }
}

Bytes text_value(records::Kind kind, engine::FieldNumber field, const std::string& text) {
    const auto message = records::new_message(kind);
    const auto* descriptor = message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
    message->GetReflection()->SetString(message.get(), descriptor, text);
    return engine::field_value(*message, field);
}

}  // namespace fieldpost::simulation
