#include <catch2/catch.hpp>

#include "sync/base/compress.hpp"
#include "sync/protocol/codec.hpp"

using namespace fieldpost;
using namespace fieldpost::protocol;

namespace {

class KeySigner final : public Signer {
  public:
    KeySigner() : key_(ed25519_from_seed(from_hex(seed).value()).value()) {}
    Result<Bytes> sign(BytesView message) override { return ed25519_sign(key_, message); }
    const Bytes& public_key() const { return key_.public_key; }

  private:
    // RFC 8032, section 7.1, test 1.
    static constexpr const char* seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    Ed25519Key key_;
};

class BrokenSigner final : public Signer {
  public:
    Result<Bytes> sign(BytesView) override {
        return fail(ErrorCode::unavailable, "the keystore does not answer");
    }
};

FeedHead sample_head() {
    FeedHead head;
    head.mutable_head()->set_feed("city/public/general");
    head.mutable_head()->set_hub_generation(0x0102030405060708ULL);
    head.mutable_head()->set_n(300);
    return head;
}

Batch sample_batch() {
    Batch batch;
    batch.set_protocol(version);
    batch.set_device("engine-7");
    batch.set_epoch(77);
    batch.set_lane(WORK);
    batch.set_first_seq(4);
    batch.set_hash_before(chain_start("engine-7", 77, WORK));
    batch.add_entries()->set_operation("an operation, an operation, an operation");
    return batch;
}

}  // namespace

TEST_CASE("What is sealed opens to the same message, packed or not", "[protocol]") {
    KeySigner signer;
    for (const bool zstd : {false, true}) {
        const auto sealed = seal(sample_batch(), signer, Packing{zstd, 0});
        REQUIRE(sealed.has_value());
        CHECK(sealed->zstd() == zstd);
        const auto opened = open_as<Batch>(*sealed, signer.public_key(), "batch");
        REQUIRE(opened.has_value());
        CHECK(opened->SerializeAsString() == sample_batch().SerializeAsString());
    }
}

TEST_CASE("The sealed form is the one that was fixed", "[protocol]") {
    // Payload written by hand, signature by Python's cryptography over the text that wire.proto describes.
    KeySigner signer;
    const auto sealed = seal(sample_head(), signer, plain);
    REQUIRE(sealed.has_value());
    CHECK(to_hex(sealed->payload()) ==
          "0a210a13636974792f7075626c69632f67656e6572616c11080706050403020118ac02");
    CHECK(to_hex(sealed->signature()) ==
          "180b847ac04a043697014e64e3a3cf9e01bc2505364e6bd1c38a719bf6e1db2180a3a8fa813b84b7482d0fa62e9b98ef0d"
          "4efe5152336f"
          "5d571b3a77e6039c06");
}

TEST_CASE("A message with any bit changed is refused, or says the same", "[protocol]") {
    KeySigner signer;
    for (const bool zstd : {false, true}) {
        const Bytes sent = seal(sample_head(), signer, Packing{zstd, 0}).value().SerializeAsString();
        const Bytes content = sample_head().SerializeAsString();
        int refused = 0;
        for (std::size_t bit = 0; bit < sent.size() * 8; ++bit) {
            Bytes changed = sent;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
            const auto received = parse<Signed>(changed, "message");
            const auto opened =
                received ? open(*received, signer.public_key(), FeedHead::descriptor()->full_name())
                         : Result<Bytes>(received.error());
            INFO("bit " << bit << " of " << sent.size() * 8 << (zstd ? ", packed" : ""));
            if (opened) {
                CHECK(*opened == content);
            } else {
                ++refused;
            }
        }
        // What says the same is another way to write "true".
        CHECK(refused >= static_cast<int>(sent.size() * 8) - 8);
    }
}

TEST_CASE("A message cut at any byte is refused", "[protocol]") {
    KeySigner signer;
    const Bytes sent = seal(sample_head(), signer, packed).value().SerializeAsString();
    for (std::size_t size = 0; size < sent.size(); ++size) {
        const auto received = parse<Signed>(BytesView(sent).substr(0, size), "message");
        INFO("cut to " << size);
        CHECK_FALSE((received && open_as<FeedHead>(*received, signer.public_key(), "feed head")));
    }
}

TEST_CASE("A payload that was signed as one thing is not taken as another", "[protocol]") {
    KeySigner signer;
    const auto sealed = seal(sample_head(), signer, plain).value();
    const auto opened = open_as<FeedSegment>(sealed, signer.public_key(), "feed segment");
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == ErrorCode::refused);

    // Nor is a packed payload taken as a plain one, or the other way round.
    for (const bool zstd : {false, true}) {
        Signed turned = seal(sample_head(), signer, Packing{zstd, 0}).value();
        turned.set_zstd(!zstd);
        CHECK(open_as<FeedHead>(turned, signer.public_key(), "feed head").error().code == ErrorCode::refused);
    }
}

TEST_CASE("Another's key does not open it", "[protocol]") {
    KeySigner signer;
    const auto sealed = seal(sample_head(), signer, plain).value();
    CHECK(open_as<FeedHead>(sealed, ed25519_generate().public_key, "feed head").error().code ==
          ErrorCode::refused);
    CHECK(open_as<FeedHead>(sealed, "", "feed head").error().code == ErrorCode::refused);
    CHECK(open_as<FeedHead>(Signed(), signer.public_key(), "feed head").error().code == ErrorCode::refused);
}

TEST_CASE("A signed bomb is refused when it passes the bound", "[protocol]") {
    KeySigner signer;
    Batch bomb;
    bomb.add_entries()->set_operation(Bytes(max_payload_bytes, '\0'));
    const auto sealed = seal(bomb, signer, packed).value();
    REQUIRE(sealed.ByteSizeLong() < max_message_bytes);
    const auto opened = open_as<Batch>(sealed, signer.public_key(), "batch");
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == ErrorCode::full);
    CHECK(unfold(sealed.payload()).error().code == ErrorCode::full);
}

TEST_CASE("A device's batch has a smaller bound than what a hub signs, packed or not", "[protocol]") {
    KeySigner signer;
    Batch batch;
    batch.add_entries()->set_operation(Bytes(max_batch_bytes, '\0'));
    FeedSegment segment;
    segment.add_entries()->mutable_row()->set_body(Bytes(max_batch_bytes, '\0'));
    for (const bool zstd : {false, true}) {
        const auto refused =
            open_as<Batch>(seal(batch, signer, Packing{zstd}).value(), signer.public_key(), "batch");
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == ErrorCode::full);
        CHECK(open_as<FeedSegment>(seal(segment, signer, Packing{zstd}).value(), signer.public_key(),
                                   "segment"));
    }
}

TEST_CASE("A hello lists no more than a device has, packed or not", "[protocol]") {
    KeySigner signer;
    Hello hello;
    for (int i = 0; i < 200'000; ++i) hello.add_lanes();
    for (const Packing packing : {plain, packed, Packing{true, 1}}) {
        const auto sealed = seal(hello, signer, packing).value();
        const auto refused = open_as<Hello>(sealed, signer.public_key(), "hello");
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == ErrorCode::full);
    }
    hello.mutable_lanes()->DeleteSubrange(1000, hello.lanes_size() - 1000);
    CHECK(open_as<Hello>(seal(hello, signer, packed).value(), signer.public_key(), "hello"));
}

TEST_CASE("What is no such message is corrupt", "[protocol]") {
    CHECK(parse<Batch>("\xff\xff\xff", "batch").error().code == ErrorCode::corrupt);
    CHECK(parse<Batch>("\xff\xff\xff", "batch").error().message == "damaged batch");
    CHECK(parse<Batch>(Bytes(max_payload_bytes + 1, '\0'), "batch").error().code == ErrorCode::corrupt);
}

TEST_CASE("Without an answer of the keystore nothing is sealed", "[protocol]") {
    BrokenSigner signer;
    const auto sealed = seal(sample_head(), signer, packed);
    REQUIRE(sealed.has_error());
    CHECK(sealed.error().code == ErrorCode::unavailable);
}
