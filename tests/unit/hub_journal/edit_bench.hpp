// A hub with a permit of a source, and crews that edit it.
#pragma once

#include "daemon/hub/journal/conflict_inbox.hpp"
#include "tests/unit/hub_journal/bench.hpp"

namespace fieldpost::hub::testing {

struct EditBench : Bench {
    static constexpr engine::FieldNumber status = records::Permit::kStatusFieldNumber;
    static constexpr engine::FieldNumber description = records::Permit::kDescriptionFieldNumber;
    static constexpr engine::FieldNumber applicant = records::Permit::kApplicantFieldNumber;

    EditBench() { import("open", "a porch"); }

    // As the source has the permit now.
    std::int64_t import(const std::string& its_status, const std::string& its_description,
                        const std::string& its_applicant = {}) {
        records::Permit said;
        said.set_permit_number("B-1");
        said.set_status(its_status);
        said.set_description(its_description);
        said.set_applicant(its_applicant);
        const std::vector<std::string> areas{"east"};
        RecordInput input;
        input.kind = records::PERMIT;
        input.source = "assessor";
        input.key = "B-1";
        input.areas = areas;
        input.message = &said;
        input.property = place;
        input.link_method = records::LinkMethod::parcel;
        input.link_confidence = 90;
        input.as_of = 1'770'000'000;
        return stored().put(input).value().version;
    }
    static Bytes value(engine::FieldNumber field, const std::string& text) {
        records::Permit said;
        if (field == status) said.set_status(text);
        if (field == description) said.set_description(text);
        if (field == applicant) said.set_applicant(text);
        return engine::field_value(said, field);
    }
    protocol::Operation edit(const std::string& id,
                             const std::vector<std::pair<engine::FieldNumber, std::string>>& fields,
                             std::uint64_t seen, const std::string& seen_operation = {}) const {
        auto out = operation(id);
        auto& edited = *out.mutable_record_edited();
        edited.set_record(static_cast<std::uint64_t>(permit));
        edited.set_kind(records::PERMIT);
        for (const auto& [field, text] : fields) {
            auto& one = *edited.add_edits();
            one.set_field(field);
            one.set_value(value(field, text));
            one.set_seen_version(seen);
            one.set_seen_operation(seen_operation);
        }
        return out;
    }
    // Of a device whose profile receives the public and the internal layer.
    engine::OperationResult take(const protocol::Operation& operation, const std::string& device = "truck-1",
                                 bool internal = true) {
        const Bytes body = operation.SerializeAsString();
        std::vector<records::FeedId> feeds{{"east", {records::PUBLIC, "general"}}};
        if (internal) feeds.push_back({"east", {records::INTERNAL, "general"}});
        auto result = operations->apply({device, {}, "fire", feeds, 1}, next_place(body), body);
        INFO((result ? std::string() : result.error().message));
        REQUIRE(result.has_value());
        return *result;
    }
    records::Permit shown() { return message<records::Permit>(permit); }
    std::vector<Conflict> conflicts(std::optional<ConflictState> state = ConflictState::open) {
        return ConflictRows(*store).list(state, 100);
    }

    const records::RecordId permit = records::record_id(records::PERMIT, "assessor", "B-1");
};

}  // namespace fieldpost::hub::testing
