// What a crew changed survives the next export of the source (PROTOCOL 17).
#include <catch2/catch.hpp>

#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

constexpr engine::FieldNumber type = records::Permit::kTypeFieldNumber;

Bytes type_value(const std::string& text) {
    records::Permit permit;
    permit.set_type(text);
    return engine::field_value(permit, type);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// The first permit's record.
RecordId permit_of(Store& store) {
    return store.database().execAndGet("SELECT record FROM record WHERE kind = 3 AND key = 'B-1'").getInt64();
}

std::string type_of(Store& store, RecordId record) {
    auto message = Records(store).message(record).value();
    REQUIRE(message != nullptr);
    return static_cast<const records::Permit&>(*message).type();
}

}  // namespace

TEST_CASE("an import keeps a crew's edit, and tells when the source changes the same field") {
    SmallCity city;
    city.write_data("parcels.csv", parcels_csv);
    city.write_data("permits.csv", permits_csv);
    city.import();
    auto& store = city.store();
    const auto permit = permit_of(store);
    const NewValue edit{type, type_value("Chimney")};
    REQUIRE(Records(store)
                .change_fields(permit, {&edit, 1}, {Author::Role::device, "truck-1", "e-1", 1, {}, 1})
                .has_value());
    CHECK(type_of(store, permit) == "Chimney");

    city.import();
    CHECK(type_of(store, permit) == "Chimney");
    const auto other_applicant = replaced(permits_csv, "Ada", "Ada Byron");
    city.write_data("permits.csv", other_applicant);
    city.import();
    CHECK(type_of(store, permit) == "Chimney");
    CHECK(ConflictRows(store).list(ConflictState::open, 10).empty());

    city.write_data("permits.csv", replaced(other_applicant, "Roof", "Gutter"));
    city.import();
    CHECK(type_of(store, permit) == "Chimney");
    const auto conflicts = ConflictRows(store).list(ConflictState::open, 10);
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].shown.value == type_value("Chimney"));
    CHECK(conflicts[0].other.value == type_value("Gutter"));

    city.write_data("permits.csv", replaced(other_applicant, "Roof", "Chimney"));
    city.import();
    CHECK(ConflictRows(store).list(ConflictState::open, 10).empty());
    city.write_data("permits.csv", replaced(other_applicant, "Roof", "Porch"));
    city.import();
    CHECK(type_of(store, permit) == "Porch");
}

TEST_CASE("an import tells where its mapping puts each field") {
    SmallCity city;
    city.write_data("parcels.csv", parcels_csv);
    city.write_data("permits.csv", permits_csv);
    city.import();
    CHECK(city.store().database().execAndGet("SELECT count(*) FROM dataset WHERE labels IS NULL").getInt() ==
          0);
}
