#include "daemon/device/view/opened_lately.hpp"

#include <catch2/catch.hpp>

using fieldpost::device::OpenedLately;

TEST_CASE("What was opened last stands first, and each record once") {
    OpenedLately opened;
    for (const fieldpost::records::RecordId record : {7, 8, 9, 7}) opened.note(record);
    CHECK(opened.records() == std::vector<fieldpost::records::RecordId>{7, 9, 8});
}

TEST_CASE("However much is opened, a bounded list is kept") {
    OpenedLately opened;
    for (fieldpost::records::RecordId record = 1; record <= 1000; ++record) opened.note(record);
    REQUIRE(opened.records().size() == OpenedLately::limit);
    CHECK(opened.records().front() == 1000);
    CHECK(opened.records().back() ==
          1000 - static_cast<fieldpost::records::RecordId>(OpenedLately::limit) + 1);
}
