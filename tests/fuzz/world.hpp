// Whom a fuzzer plays, and what they have: shared by both benches.
#pragma once

#include "sync/records/layer.hpp"
#include "tests/unit/engine/key_signer.hpp"

namespace fieldpost::fuzz {

inline constexpr std::uint64_t hub_generation = 1000;
inline constexpr std::uint64_t journal_epoch = 77;
inline const records::FeedId general{"city", {records::PUBLIC, "general"}};
inline const records::FeedId fire{"city", {records::CONFIDENTIAL, "fire"}};
inline const records::FeedId health{"city", {records::RESTRICTED, "health"}};  // not for trucks

inline engine::testing::KeySigner& hub_key() {
    static engine::testing::KeySigner key("hub");
    return key;
}
inline engine::testing::KeySigner& truck_key() {
    static engine::testing::KeySigner key("truck-1");
    return key;
}
inline engine::testing::KeySigner& thief_key() {
    static engine::testing::KeySigner key("thief");
    return key;
}

}  // namespace fieldpost::fuzz
