#include "sync/seal/cell.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace fieldpost;
using namespace fieldpost::seal;

namespace {

const records::LayerKey health{records::RESTRICTED, "health"};
const Key key(health, 7, Bytes(secret_bytes, 'k'));
const Key other_key(health, 7, Bytes(secret_bytes, 'o'));
constexpr auto algorithms = {Algorithm::xchacha20_poly1305, Algorithm::aes_256_gcm};

}  // namespace

TEST_CASE("A cell opens at its place with its key") {
    for (const Algorithm algorithm : algorithms) {
        for (const Bytes& content : {Bytes(), Bytes("oxygen"), Bytes(5000, 'x')}) {
            const Bytes cell = seal_cell(key, algorithm, "here", content);
            CHECK(open_cell(key, "here", cell).value() == content);
            CHECK(epoch_of(cell) == 7U);
            CHECK(cell.size() == content.size() + 30);
            if (!content.empty()) CHECK(cell.find(content) == Bytes::npos);
        }
    }
}

TEST_CASE("A cell opens nowhere else and with no other key") {
    for (const Algorithm algorithm : algorithms) {
        const Bytes cell = seal_cell(key, algorithm, "here", "oxygen");
        CHECK(open_cell(key, "there", cell).error().code == ErrorCode::corrupt);
        CHECK(open_cell(other_key, "here", cell).error().code == ErrorCode::corrupt);
        const Key next_epoch(health, 8, Bytes(secret_bytes, 'k'));
        const Bytes later = seal_cell(next_epoch, algorithm, "here", "oxygen");
        CHECK(later != cell);
    }
}

TEST_CASE("A cell with one bit changed, or without its end, does not open") {
    for (const Algorithm algorithm : algorithms) {
        const Bytes cell = seal_cell(key, algorithm, "here", "oxygen, cannot walk");
        for (std::size_t bit = 0; bit < 8 * cell.size(); ++bit) {
            Bytes changed = cell;
            changed[bit / 8] =
                static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ 1U << (bit % 8));
            CHECK_FALSE(open_cell(key, "here", changed));
        }
        for (std::size_t size = 0; size < cell.size(); ++size)
            CHECK_FALSE(open_cell(key, "here", BytesView(cell).substr(0, size)));
        CHECK_FALSE(open_cell(key, "here", cell + 'x'));
    }
}

TEST_CASE("Equal content seals equally at one place, and no two contents or places share a nonce") {
    for (const Algorithm algorithm : algorithms) {
        std::set<Bytes> nonces;
        for (const char* place : {"1", "2"}) {
            for (const char* content : {"", "a", "b", "ab"}) {
                const Bytes cell = seal_cell(key, algorithm, place, content);
                CHECK(cell == seal_cell(key, algorithm, place, content));
                CHECK(nonces.insert(cell.substr(2, 12)).second);
            }
        }
        // What ends the place is not taken for the content's beginning.
        CHECK(seal_cell(key, algorithm, "ab", "c").substr(2, 12) !=
              seal_cell(key, algorithm, "a", "bc").substr(2, 12));
    }
}

TEST_CASE("Epochs of any size are told, and what is no cell is refused") {
    for (const std::uint32_t epoch : {0U, 127U, 128U, 20'000U, UINT32_MAX}) {
        const Key of_epoch(health, epoch, Bytes(secret_bytes, 'k'));
        const Bytes cell = seal_cell(of_epoch, Algorithm::xchacha20_poly1305, "here", "x");
        CHECK(epoch_of(cell) == epoch);
        CHECK(open_cell(of_epoch, "here", cell).value() == "x");
    }
    CHECK_FALSE(epoch_of(""));
    CHECK_FALSE(epoch_of("\1\xff\xff\xff\xff\xff"));
    CHECK(open_cell(key, "here", Bytes(60, '\3')).error().code == ErrorCode::corrupt);
}

// The algorithms are those of the standards, so that another program can open what this one sealed.
TEST_CASE("Both algorithms give the published answers") {
    // draft-irtf-cfrg-xchacha-03, A.3.1.
    const Bytes content =
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        "sunscreen would "
        "be it.";
    const auto sealed =
        aead(Algorithm::xchacha20_poly1305)
            ->seal(*from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
                   *from_hex("404142434445464748494a4b4c4d4e4f5051525354555657"),
                   *from_hex("50515253c0c1c2c3c4c5c6c7"), content);
    CHECK(to_hex(sealed).starts_with("bd6d179d3e83d43b9576579493c0e939"));
    CHECK(to_hex(sealed).ends_with("c0875924c1c7987947deafd8780acf49"));
    // McGrew and Viega, "The Galois/Counter Mode", test case 14.
    const auto gcm =
        aead(Algorithm::aes_256_gcm)->seal(Bytes(32, '\0'), Bytes(12, '\0'), "", Bytes(16, '\0'));
    CHECK(to_hex(gcm) == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}
