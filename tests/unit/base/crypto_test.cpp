#include "sync/base/crypto.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace fieldpost;

namespace {

Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

struct Rfc8032 {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr Rfc8032 vectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a3"
                                "3bacc61e39701cf9b46bd25bf5f0595bbe24"
                                "655141438e7a100b"},
                               {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15"
                                "996e458f3613d0f11d8c387b2eaeb4302aee"
                                "b00d291612bb0c00"},
                               {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16"
                                "f290ae67f760984dc6594a7c15e9716ed28d"
                                "c027beceea1ec40a"}};

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4", "[base]") {
    CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(to_hex(sha256(Bytes(1'000'000, 'a'))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("A hash in pieces is the hash of the whole", "[base]") {
    const Bytes data = random_bytes(1000);
    for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 1000U}) {
        Sha256 hash;
        for (std::size_t at = 0; at < data.size(); at += piece)
            hash.update(BytesView(data).substr(at, piece));
        hash.update("");
        CHECK(hash.finish() == sha256(data));
    }
    Sha256 moved_from;
    moved_from.update("ab");
    Sha256 hash = std::move(moved_from);
    hash.update("c");
    CHECK(hash.finish() == sha256("abc"));
}

TEST_CASE("Ed25519 gives the keys and signatures of RFC 8032", "[base]") {
    for (const Rfc8032& vector : vectors) {
        const auto key = ed25519_from_seed(hex(vector.seed));
        REQUIRE(key.has_value());
        CHECK(to_hex(key->public_key) == vector.public_key);
        CHECK(to_hex(ed25519_sign(*key, hex(vector.message))) == vector.signature);
        CHECK(ed25519_verify(hex(vector.public_key), hex(vector.message), hex(vector.signature)));
    }
}

TEST_CASE("A signature holds for its message, its key and its own bytes only", "[base]") {
    const Ed25519Key key = ed25519_generate();
    const Bytes message = "through 41";
    const Bytes signature = ed25519_sign(key, message);
    REQUIRE(ed25519_verify(key.public_key, message, signature));
    for (std::size_t i = 0; i < signature.size() * 8; ++i) {
        Bytes changed = signature;
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
        CHECK_FALSE(ed25519_verify(key.public_key, message, changed));
    }
    CHECK_FALSE(ed25519_verify(key.public_key, "through 42", signature));
    CHECK_FALSE(ed25519_verify(ed25519_generate().public_key, message, signature));
}

TEST_CASE("Keys and signatures of a wrong size are refused", "[base]") {
    const Ed25519Key key = ed25519_generate();
    const Bytes signature = ed25519_sign(key, "m");
    CHECK_FALSE(ed25519_verify("", "m", signature));
    CHECK_FALSE(ed25519_verify(key.public_key + "x", "m", signature));
    CHECK_FALSE(ed25519_verify(key.public_key, "m", ""));
    CHECK_FALSE(ed25519_verify(key.public_key, "m", signature + "x"));
    CHECK_FALSE(ed25519_verify(key.public_key, "m", BytesView(signature).substr(0, 63)));
    for (const std::size_t size : {0U, 31U, 33U, 64U}) {
        CHECK(ed25519_from_seed(Bytes(size, 'k')).error().code == ErrorCode::invalid_argument);
    }
}

TEST_CASE("Random UUIDs are version 4 and do not repeat", "[base]") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = random_uuid();
        REQUIRE(id.size() == 36);
        for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(id[dash] == '-');
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
        CHECK(seen.insert(id).second);
    }
}
