// The chain is part of the format: these values were computed with Python's hashlib and may never change.
#include <catch2/catch.hpp>
#include <set>

#include "sync/protocol/codec.hpp"

using namespace fieldpost;
using namespace fieldpost::protocol;

TEST_CASE("The chain of a lane starts and goes on as the format says", "[protocol]") {
    Bytes hash = chain_start("engine-7", 0x1122334455667788ULL, WORK);
    CHECK(to_hex(hash) == "475eadfa023bb675722efeff05fcbe8624b4c3477c115620ff66e79f2c5c1d7b");
    hash = chain_next(hash, "first");
    CHECK(to_hex(hash) == "a761c2228412748042209311f94f961fdccf6ab7ce952355b21e27049e0b7257");
    hash = chain_next(hash, "");
    CHECK(to_hex(hash) == "1a19c5957ffadb14bdfaf5bb1d6321c2ff176c1aacbdb2306eb587de48f7477e");
    Bytes all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
    hash = chain_next(hash, all);
    CHECK(to_hex(hash) == "5db6bc5551c5ede0d2c06421ffe03990370c73db3778910342781104f4453e1f");
    CHECK(to_hex(chain_start("engine-7", 0x1122334455667788ULL, URGENT)) ==
          "2cfd719404678992441cb22efe3989dd1a4dd5933bc9bd3d4e385e0a10ef4046");
    CHECK(to_hex(chain_start("a", 0, TELEMETRY)) ==
          "0107e698d437106aee40da43a60048047bcd3f3f5b7f55793887cf26bac2f1fc");
}

TEST_CASE("Every device, epoch and lane has a chain of its own", "[protocol]") {
    std::set<Bytes> starts;
    std::size_t made = 0;
    for (const char* device : {"a", "b", "ab"}) {
        for (const std::uint64_t epoch : {0ULL, 1ULL, 1ULL << 62U}) {
            for (const Lane lane : {URGENT, WORK, TELEMETRY}) {
                starts.insert(chain_start(device, epoch, lane));
                ++made;
            }
        }
    }
    CHECK(starts.size() == made);
}

TEST_CASE("Another operation or another order gives another hash", "[protocol]") {
    const Bytes start = chain_start("a", 1, WORK);
    CHECK(chain_next(start, "x") != chain_next(start, "y"));
    CHECK(chain_next(chain_next(start, "x"), "y") != chain_next(chain_next(start, "y"), "x"));
}
