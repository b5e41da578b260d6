// A hub's store of a small city with two areas, and what devices send to it.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/hub/journal/operations.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "tests/unit/support/temporary_folder.hpp"

namespace fieldpost::hub::testing {

struct Bench {
    Bench() {
        store = Store::open(folder.path).value();
        Catalog catalog(*store);
        City city{"testville", "Testville", {}, {{"east", "East"}, {"west", "West"}}, {}};
        city.profiles.push_back({"fire", "Fire", {"east", "west"}, {{records::INTERNAL, "general"}}});
        city.profiles.push_back({"east-only", "East", {"east"}, {{records::PUBLIC, "general"}}});
        REQUIRE(catalog.put_city(city).has_value());
        REQUIRE(catalog.put_source({"assessor", "Assessor", "City", "", 0}).has_value());
        operations = std::make_unique<Operations>(*store);
        REQUIRE(operations->prepare().has_value());
        place = put_property("012.-05-08.0", "east");
    }
    records::RecordId put_property(const std::string& key, const std::string& area) {
        records::Property property;
        property.set_parcel_id(key);
        const std::vector<std::string> areas{area};
        RecordInput input;
        input.kind = records::PROPERTY;
        input.source = "assessor";
        input.key = key;
        input.areas = areas;
        input.message = &property;
        return stored().put(input).value().record;
    }
    Records& stored() {
        if (!records_) records_ = std::make_unique<Records>(*store);
        return *records_;
    }
    // The operation at the next place of the lane.
    engine::OperationResult apply(const protocol::Operation& operation,
                                  const std::string& device = "truck-1") {
        return apply_bytes(operation.SerializeAsString(), device);
    }
    engine::OperationResult apply_bytes(const Bytes& body, const std::string& device = "truck-1") {
        auto result = try_apply(next_place(body), body, device);
        INFO((result ? std::string() : result.error().message));
        REQUIRE(result.has_value());
        return *result;
    }
    engine::OperationPlace next_place(const Bytes& body) {
        hash = protocol::chain_next(hash, body);
        return {77, protocol::WORK, ++seq, hash, std::nullopt};
    }
    Result<engine::OperationResult> try_apply(const engine::OperationPlace& place_of, const Bytes& body,
                                              const std::string& device = "truck-1") {
        return operations->apply({device, {}, "fire", {}, 1}, place_of, body);
    }
    std::vector<engine::OperationResult> results(std::uint64_t epoch, std::uint64_t first,
                                                 std::uint64_t last) {
        return operations->results("truck-1", epoch, protocol::WORK, first, last).value();
    }
    // The areas in which the record stands.
    std::set<std::string> areas(records::RecordId record) {
        std::set<std::string> out;
        for (const auto& [feed, row] : Feeds(*store).rows_of(record).value()) out.insert(feed.area);
        return out;
    }
    template <class M>
    M message(records::RecordId record) {
        auto found = stored().message(record).value();
        REQUIRE(found != nullptr);
        return dynamic_cast<const M&>(*found);
    }
    std::int64_t count(const std::string& table) {
        return store->database().execAndGet("SELECT count(*) FROM " + table).getInt64();
    }

    protocol::Operation operation(const std::string& id, const std::string& visit = {}) const {
        protocol::Operation out;
        out.set_id(id);
        out.set_visit_id(visit);
        out.set_property(static_cast<std::uint64_t>(place));
        out.mutable_time()->set_utc_us(1'772'366'400'000'000);
        out.mutable_time()->set_quality(protocol::TIME_GNSS);
        return out;
    }
    protocol::Operation observation(const std::string& id, const std::string& note = "a note") const {
        auto out = operation(id);
        out.mutable_observation_made()->set_kind("hazard");
        out.mutable_observation_made()->set_note(note);
        return out;
    }
    protocol::Operation visit_started(const std::string& visit,
                                      const std::string& purpose = "inspection") const {
        auto out = operation(visit, visit);
        out.mutable_visit_started()->set_purpose(purpose);
        return out;
    }
    protocol::Operation visit_finished(const std::string& visit, const std::string& result = "passed") const {
        auto out = operation("end of " + visit, visit);
        out.mutable_time()->set_utc_us(1'772'370'000'000'000);
        out.mutable_visit_finished()->set_result(result);
        return out;
    }

    support::TemporaryFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<Operations> operations;
    records::RecordId place = 0;
    Bytes hash = protocol::chain_start("truck-1", 77, protocol::WORK);
    std::uint64_t seq = 0;

  private:
    std::unique_ptr<Records> records_;
};

inline records::RecordId observation_id(const std::string& id) {
    return records::record_id(records::OBSERVATION, field_source, id);
}
inline records::RecordId visit_id(const std::string& id) {
    return records::record_id(records::VISIT, field_source, id);
}

}  // namespace fieldpost::hub::testing
