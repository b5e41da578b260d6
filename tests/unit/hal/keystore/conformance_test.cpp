// What every keystore driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>
#include <set>

#include "hal/keystore/keystore.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

std::vector<KeystoreConfig> cases(const TempFolder& folder) {
    return {
        {"empty", {}},
        {"file", {{"path", (folder / "key").string()}, {"create", "true"}}},
        {"sim", {{"seed", "car-7"}}},
    };
}

}  // namespace

TEST_CASE("every keystore driver is covered by the conformance cases") {
    const TempFolder folder;
    std::set<std::string> covered;
    for (const KeystoreConfig& config : cases(folder)) covered.insert(config.driver);
    for (const std::string& name : keystore_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every keystore signs what its public key verifies, with the same key when it is made again") {
    const TempFolder folder;
    for (const KeystoreConfig& config : cases(folder)) {
        INFO(config.driver);
        const auto keystore = make_keystore(config).value();
        CHECK_FALSE(keystore->status().detail.empty());
        const auto signature = keystore->sign("a batch");
        if (keystore->status().state == PartState::not_fitted) {
            CHECK(keystore->public_key().empty());
            REQUIRE_FALSE(signature.has_value());
            CHECK(signature.error().code == ErrorCode::unavailable);
            continue;
        }
        REQUIRE(signature.has_value());
        CHECK(ed25519_verify(keystore->public_key(), "a batch", *signature));
        CHECK_FALSE(ed25519_verify(keystore->public_key(), "another", *signature));
        CHECK(make_keystore(config).value()->public_key() == keystore->public_key());
    }
}

TEST_CASE("every keystore driver refuses a misspelt setting by name, and an unknown driver is refused") {
    const TempFolder folder;
    for (KeystoreConfig config : cases(folder)) {
        INFO(config.driver);
        config.settings["sede"] = "x";
        const auto made = make_keystore(config);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'sede'") != std::string::npos);
    }
    const auto made = make_keystore({"tpm", {}});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message == "there is no keystore driver 'tpm'; choose one of empty, file, sim");
}
