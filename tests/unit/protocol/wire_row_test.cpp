#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <limits>

#include "sync/protocol/codec.hpp"

using namespace fieldpost;
using namespace fieldpost::protocol;

namespace {

const records::LayerKey layer{records::INTERNAL, "fire"};
constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

LayerRow sound() {
    LayerRow row;
    row.set_record(1);
    row.set_kind(records::PERMIT);
    row.set_version(1);
    return row;
}

template <class Change>
bool is_refused(Change&& change) {
    LayerRow row = sound();
    change(row);
    const auto read = from_wire(row, layer);
    return !read && read.error().code == ErrorCode::corrupt;
}

}  // namespace

TEST_CASE("A row of a layer survives the wire", "[protocol]") {
    CHECK(rc::check([] {
        records::LayerRow row;
        row.kind =
            static_cast<records::Kind>(*rc::gen::inRange<int>(records::Kind_MIN + 1, records::Kind_MAX + 1));
        row.record = *rc::gen::inRange<std::int64_t>(1, std::numeric_limits<std::int64_t>::max());
        row.layer = layer;
        row.version = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
        row.source = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
        row.as_of = *rc::gen::arbitrary<std::int64_t>();
        row.property = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
        row.link_method = static_cast<records::LinkMethod>(*rc::gen::inRange(0, 6));
        row.link_confidence = *rc::gen::inRange(0, 101);
        row.body = *rc::gen::arbitrary<std::string>();
        const Bytes sent = to_wire(row).SerializeAsString();
        const auto received = from_wire(parse<LayerRow>(sent, "row").value(), layer);
        RC_ASSERT(received.has_value());
        RC_ASSERT(*received == row);
    }));
}

TEST_CASE("Numbers at the ends of their ranges are taken", "[protocol]") {
    LayerRow row = sound();
    row.set_record(largest);
    row.set_property(largest);
    row.set_version(largest);
    row.set_kind(0xffff);
    row.set_link_confidence(100);
    const auto read = from_wire(row, layer);
    REQUIRE(read.has_value());
    CHECK(read->record == std::numeric_limits<std::int64_t>::max());
    CHECK(read->layer == layer);
}

TEST_CASE("A number out of its range refuses the row", "[protocol]") {
    CHECK(is_refused([](LayerRow& row) { row.set_record(0); }));
    CHECK(is_refused([](LayerRow& row) { row.set_record(largest + 1); }));
    CHECK(is_refused([](LayerRow& row) { row.set_property(largest + 1); }));
    CHECK(is_refused([](LayerRow& row) { row.set_version(std::numeric_limits<std::uint64_t>::max()); }));
    CHECK(is_refused([](LayerRow& row) { row.set_kind(0x10000); }));
    CHECK(is_refused([](LayerRow& row) { row.set_link_confidence(101); }));
}

TEST_CASE("A link method of a newer hub is read as none", "[protocol]") {
    LayerRow row = sound();
    row.set_link_method(static_cast<std::uint32_t>(records::LinkMethod::position));
    CHECK(from_wire(row, layer)->link_method == records::LinkMethod::position);
    row.set_link_method(static_cast<std::uint32_t>(records::LinkMethod::position) + 1);
    CHECK(from_wire(row, layer)->link_method == records::LinkMethod::none);
}
