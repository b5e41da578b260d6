#include "sync/records/checksum.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::records;

namespace {

constexpr std::string_view feed = "city/public/general";

}  // namespace

TEST_CASE("A row's part of the checksum is what the protocol says", "[records][checksum]") {
    CHECK(row_hash(feed, 7, 3) == 14238256149412787299ULL);
}

TEST_CASE("A row that is lost, doubled or swapped for another shows in the sum", "[records][checksum]") {
    const std::uint64_t sum = row_hash(feed, 1, 5) + row_hash(feed, 2, 6);
    CHECK(row_hash(feed, 2, 6) + row_hash(feed, 1, 5) == sum);
    CHECK(row_hash(feed, 1, 5) != sum);
    CHECK(row_hash(feed, 1, 5) + row_hash(feed, 1, 5) + row_hash(feed, 2, 6) != sum);
    CHECK(row_hash(feed, 1, 6) + row_hash(feed, 2, 5) != sum);
    CHECK(row_hash("city/public/fire", 1, 5) + row_hash("city/public/fire", 2, 6) != sum);
}
