#include "tests/unit/hub_store/scratch.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>

#include "daemon/hub/store/catalog.hpp"

namespace fieldpost::hub::testing {

ScratchFolder::ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fieldpost-hub-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) FAIL("no temporary folder");
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ScratchStore::ScratchStore() {
    auto opened = Store::open(folder.path());
    REQUIRE(opened);
    store = std::move(*opened);
    Catalog catalog(*store);
    REQUIRE(catalog.put_source({"lpi", "Permits", "Inspections", "Permits", 86400}));
    REQUIRE(catalog.put_source({"assessing", "Parcels", "Assessor", "Parcels", 0}));
    records = std::make_unique<Records>(*store);
    feeds = std::make_unique<Feeds>(*store);
}

Outcome ScratchStore::put(const RecordInput& input) {
    SQLite::Transaction transaction(store->database());
    auto outcome = records->put(input);
    REQUIRE(outcome);
    transaction.commit();
    return *outcome;
}

records::Permit permit(const std::string& number, const std::string& status) {
    records::Permit out;
    out.set_permit_number(number);
    out.set_status(status);
    out.set_applicant("Ada Applicant");
    return out;
}

Outcome ScratchStore::put_permit(const std::string& number, const std::string& status, RecordId property,
                                 const std::vector<std::string>& areas, std::int64_t as_of) {
    const auto message = permit(number, status);
    RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = number;
    input.areas = areas;
    input.message = &message;
    input.as_of = as_of;
    input.property = property;
    input.link_method = property == 0 ? records::LinkMethod::none : records::LinkMethod::parcel;
    input.link_confidence = property == 0 ? 0 : 100;
    return put(input);
}

std::vector<FeedChange> ScratchStore::changes(const std::string& feed, std::int64_t after) {
    auto range = feeds->range(*records::parse_feed(feed), after, 1000, 1U << 20U);
    REQUIRE(range);
    return range->changes;
}

std::int64_t ScratchStore::head(const std::string& feed) {
    auto head = feeds->head(*records::parse_feed(feed));
    REQUIRE(head);
    return *head;
}

}  // namespace fieldpost::hub::testing
