#include "sync/base/bytes.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace fieldpost;

TEST_CASE("Every byte survives hexadecimal and back", "[base]") {
    Bytes all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
    const std::string hex = to_hex(all);
    CHECK(hex.size() == 512);
    CHECK(hex.substr(0, 6) == "000102");
    CHECK(hex.substr(506) == "fdfeff");
    CHECK(from_hex(hex) == all);
    CHECK(to_hex("") == "");
    CHECK(from_hex("") == Bytes());
}

TEST_CASE("Hexadecimal is read in either case and refused when it is not that", "[base]") {
    CHECK(from_hex("DeadBEEF") == from_hex("deadbeef"));
    for (const char* text : {"a", "abc", "0g", "g0", " 0", "0x", "-1", "a\n", "é"}) {
        INFO(text);
        CHECK_FALSE(from_hex(text).has_value());
    }
}

TEST_CASE("Integers are written big-endian", "[base]") {
    Bytes out = "x";
    append_u64(out, 0x0102030405060708ULL);
    CHECK(to_hex(out) == "780102030405060708");
    CHECK(read_u64(BytesView(out).substr(1)) == 0x0102030405060708ULL);
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63U,
                                      std::numeric_limits<std::uint64_t>::max()}) {
        Bytes bytes;
        append_u64(bytes, value);
        CHECK(bytes.size() == 8);
        CHECK(read_u64(bytes) == value);
    }
}
