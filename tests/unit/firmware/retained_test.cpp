#include <catch2/catch.hpp>

#include <cstring>

#include "firmware/logic/retained.hpp"

using namespace fieldpost::firmware;

namespace {

RetainedState state_at(std::uint64_t now_ms) {
    RetainedState state;
    state.now_ms = now_ms;
    state.power.state = PowerState::hold_up;
    return state;
}

}  // namespace

TEST_CASE("memory that was never written holds no state") {
    for (const int fill : {0x00, 0xFF, 0x5A}) {
        alignas(Retained) unsigned char noise[sizeof(Retained)];
        std::memset(noise, fill, sizeof noise);
        CHECK_FALSE(reinterpret_cast<Retained*>(noise)->load().has_value());
    }
}

TEST_CASE("the newest state is found, and the one before it when a reset tore the newest") {
    Retained retained{};
    retained.save(state_at(10), 1);
    retained.save(state_at(20), 2);
    REQUIRE(retained.load());
    CHECK(retained.load()->now_ms == 20);
    CHECK(retained.last_sequence() == 2);

    Retained torn = retained;
    torn.save(state_at(30), 3);
    // Every byte of the copy that is being written, one at a time.
    auto* const bytes = reinterpret_cast<unsigned char*>(&torn);
    const Retained whole = torn;
    for (std::size_t i = sizeof(Retained) / 2; i < sizeof(Retained); ++i) {
        std::memcpy(static_cast<void*>(&torn), &whole, sizeof torn);
        bytes[i] ^= 0x04;
        const auto found = torn.load();
        REQUIRE(found);
        CHECK((found->now_ms == 20 || found->now_ms == 30));
        CHECK(found->power.state == PowerState::hold_up);
    }
}
