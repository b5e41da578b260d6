#include "sync/protocol/dictionary.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "sync/base/crypto.hpp"
#include "sync/protocol/dictionary_columns.hpp"
#include "sync/protocol/journal.pb.h"
#include "sync/protocol/wire.pb.h"

using namespace fieldpost;
using namespace fieldpost::protocol;

namespace {

constexpr std::size_t plenty = 1U << 20U;

Operation checklist(int number) {
    Operation out;
    out.set_id(number % 2 == 0 ? "8e08a31f-c2d7-45d1-97ee-b048a7ec9ba8" : random_uuid());
    out.set_visit_id("90aa3512-5350-4758-95b4-8e886214552b");
    out.set_property(0x0123456789abcdefULL);
    out.mutable_time()->set_utc_us(1'780'000'000'000'000 + number * 61'000'017LL);
    out.mutable_time()->set_quality(TIME_GNSS);
    out.mutable_time()->set_boot_id(Bytes(16, 'b'));
    out.mutable_gnss()->mutable_position()->set_lat_e7(421'561'763 - number * 3);
    out.mutable_gnss()->mutable_position()->set_lon_e7(-712'360'833);
    out.mutable_gnss()->set_hdop(0.99F);
    auto& made = *out.mutable_observation_made();
    made.set_kind("condition");
    made.set_note("Note " + std::to_string(number) + ", naïve or not");
    for (int i = 0; i < 20; ++i) {
        auto& value = *made.add_values();
        value.set_name("question_" + std::to_string(i));
        value.set_value((number * 7 + i) % 5 == 0 ? "fail" : "pass");
    }
    return out;
}

Bytes sample_batch(int operations) {
    Batch batch;
    batch.set_protocol(1);
    batch.set_device("car-7");
    batch.set_epoch(77);
    batch.set_lane(WORK);
    batch.set_first_seq(4);
    batch.set_hash_before(sha256("before"));
    for (int i = 0; i < operations; ++i) batch.add_entries()->set_operation(checklist(i).SerializeAsString());
    return batch.SerializeAsString();
}

const google::protobuf::Descriptor& batch_type() {
    return *Batch::descriptor();
}

// A message of random fields, some of them messages; also such as no type of ours has.
Bytes random_message(int depth) {
    const auto varint = [](Bytes& out, std::uint64_t value) {
        for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
        out.push_back(static_cast<char>(value));
    };
    Bytes out;
    for (int left = *rc::gen::inRange(0, 8); left > 0; --left) {
        const auto number = *rc::gen::inRange<std::uint64_t>(1, 20);
        const int wire = *rc::gen::element(0, 1, 2, 2, 2, 5);
        varint(out, number << 3U | static_cast<unsigned>(wire));
        if (wire == 0) varint(out, *rc::gen::arbitrary<std::uint64_t>());
        if (wire == 1) append_u64(out, *rc::gen::inRange<std::uint64_t>(0, 3));
        if (wire == 5) out += Bytes(4, *rc::gen::element('a', 'b'));
        if (wire != 2) continue;
        Bytes content = *rc::gen::element<Bytes>("", "pass", "fail", "6d182aef-3b4e-4262-a338-899f930bab10",
                                                 "6D182AEF-3B4E-4262-A338-899F930BAB10");
        if (depth > 0 && *rc::gen::arbitrary<bool>()) content = random_message(depth - 1);
        varint(out, content.size());
        out += content;
    }
    return out;
}

}  // namespace

TEST_CASE("What was packed unfolds to the same bytes", "[dictionary]") {
    for (const int operations : {0, 1, 2, 10, 200}) {
        for (const Effort effort : {Effort::quick, Effort::small}) {
            INFO(operations);
            const Bytes batch = sample_batch(operations);
            const auto packed = pack(1, batch, batch_type(), effort);
            REQUIRE(packed.has_value());
            CHECK(unpack(1, *packed, batch.size()).value() == batch);
        }
    }
}

TEST_CASE("What is no message of ours is packed as it is", "[dictionary]") {
    for (const Bytes& bytes : {Bytes(), Bytes("no message"), Bytes(1000, '\xff'), random_bytes(5000),
                               Bytes("\x08\x80\x00", 3) /* a number longer than it need be */}) {
        const auto packed = pack(1, bytes, batch_type(), Effort::quick);
        REQUIRE(packed.has_value());
        CHECK(unpack(1, *packed, bytes.size()).value() == bytes);
    }
}

TEST_CASE("A number that is not there is unavailable, and nothing is packed with it", "[dictionary]") {
    for (const std::uint32_t number : {0U, 2U, 4'000'000'000U}) {
        CHECK_FALSE(pack(number, sample_batch(1), batch_type(), Effort::quick));
        CHECK_FALSE(dictionary_content(number));
        CHECK(unpack(number, "anything", plenty).error().code == ErrorCode::unavailable);
    }
    for (const std::uint32_t number : dictionaries) CHECK(dictionary_content(number));
}

TEST_CASE("A dictionary that was shipped stays as it is", "[dictionary]") {
    // Never change one of these: boxes in the field have it. A better one gets the next number.
    CHECK(to_hex(sha256(dictionary_content(1).value())) ==
          "229cf1ac5c4c8eeb5e3ef2c31a64ba9440a4443808613278fd0e2b77c6a7e385");
    CHECK(dictionary_content(1)->size() <= 64U << 10U);
}

TEST_CASE("A packed message cut at any byte is refused", "[dictionary]") {
    const Bytes packed = pack(1, sample_batch(3), batch_type(), Effort::quick).value();
    for (std::size_t size = 0; size < packed.size(); ++size) {
        INFO("cut to " << size);
        CHECK(unpack(1, BytesView(packed).substr(0, size), plenty).has_error());
    }
}

TEST_CASE("A message at the limit unfolds, and one byte more is refused as full", "[dictionary]") {
    for (const Bytes& message : {sample_batch(20), Bytes("no message") + Bytes(5000, 'x')}) {
        const Bytes packed = pack(1, message, batch_type(), Effort::quick).value();
        CHECK(unpack(1, packed, message.size()).has_value());
        const auto refused = unpack(1, packed, message.size() - 1);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == ErrorCode::full);
    }
}

TEST_CASE("A small bomb is refused when it passes the limit", "[dictionary]") {
    // One long text, and then "again" without end: a byte each.
    Bytes list("\x13\x00", 1);
    list += Bytes(500'000, '\x17');
    list.push_back('\0');
    Bytes text("\xff\x7f", 2);
    text += Bytes(16383, 'x');
    Bytes columns("\x02\xa2\xc2\x1e\x81\x80\x01", 7);
    const auto again = from_columns(columns + list + text, plenty);
    REQUIRE(again.has_error());
    CHECK(again.error().message == "a message in columns unfolds to more than 1048576 bytes");
    CHECK(again.error().code == ErrorCode::full);

    const Bytes zeros = pack(1, Bytes(64U << 20U, '\0'), batch_type(), Effort::quick).value();
    REQUIRE(zeros.size() < 64U << 10U);
    CHECK(unpack(1, zeros, plenty).error().code == ErrorCode::full);
}

TEST_CASE("A long name before many short values is looked up once", "[dictionary]") {
    // One answer: a name of 400 000 bytes, and as many empty values. Looked up for each, it would take
    // minutes.
    constexpr std::size_t many = 300'000;
    const auto varint = [](std::size_t value) {
        Bytes out;
        for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
        return out + static_cast<char>(value);
    };
    const Bytes name = varint(400'000) + Bytes(400'000, 'n');
    const Bytes list = "\x13" + Bytes(many, '\x20') + Bytes(1, '\0');
    const std::vector<Bytes> contents{Bytes("\x15\0", 2), list, name, Bytes(), Bytes(many, '\0')};
    Bytes columns = varint(contents.size());
    for (const Bytes& content : contents) columns += varint(content.size());
    for (const Bytes& content : contents) columns += content;
    const auto message = from_columns(columns, 2 * plenty);
    REQUIRE(message.has_value());
    CHECK(message->size() > 400'000 + 2 * many);
}

TEST_CASE("Columns that are damaged are corrupt and harm nothing", "[dictionary]") {
    const Bytes columns = to_columns(sample_batch(2), batch_type()).value();
    REQUIRE(from_columns(columns, plenty).has_value());
    for (std::size_t size = 0; size < columns.size(); ++size) {
        CHECK(from_columns(BytesView(columns).substr(0, size), plenty).error().code == ErrorCode::corrupt);
    }
    CHECK(from_columns(columns + "x", plenty).error().code == ErrorCode::corrupt);
    for (std::size_t bit = 0; bit < columns.size() * 8; ++bit) {
        Bytes changed = columns;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        const auto message = from_columns(changed, plenty);
        if (message) CHECK(message->size() <= plenty);
    }
    // A message within itself: deeper than any of ours.
    CHECK(from_columns(Bytes("\x01\x02\x14\x14", 4), plenty).error().code == ErrorCode::corrupt);
}

TEST_CASE("Whatever is split into columns joins to the same bytes", "[dictionary]") {
    CHECK(rc::check([] {
        const Bytes message = random_message(4);
        for (const auto* type : {Batch::descriptor(), Operation::descriptor(), FeedSegment::descriptor(),
                                 ObservationMade::descriptor(), records::Attribute::descriptor()}) {
            const auto columns = to_columns(message, *type);
            if (columns) RC_ASSERT(from_columns(*columns, message.size()).value() == message);
            const auto packed = pack(1, message, *type, Effort::quick);
            RC_ASSERT(packed && unpack(1, *packed, message.size()).value() == message);
        }
    }));
}

TEST_CASE("Random bytes as columns are read within bounds", "[dictionary]") {
    CHECK(rc::check([](const std::vector<std::uint8_t>& bytes) {
        const Bytes columns(bytes.begin(), bytes.end());
        const auto message = from_columns(columns, 1000);
        if (message) RC_ASSERT(message->size() <= 1000);
        static_cast<void>(unpack(1, columns, 1000).has_value());
    }));
}
