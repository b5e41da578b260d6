#include "hal/gnss/nmea_framer.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost::hal;
using fieldpost::hal::testing::sentence;

namespace {

struct Framed {
    std::vector<std::string> bodies;
    NmeaFramer::Counts counts;
};

Framed frame(std::string_view bytes) {
    Framed framed;
    NmeaFramer framer;
    framer.feed(bytes, [&](std::string_view body) { framed.bodies.emplace_back(body); });
    framed.counts = framer.counts();
    return framed;
}

const std::string zda = "GPZDA,081411.000,26,05,2014,,";
const std::string gll = "GPGLL,4916.45,N,12311.12,W,225444,A,A";

}  // namespace

TEST_CASE("a sentence is handed on without its frame") {
    CHECK(frame(sentence(zda)).bodies == std::vector{zda});
}

TEST_CASE("a checksum may be written in lower case") {
    CHECK(frame("$" + zda + "*5d\r\n").bodies == std::vector{zda});
}

TEST_CASE("a sentence with a wrong checksum is refused and counted") {
    const Framed framed = frame("$" + zda + "*5E\r\n" + sentence(gll));
    CHECK(framed.bodies == std::vector{gll});
    CHECK(framed.counts.bad_checksum == 1);
    CHECK(framed.counts.sentences == 1);
}

TEST_CASE("every single flipped bit inside a sentence is noticed") {
    const std::string good = sentence(zda);
    for (std::size_t byte = 1; byte + 2 < good.size(); ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string bad = good;
            bad[byte] = static_cast<char>(bad[byte] ^ (1 << bit));
            INFO("byte " << byte << " bit " << bit);
            // The case bit of a checksum digit does not change its value.
            const bool same_meaning = bad[byte] == 'd' && byte == good.size() - 3;
            CHECK(frame(bad).bodies.empty() != same_meaning);
        }
    }
}

TEST_CASE("a sentence that is cut off does not cost the next one") {
    CHECK(frame("$GPZDA,0814" + sentence(gll)).bodies == std::vector{gll});
    CHECK(frame("$GPZDA,081411.000,26*" + sentence(gll)).bodies == std::vector{gll});
    CHECK(frame("$GPZDA,081411.000,26*5" + sentence(gll)).bodies == std::vector{gll});
}

TEST_CASE("two sentences without a line end between them are both read") {
    CHECK(frame("$" + zda + "*5D" + sentence(gll)).bodies == std::vector{zda, gll});
}

TEST_CASE("NUL padding, TAG blocks and encapsulated sentences around a sentence are skipped") {
    CHECK(frame(std::string(7, '\0') + sentence(zda) + std::string(3, '\0')).bodies == std::vector{zda});
    CHECK(frame("\\s:GPS1,c:1577836800*1A\\" + sentence(zda)).bodies == std::vector{zda});
    CHECK(frame("!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n" + sentence(zda)).bodies ==
          std::vector{zda});
}

TEST_CASE("a sentence without end is given up at the bound") {
    const Framed framed = frame("$" + std::string(100'000, 'A') + "\r\n" + sentence(zda));
    CHECK(framed.bodies == std::vector{zda});
    CHECK(framed.counts.damaged == 1);
}

TEST_CASE("a sentence is read the same wherever its bytes are split") {
    const std::string stream =
        "noise$" + sentence(zda) + "\xb5\x62\x01" + sentence(gll) + "$GPGGA,1" + sentence(zda);
    const std::vector<std::string> expected = frame(stream).bodies;
    REQUIRE(expected == std::vector{zda, gll, zda});
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); ++second) {
            std::vector<std::string> bodies;
            NmeaFramer framer;
            const auto collect = [&](std::string_view body) { bodies.emplace_back(body); };
            framer.feed(std::string_view(stream).substr(0, first), collect);
            framer.feed(std::string_view(stream).substr(first, second - first), collect);
            framer.feed(std::string_view(stream).substr(second), collect);
            REQUIRE(bodies == expected);
        }
    }
}

TEST_CASE("whatever noise stands between sentences, each sentence is found") {
    CHECK(rc::check([](const std::string& before, const std::string& between, const std::string& after) {
        const std::vector<std::string> bodies =
            frame(before + sentence(zda) + between + sentence(gll) + after).bodies;
        RC_ASSERT(std::count(bodies.begin(), bodies.end(), zda) >= 1);
        RC_ASSERT(std::count(bodies.begin(), bodies.end(), gll) >= 1);
    }));
}

TEST_CASE("a missing checksum is damage on a line that has checksums") {
    std::string stream = sentence(gll);
    for (int i = 0; i < 20; ++i) stream += "$" + zda + "\r\n";
    CHECK(frame(stream).bodies == std::vector{gll});
}

TEST_CASE("an old receiver that never sends checksums is believed after a while") {
    std::string stream;
    for (int i = 0; i < NmeaFramer::trust_after; ++i) stream += "$" + zda + "\r\n";
    CHECK(frame(stream).bodies.empty());
    stream += "$" + gll + "\r\n$" + zda + "\r\n";
    CHECK(frame(stream).bodies == std::vector{gll, zda});
}

TEST_CASE("a reopened port starts without the half sentence of the old one") {
    std::vector<std::string> bodies;
    NmeaFramer framer;
    const auto collect = [&](std::string_view body) { bodies.emplace_back(body); };
    framer.feed("$GPZDA,0814", collect);
    framer.reset();
    framer.feed("11.000,26,05,2014,,*5D\r\n" + sentence(gll), collect);
    CHECK(bodies == std::vector{gll});
}

TEST_CASE("a checksum without its leading zero is understood at the end of a line, and only if it is right") {
    const std::string body = "GPGLL,4916.45,N,12311.12,W,225444,A,A";
    std::string padded;  // a body whose checksum begins with zero
    for (char tail = 'a'; tail <= 'z' && padded.empty(); ++tail) {
        const std::string tried = body + "," + tail;
        const std::string framed = sentence(tried);
        if (framed[framed.size() - 4] == '0') padded = tried;
    }
    REQUIRE_FALSE(padded.empty());
    const std::string full = sentence(padded);
    const char digit = full[full.size() - 3];
    CHECK(frame("$" + padded + "*" + digit + "\r\n").bodies == std::vector{padded});
    CHECK(frame("$" + zda + "*5\r\n").bodies.empty());
    CHECK(frame("$" + padded + "*" + digit + " \r\n").bodies.empty());
}

TEST_CASE("blanks and remarks behind the checksum do not matter") {
    const std::string line = sentence(zda).substr(0, zda.size() + 4);
    for (const std::string tail : {"  \r\n", "\n", "\r", ",1710504000\r\n", "\t; remark\n"}) {
        CHECK(frame(line + tail + sentence(gll)).bodies == std::vector{zda, gll});
    }
}
