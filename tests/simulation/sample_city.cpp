#include <algorithm>

#include "daemon/hub/store/catalog.hpp"
#include "sync/engine/field_records.hpp"
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

const std::string sample_source = "source";

const std::vector<SampleDataset> sample_datasets{
    {sample_source, "permits", records::PERMIT, {"all", "fire", "east-public", "west-health"}},
    {sample_source, "plans", records::PREPLAN, {"all", "fire", "west-health"}},
    {"quiet", "plans", records::PREPLAN, {"all", "fire", "west-health"}, false},
    {"closed", "cases", records::PERMIT, {}}};

engine::Delivery described(const std::string& source) {
    return {0, "Title of " + source, "City", 3600};
}

engine::Deliveries told_to(const std::string& profile, const DatasetTimes& delivered) {
    // The crews deliver nothing, and are nobody's secret.
    engine::Deliveries out{{std::string(engine::field_source), {0, "Field crews", "Fleet", 0}}};
    for (const SampleDataset& dataset : sample_datasets) {
        if (dataset.cleared_by.contains(profile)) out.emplace(dataset.source, described(dataset.source));
    }
    for (auto& [source, told] : out) {
        std::vector<std::int64_t> full;
        std::vector<std::int64_t> empty;
        for (const auto& [number, at] : delivered) {
            const SampleDataset& dataset = sample_datasets[number];
            if (dataset.source != source || !dataset.cleared_by.contains(profile)) continue;
            (dataset.holds_records ? full : empty).push_back(at);
        }
        if (!full.empty()) {
            told.at = *std::ranges::min_element(full);
        } else if (!empty.empty()) {
            told.at = *std::ranges::max_element(empty);
        }
    }
    return out;
}

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
