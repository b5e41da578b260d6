#include "sync/seal/keyring.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using seal::Keyring;

namespace {

const records::LayerKey health{records::RESTRICTED, "health"};
const records::LayerKey fire{records::CONFIDENTIAL, "fire"};

Bytes secret(char byte) {
    return Bytes(seal::secret_bytes, byte);
}

}  // namespace

TEST_CASE("A ring finds keys by layer and epoch, and seals with the newest") {
    Keyring ring;
    CHECK(ring.empty());
    CHECK(ring.newest(health) == nullptr);
    REQUIRE(ring.add(health, 2, secret('b')));
    REQUIRE(ring.add(health, 1, secret('a')));
    REQUIRE(ring.add(fire, 9, secret('f')));
    CHECK(ring.newest(health)->epoch() == 2);
    CHECK(ring.find(health, 1)->epoch() == 1);
    CHECK(ring.find(health, 9) == nullptr);
    CHECK(ring.layers() == std::set<records::LayerKey>{health, fire});
    ring.drop(health);
    CHECK(ring.newest(health) == nullptr);
    CHECK(ring.newest(fire) != nullptr);
}

TEST_CASE("A ring takes no short key, none for what is not sealed, and none in another's place") {
    Keyring ring;
    CHECK(ring.add(health, 1, "short").error().code == ErrorCode::invalid_argument);
    CHECK(ring.add({records::INTERNAL, "fire"}, 1, secret('a')).error().code == ErrorCode::invalid_argument);
    REQUIRE(ring.add(health, 1, secret('a')));
    CHECK(ring.add(health, 1, secret('a')));
    CHECK(ring.add(health, 1, secret('b')).error().code == ErrorCode::conflict);
}

TEST_CASE("A key goes when the last ring drops it") {
    Keyring ring;
    REQUIRE(ring.add(health, 1, secret('a')));
    const std::weak_ptr<const seal::Key> key = ring.newest(health);
    Keyring copy = ring;
    ring.clear();
    CHECK_FALSE(key.expired());
    copy.drop(health);
    CHECK(key.expired());
}

TEST_CASE("What is derived from a key is not the key, and differs by what it is for") {
    const seal::Key key(health, 1, secret('a'));
    CHECK(key.sealing().bytes() != secret('a'));
    CHECK(key.sealing().bytes() != key.nonces().bytes());
    CHECK(key.mark() != seal::Key(health, 1, secret('b')).mark());
    CHECK(key.sealing().bytes().find(key.mark()) == BytesView::npos);
}
