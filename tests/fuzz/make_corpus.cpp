// make_corpus FOLDER PROJECT: writes FOLDER/TARGET/NAME, inputs from which each fuzzer starts: well-formed
// messages and texts, so that it need not find by chance what one looks like. Made anew at every build, since
// they follow the messages.
#include <google/protobuf/message.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

#include "hal/supervisor/supervisor.pb.h"
#include "sync/base/compress.hpp"
#include "sync/protocol/codec.hpp"
#include "sync/protocol/dictionary_columns.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/posting_block.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using fuzz::Steps;

namespace {

constexpr std::uint64_t generation = 1000;
constexpr std::uint64_t epoch = 77;

class Corpus {
  public:
    explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {}

    void add(const std::string& target, BytesView input) {
        const auto folder = folder_ / (target + "_fuzz");
        std::filesystem::create_directories(folder);
        std::ofstream file(folder / ("seed-" + std::to_string(++count_)), std::ios::binary);
        file << input;
        if (!file.flush()) throw std::runtime_error("cannot write into " + folder.string());
    }

  private:
    std::filesystem::path folder_;
    int count_ = 0;
};

Bytes step(unsigned choice, const google::protobuf::Message& message) {
    return Steps::encode(choice, message.SerializeAsString());
}
Bytes step(unsigned choice, BytesView bytes = "") {
    return Steps::encode(choice, bytes);
}

// Every field of the message with some value, lists with two.
void fill(google::protobuf::Message& message, int depth = 0) {
    using google::protobuf::FieldDescriptor;
    const auto& type = *message.GetDescriptor();
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        for (int times = field.is_repeated() ? 2 : 1; times > 0; --times) {
            switch (field.cpp_type()) {
                case FieldDescriptor::CPPTYPE_STRING:
                    field.is_repeated() ? reflection.AddString(&message, &field, "12 Elm St")
                                        : reflection.SetString(&message, &field, field.name());
                    break;
                case FieldDescriptor::CPPTYPE_MESSAGE:
                    if (depth > 3) break;
                    fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                             : *reflection.MutableMessage(&message, &field),
                         depth + 1);
                    break;
                case FieldDescriptor::CPPTYPE_UINT32:
                    if (!field.is_repeated()) reflection.SetUInt32(&message, &field, 12);
                    break;
                case FieldDescriptor::CPPTYPE_INT32:
                    if (!field.is_repeated()) reflection.SetInt32(&message, &field, 423'000'000);
                    break;
                case FieldDescriptor::CPPTYPE_INT64:
                    if (!field.is_repeated()) reflection.SetInt64(&message, &field, 1'700'000'000);
                    break;
                default:
                    break;
            }
        }
    }
}

protocol::FeedSegment segment(const char* feed, std::uint64_t after, std::uint64_t through) {
    protocol::FeedSegment out;
    out.set_feed(feed);
    out.set_hub_generation(generation);
    out.set_after(after);
    out.set_through(through);
    out.set_head(through);
    for (std::uint64_t n = after + 1; n <= through; ++n) {
        auto& entry = *out.add_entries();
        entry.set_n(n);
        entry.set_remove(n % 3 == 0);
        auto& row = *entry.mutable_row();
        row.set_record(n * 1000);
        row.set_kind(records::PERMIT);
        row.set_version(n);
        row.set_source("lpi");
        row.set_property(7);
        row.set_link_method(3);
        row.set_link_confidence(90);
        row.set_body("\n\3abc");
    }
    return out;
}

protocol::FeedHead head(const char* feed, std::uint64_t n) {
    protocol::FeedHead out;
    out.mutable_head()->set_feed(feed);
    out.mutable_head()->set_hub_generation(generation);
    out.mutable_head()->set_n(n);
    return out;
}

// The choices are those of the target's own switch.
void feeds(Corpus& corpus) {
    constexpr unsigned live = 0, answer = 1, hint = 2, forged = 3, zstd = 16, dictionary = 32,
                       claims_zstd = 48, claims_dictionary = 64;
    constexpr unsigned failed = 11, committed = 9, later = 12, much_later = 14, again = 13;
    const auto next = segment("city/public/general", 10, 13);
    const auto other = segment("city/confidential/fire", 10, 12);
    corpus.add("segment", step(live, next) + step(committed));
    corpus.add("segment", step(answer | zstd, next) + step(live, segment("city/public/general", 13, 14)) +
                              step(committed) + step(committed));
    corpus.add("segment", step(live, segment("city/public/general", 12, 14)) + step(answer, next) +
                              step(failed) + step(much_later) +
                              step(answer, segment("city/public/general", 5, 14)));
    corpus.add("segment", step(hint, head("city/confidential/fire", 30)) + step(later) + step(answer, other) +
                              step(8) + step(again) + step(forged, next));
    // Out of order, twice the same, before its beginning, beyond its end, and of what is not ours.
    auto wrong = next;
    wrong.mutable_entries()->SwapElements(0, 2);
    corpus.add("segment", step(live, wrong) + step(committed));
    wrong = next;
    wrong.mutable_entries(1)->set_n(11);
    corpus.add("segment", step(live, wrong) + step(committed));
    wrong = next;
    wrong.set_after(11);
    corpus.add("segment", step(live, wrong) + step(committed));
    wrong = next;
    wrong.set_through(12);
    corpus.add("segment", step(live, wrong) + step(committed));
    wrong = next;
    wrong.set_hub_generation(generation - 1);
    corpus.add("segment", step(live, wrong) + step(answer, segment("city/internal/general", 10, 12)));
    corpus.add("segment", step(live | dictionary, next) + step(committed));
    corpus.add("segment", step(live | claims_zstd, compress(next.SerializeAsString())));
    corpus.add("segment", step(live | claims_dictionary, compress(next.SerializeAsString())));
    // Rows that are not the hub's.
    auto differs = head("city/public/general", 13);
    differs.mutable_head()->set_checksum(1);
    corpus.add("segment", step(live, next) + step(committed) + step(hint, differs) + step(committed) +
                              step(later) + step(again));
}

void artifacts(Corpus& corpus) {
    constexpr unsigned offered = 0, manifest = 1, prepare = 2, block = 3, written = 5, finish = 6, tick = 7;
    constexpr unsigned as_it_is = 8, genuine = 8, zstd = 16, dictionary = 32;
    protocol::Manifest said;
    said.set_kind("snapshot");
    said.set_generation(9);
    said.set_hub_generation(generation);
    said.set_bytes(250);
    said.set_block_bytes(100);
    for (int i = 0; i < 3; ++i) said.add_blocks()->set_packed_bytes(40);
    *said.add_cursors() = head("city/public/general", 3).head();
    Bytes whole = step(offered, "\x9") + step(manifest | zstd, said) + step(prepare, Bytes(1, '\0'));
    corpus.add("manifest", whole + step(tick) + step(tick | 24));
    for (std::uint32_t i = 0; i < 3; ++i) {
        protocol::BlockReply reply;
        reply.set_generation(9);
        reply.set_block(i);
        whole += step(block | genuine, reply) + step(written);
    }
    corpus.add("manifest", whole + step(finish));
    corpus.add("manifest",
               whole + step(finish | 8) + step(offered, "\x9") + step(manifest | dictionary, said));
    corpus.add("manifest", step(offered, "\x9") + step(manifest | as_it_is, said));
    protocol::BlockReply other;
    other.set_generation(9);
    other.set_packed(compress("what nobody asked for"));
    corpus.add("manifest", step(offered, "\x9") + step(manifest, said) + step(prepare, Bytes(1, '\0')) +
                               step(block, other));
    protocol::BlockReply gone;
    gone.set_generation(9);
    gone.set_problem("no longer kept");
    corpus.add("manifest", whole + step(block, gone));
}

protocol::Ack ack(protocol::Lane lane, std::uint64_t applied, std::uint64_t first, int count) {
    protocol::Ack out;
    out.set_hub_generation(generation);
    out.mutable_applied()->set_lane(lane);
    out.mutable_applied()->set_epoch(epoch);
    out.mutable_applied()->set_seq(applied);
    out.set_first_seq(first);
    for (int i = 0; i < count; ++i) out.add_versions(static_cast<std::uint64_t>(i) + 1);
    auto& exception = *out.add_exceptions();
    exception.set_seq(first);
    exception.set_outcome(protocol::QUARANTINED);
    exception.set_reason("cannot be read");
    return out;
}

// An answer that says of each lane what the hub holds.
protocol::HelloReply hello_reply() {
    protocol::HelloReply said;
    said.set_protocol(protocol::version);
    said.set_hub_generation(generation);
    for (const auto lane : {protocol::URGENT, protocol::WORK, protocol::TELEMETRY}) {
        auto& position = *said.add_lanes();
        position.set_lane(lane);
        position.set_epoch(epoch);
        position.set_seq(lane == protocol::WORK ? 2 : 0);
    }
    *said.add_heads() = head("city/public/general", 40).head();
    said.mutable_desired()->set_profile("fire");
    said.mutable_desired()->add_feeds("city/public/general");
    said.mutable_desired()->add_feeds("city/confidential/fire");
    said.add_dictionaries(protocol::dictionaries[0]);
    said.set_snapshot_generation(6);
    auto& delivery = *said.add_deliveries();
    delivery.set_source("lpi");
    delivery.set_delivered_at(1'772'366'400);
    delivery.set_title("Permits");
    delivery.set_steward("City clerk");
    delivery.set_refresh_s(86'400);
    said.set_deliveries_mark(7);
    return said;
}

protocol::BlobState blob_state(const Bytes& which, std::uint64_t received) {
    protocol::BlobState state;
    state.set_sha256(which);
    state.set_have(received / 2);
    state.set_received(received);
    return state;
}

void acks(Corpus& corpus) {
    constexpr unsigned reply = 2, blob = 3, record = 4, tick = 6, open_epoch = 7, reconnect = 8, raw = 9,
                       attach = 10, make_room = 11, city_write = 12, turn_disk = 13, rights = 14, plain = 15;
    constexpr unsigned proven = 16, swollen = 32, forged = 64, in_columns = 128;
    const auto said = hello_reply();
    const auto two = ack(protocol::WORK, 2, 1, 2);
    corpus.add("ack", step(proven, two) + step(record, "more") + step(proven, ack(protocol::WORK, 4, 3, 2)));
    corpus.add("ack",
               step(0, two) + step(open_epoch) + step(tick) + step(proven, ack(protocol::WORK, 1, 1, 1)));
    corpus.add("ack", step(proven, ack(protocol::WORK, 3, 3, 1)) + step(tick) + step(reply | proven, said));
    corpus.add("ack",
               step(reconnect) + step(reply | proven | in_columns, said) + step(raw | 48, protocol::present));
    // Results that go beyond what is applied, or before the first.
    corpus.add("ack", step(proven, ack(protocol::WORK, 1, 1, 3)) + step(0, ack(protocol::WORK, 0, 1, 9)) +
                          step(open_epoch));
    corpus.add("ack", step(proven | forged, ack(protocol::WORK, 2, 0, 3)) + step(tick));
    corpus.add("ack", step(proven | swollen, two) + step(turn_disk) + step(tick) + step(turn_disk));
    auto refused = said;
    refused.set_problem("this device is not registered at the hub");
    corpus.add("ack", step(reply | proven, refused));
    // What waits at the hub, then is settled; what is safe there, and trimmed here; what the hub lost again.
    auto parked = ack(protocol::WORK, 3, 1, 3);
    parked.mutable_exceptions(0)->set_outcome(protocol::PARKED);
    parked.mutable_applied()->set_safe(2);
    corpus.add("ack", step(proven, parked) + step(make_room) + step(tick | 16) + step(reply | proven, said) +
                          step(proven, ack(protocol::WORK, 3, 1, 1)) + step(open_epoch) +
                          step(reply | proven, said) + step(reconnect));
    auto restored = said;
    restored.set_hub_generation(generation + 1);
    restored.mutable_lanes(1)->set_seq(1);
    restored.mutable_lanes(1)->set_noted(2);
    corpus.add("ack", step(proven, two) + step(reply | proven, restored) + step(tick) +
                          step(reply | proven, restored) + step(open_epoch) + step(reconnect) + step(plain));
    // A profile that clears less, then other feeds.
    auto less = said;
    less.mutable_desired()->set_feeds(1, "city/internal/general");
    corpus.add("ack", step(reply | proven, less) + step(city_write) + step(reply | proven, said) +
                          step(city_write | 16) + step(rights, "\x3f") + step(rights, Bytes(1, '\0')));
    corpus.add("ack", step(attach, "\x9") + step(blob | proven, blob_state("", 0)) +
                          step(blob | proven, blob_state("", 2000)) +
                          step(blob | proven, blob_state("", 1000)) + step(tick | 16));
    auto whole = blob_state("\1", 721);
    whole.set_complete(true);
    corpus.add("ack", step(attach | 16, "\x9") + step(blob | proven, blob_state("\1", 0)) +
                          step(blob | proven | forged, whole) + step(blob | proven, whole));

    protocol::Down down;
    down.mutable_ack()->set_payload(two.SerializeAsString());
    down.mutable_ack()->set_signature(Bytes(64, 's'));
    corpus.add("down", step(0, down) + step(8 * 10, down));
    corpus.add("down", step(0, down) + step(3, protocol::absent) + step(3, protocol::present));
    down.mutable_segment()->set_payload(segment("city/public/general", 10, 12).SerializeAsString());
    down.mutable_segment()->set_signature(Bytes(64, 's'));
    corpus.add("down", step(0, down) + step(1, down.segment()) + step(2, down.segment()));
    down.mutable_block()->set_packed(compress("block"));
    corpus.add("down", step(0, down));
    down.mutable_resend_plain();
    corpus.add("down", step(0, down) + step(255, Bytes("\x3a\0", 2)));
}

void attachments(Corpus& corpus) {
    constexpr unsigned send = 0, hear = 2, wait = 4, add = 5, lose = 6, resume = 7, option = 8, often = 0xf0;
    auto whole = blob_state("\2", 40'000);
    whole.set_complete(true);
    corpus.add("blob_sender", step(send | often, "\x40") + step(hear, blob_state("\2", 0)) +
                                  step(send | often, "\x40") + step(hear, blob_state("\2", 4032)) +
                                  step(hear, whole) + step(send | option, "\xff"));
    auto refused = blob_state("\1", 0);
    refused.set_problem("the hub's disk is nearly full");
    corpus.add("blob_sender", step(send, "\xff") + step(hear, refused) + step(add, "\x9") + step(lose, "\2") +
                                  step(wait | option) + step(send | often, "\xff") + step(resume | option) +
                                  step(send, "\xff"));

    constexpr unsigned offer = 0, chunk = 2, raw_offer = 5, raw_chunk = 6, restart = 7, second = 8,
                       damaged = 16;
    const auto all_of = [](char number) { return Bytes{number, 0, 0, '\xff', '\x7f'}; };
    corpus.add("blob_store", step(offer, "\1") + step(chunk, all_of(1)) + step(offer | second, "\1"));
    Bytes parts = step(offer, "\2");
    for (const char* at : {"\0", "\x40", "\x20", "\x60"}) parts += step(chunk, Bytes{2, *at, 0, 64, 0});
    for (const char* at : {"\x7f", "\xff"}) parts += step(chunk, Bytes{2, *at, 0, '\xff', 1});
    corpus.add("blob_store", parts);
    corpus.add("blob_store", step(offer, "\3") + step(chunk, Bytes{3, 0, 0, 0, 0x10}) + step(restart) +
                                 step(offer, "\3") + step(chunk, Bytes{3, 0, 0, 0, 0x40}) +
                                 step(chunk, Bytes{3, 0, 0x40, 0, 0x40}));
    Bytes spoilt;
    for (int i = 0; i < 3; ++i) spoilt += step(offer, "\1") + step(chunk | damaged, all_of(1));
    corpus.add("blob_store", spoilt + step(restart | second, "\xff"));
    for (int i = 0; i < 4; ++i) parts += step(offer, Bytes(1, static_cast<char>(i)));
    corpus.add("blob_store", parts);
    protocol::BlobOffer some;
    some.set_sha256(Bytes(32, 'h'));
    some.set_bytes(4);
    protocol::BlobChunk content;
    content.set_sha256(some.sha256());
    content.set_content("abcd");
    corpus.add("blob_store", step(raw_offer, some) + step(raw_chunk, content));
}

void batches(Corpus& corpus) {
    constexpr unsigned joined = 0, as_it_is = 1, overlap = 2, forged = 12, zstd = 16, dictionary = 32,
                       unknown = 80, swollen = 128;
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device("truck-1");
    batch.set_epoch(epoch);
    batch.set_lane(protocol::WORK);
    batch.set_first_seq(1);
    batch.set_hash_before(protocol::chain_start("truck-1", epoch, protocol::WORK));
    batch.add_entries()->set_operation("note 1");
    corpus.add("batch", step(as_it_is, batch) + step(joined | overlap, batch));
    batch.add_entries()->set_operation("bad 2");
    auto& origin = *batch.mutable_entries(1)->mutable_origin();
    origin.set_epoch(70);
    origin.set_seq(5);
    origin.set_hash(Bytes(32, 'h'));
    batch.add_entries()->set_operation("conflict 3");
    corpus.add("batch", step(joined | zstd, batch) + step(joined | zstd, batch) + step(forged, batch));
    corpus.add("batch", step(as_it_is, batch) + step(as_it_is, batch));
    corpus.add("batch", step(joined | dictionary, batch) + step(joined | overlap, batch) +
                            step(joined | overlap | zstd, batch));
    corpus.add("batch", step(joined | unknown, batch) + step(joined, batch));
    protocol::Batch small = batch;
    small.clear_entries();
    small.add_entries();
    corpus.add("batch", step(joined | zstd | swollen, small));
    corpus.add("batch", step(joined | dictionary | swollen, small));
}

void requests(Corpus& corpus) {
    constexpr unsigned signed_hello = 4, forged = 6, stranger = 7, sound = 8, zstd = 16, dictionary = 32,
                       swollen = 128;
    protocol::Hello hello;
    hello.set_version("1.0");
    hello.set_number(3);
    hello.set_hub_generation(generation);
    for (const auto lane : {protocol::URGENT, protocol::WORK}) {
        auto& position = *hello.add_lanes();
        position.set_lane(lane);
        position.set_epoch(epoch);
        position.set_seq(20);
        position.set_first(1);
        position.set_noted(lane == protocol::WORK ? 4 : 0);
    }
    hello.mutable_lanes(1)->add_parked(4);
    *hello.add_feeds() = head("city/public/general", 10).head();
    for (const unsigned who : {signed_hello | sound, signed_hello, forged | sound, stranger})
        corpus.add("up", step(who, hello) + step(who | zstd, hello) + step(who | dictionary, hello));
    corpus.add("up", step(signed_hello | sound | swollen | zstd, hello));
    // What a hub that was restored does not hold, some of which the device does not either.
    hello.mutable_lanes(1)->set_noted(30);
    hello.mutable_lanes(1)->set_seq(30);
    hello.mutable_lanes(1)->set_first(25);
    *hello.add_feeds() = head("city/public/general", 99).head();
    corpus.add("up", step(signed_hello | sound, hello) + step(signed_hello | sound, hello));

    protocol::Up up;
    up.mutable_hello()->set_payload(hello.SerializeAsString());
    corpus.add("up", step(0, up) + step(1, up) + step(2, up));
    auto& request = *up.mutable_feed_request();
    request.set_feed("city/confidential/fire");
    request.set_hub_generation(generation);
    request.set_after(4);
    request.set_max_bytes(4096);
    corpus.add("up", step(0, up));
    request.set_feed("city/restricted/health");
    corpus.add("up", step(0, up));
    up.mutable_manifest_request()->set_kind("snapshot");
    corpus.add("up", step(0, up));
    up.mutable_block_request()->set_generation(1);
    for (unsigned i = 0; i < 100; ++i) up.mutable_block_request()->add_blocks(i % 7);
    corpus.add("up", step(0, up) + step(3, "fieldpost/1/up/3/truck-1"));
    up.mutable_blob_offer()->set_sha256(Bytes(32, 'h'));
    up.mutable_blob_offer()->set_bytes(5000);
    corpus.add("up", step(0, up));
    up.mutable_blob_chunk()->set_sha256(Bytes(32, 'h'));
    up.mutable_blob_chunk()->set_content("abc");
    corpus.add("up", step(0, up));
}

void contents(Corpus& corpus) {
    const Bytes large(100'000, 'z');
    corpus.add("decompress", "\xff\xff" + compress("the quick brown fox jumps over the lazy dog"));
    corpus.add("decompress", "\x02" + Bytes(1, '\0') + compress(large));
    corpus.add("decompress", "\xff\xff" + compress(large, 19));
    corpus.add("cell", "");
    corpus.add("cell", Bytes("\1\1") + Bytes(40, 'n'));  // a cell's form: algorithm, epoch, nonce, tag
    corpus.add("cell", Bytes("\2\x80\x01") + Bytes(60, 'n'));
    corpus.add("cell", large);
    std::vector<snapshot::Posting> entries;
    for (std::int64_t row = 1; row < 300; ++row)
        entries.push_back({"WORD" + std::to_string(1000 + row / 3), row << 20});
    corpus.add("cell", snapshot::pack_postings(entries));
    corpus.add("cell", snapshot::pack_postings(std::span(entries).first(3)));
    for (int number = records::PROPERTY; number <= records::Kind_MAX; ++number) {
        const auto kind = static_cast<records::Kind>(number);
        const auto message = records::new_message(kind);
        if (!message) continue;
        fill(*message);
        corpus.add("record", Bytes(1, static_cast<char>(number)) + message->SerializeAsString());
        for (const auto& [layer, body] : records::split(*message)) {
            corpus.add("record", Bytes(1, static_cast<char>(number)) + body);
        }
    }
}

// Operations of a crew, of every effect.
std::vector<protocol::Operation> operations() {
    std::vector<protocol::Operation> out;
    const auto& effects = *protocol::Operation::descriptor()->oneof_decl(0);
    for (int i = 0; i < effects.field_count(); ++i) {
        protocol::Operation one;
        one.set_id("8e08a31f-c2d7-45d1-97ee-b048a7ec9ba8");
        one.set_visit_id("90aa3512-5350-4758-95b4-8e886214552b");
        one.mutable_time()->set_utc_us(1'780'000'000'000'000 + i);
        one.mutable_time()->set_quality(protocol::TIME_GNSS);
        one.mutable_gnss()->mutable_position()->set_lat_e7(421'561'763);
        fill(*one.GetReflection()->MutableMessage(&one, effects.field(i)));
        out.push_back(std::move(one));
    }
    return out;
}

void columns(Corpus& corpus) {
    const auto add = [&](const google::protobuf::Message& message) {
        const Bytes bytes = message.SerializeAsString();
        const auto split = protocol::to_columns(bytes, *message.GetDescriptor());
        const auto packed = protocol::pack(protocol::dictionaries[0], bytes, *message.GetDescriptor(),
                                           protocol::Effort::quick);
        for (const Bytes& input : {bytes, split.value(), packed.value()}) {
            corpus.add("columns", "\xff\xff" + input);
            corpus.add("columns", "\4" + Bytes(1, '\0') + input);
        }
    };
    protocol::Batch batch;
    for (const auto& operation : operations()) {
        add(operation);
        batch.add_entries()->set_operation(operation.SerializeAsString());
    }
    add(batch);
    add(segment("city/public/general", 10, 14));
    // A long name before short values, and many places.
    Bytes named("\5\2\x08\x06\0\6", 6);
    named += Bytes("\x15\0", 2) + "\x13      " + Bytes(1, '\0') + "\5names" + Bytes(6, '\0');
    corpus.add("columns", "\xff\xff" + named);
    Bytes places;
    for (unsigned i = 1; i < 1000; ++i) {
        places += static_cast<char>((i * 16U & 0x7fU) | 0x80U);
        places += static_cast<char>((i * 16U >> 7U & 0x7fU) | 0x80U);
        places += static_cast<char>(i * 16U >> 14U);
    }
    corpus.add("columns", "\xff\xff" + places);
}

void edits(Corpus& corpus) {
    constexpr unsigned parse = 0, set = 1, merge = 2, own = 3, of_record = 8;
    for (int number = records::PROPERTY; number <= records::Kind_MAX; ++number) {
        const auto record = records::new_message(static_cast<records::Kind>(number));
        if (!record) continue;
        fill(*record);
        const Bytes begin = Bytes(1, static_cast<char>(number)) + step(parse, *record);
        protocol::RecordEdited edited;
        Bytes steps;
        for (int i = 0; i < record->GetDescriptor()->field_count(); ++i) {
            // The field alone, as the value of an edit.
            const auto& field = *record->GetDescriptor()->field(i);
            const std::unique_ptr<google::protobuf::Message> alone(record->New());
            fill(*alone);
            const std::unique_ptr<google::protobuf::Message> rest(alone->New());
            rest->GetReflection()->SwapFields(rest.get(), alone.get(), {&field});
            auto& edit = *edited.add_edits();
            edit.set_field(static_cast<std::uint32_t>(field.number()));
            edit.set_seen_version(static_cast<std::uint64_t>(i % 5));
            edit.set_value(i % 3 == 0 ? Bytes() : rest->SerializeAsString());
            steps += step(set, edit);
        }
        corpus.add("edit", begin + steps);
        corpus.add("edit", begin + step(merge, edited) + step(merge | 12, edited));
        protocol::Operation operation;
        *operation.mutable_record_edited() = edited;
        for (const unsigned state : {0U, 16U, 32U, 48U + 64U})
            corpus.add("edit", begin + step(own | of_record | state, operation));
    }
    Bytes all(1, static_cast<char>(records::OBSERVATION));
    for (const auto& operation : operations()) all += step(own, operation) + step(own | 16, operation);
    corpus.add("edit", all);
}

void texts(Corpus& corpus) {
    for (const char* text : {
             "12 Elm St",
             "1025-57 Hiawatha Blvd E",
             "12 1/2 St Marys Ter Apt 4",
             "12R Main St",
             "47-20 39th Ave #4B",
             "One Broadway, Cambridge, MA 02139",
             "1400 block of Main St",
             "opp 12 Main St",
             "Elm St & Oak St",
             "K212 Route 61 N",
             "City Hall 795 Massachusetts Ave",
             "Avenue of the Arts",
             "14XX Martin Luther King Jr Dr",
             "2-Jan|1/2|N|Main St & Oak|St||Apt|4|Cambridge|02139",
             "hiawatha 10",
             "243-1 main st 3b rear harlow falls",
             "MT AUBURN ST, UNIT 7, EAST BOSTON",
             "Caf\xE9 Ni\xF1o",
             "\xC2\xBD Mile Rd (rear)",
             "Fl 2 Apt 5 21st st",
         }) {
        corpus.add("address", text);
        corpus.add("query", text);
    }
    for (const char* file : {
             "id,name\n1,\"a, \"\"b\"\"\nc\"\r\n2,d\n",
             "\xef\xbb\xbf"
             "a;b;;a\n1;2;3;4\n\n 5 ; 6 ;7\n",
             "a\tb\n1\t\"2\n3\t4\n",
             "a|b\n\xff|1\n|\n",
             "one\n",
             "\"x\ny\",b\r1,2\r",
         }) {
        corpus.add("csv", file);
    }
    for (const char* request : {
             "GET /api/v1/properties/0c4vmj2k9x8ar?limit=5&lat=42.3&q=elm+st%C3%A9 HTTP/1.1\r\nHost: "
             "localhost:80\r\n\r\n",
             "POST /api/v1/properties/x HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: "
             "http://127.0.0.1\r\nSec-Fetch-Site: "
             "same-origin\r\nContent-Length: 11\r\n\r\n{\"a\":[1,2]}GET / HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
             "PUT /api/v1/a%2Fb/%7Bc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
             "chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
             "POST /api/v1/properties/y HTTP/1.1\r\nHost: evil.example\r\nExpect: "
             "100-continue\r\nContent-Length: 1\r\n\r\na",
             "POST /api/v1/attachments?thumbnail=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
             "20\r\n\r\nabcdefghijklmnopqrstPOST /api/v1/attachments HTTP/1.1\r\nHost: "
             "localhost\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nrefuse\r\n4\r\nabcd\r\n0\r\n\r\n",
             "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD http://localhost/api/v1/properties/nearest "
             "HTTP/1.0\r\n\r\n",
         }) {
        corpus.add("http", Bytes(1, '\0') + request);
        corpus.add("http", "\1" + Bytes(request));
    }
    for (
        const char* body : {
            R"({"id": "8e08a31f", "property": "0c4vmj2k9x8ar", "kind": "condition", "note": "x", "version": 3})",
            R"({"values": {"pressure": 62.5, "ok": true, "level": "high", "n": 1e300}, "reason": null})",
            R"({"attachments": [{"sha256": ")"
            R"(229cf1ac5c4c8eeb5e3ef2c31a64ba9440a4443808613278fd0e2b77c6a7e385", "name": "a.jpg"}]})",
            R"({"fields": {"status": "open", "address": "12 Elm St", "position": {"lat": 42.3, "lon": -71.1},
                "more": {"a": "b", "c": 3}, "issued_on": "2026-03-01", "started_at": "2026-03-01T12:00:00Z",
                "values": {"x": 1}, "attachments": [{"sha256": "00"}], "project_cost_usd": 12, "description": null}})",
        }) {
        corpus.add("members", body);
    }
    for (const char* expression : {
             "^(\\d+)-([A-Z][a-z]{2})$\n$2-$1\n12-Jan",
             "^(?!yes$).*$\nno\nmaybe",
             "^.*\\b(OOS|[Oo]ut|GONE)\\b.*$\nout\nit is GONE",
             "(a+)+b\n\\\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "((a?){60}){60}b|[[:alpha:]]\\s*\n$&$&\naaaaaaaaaaaaaaaaaaaaaaaa",
             "\\s+\n \na   b",
         }) {
        corpus.add("replace", expression);
    }
    // Led by its length and by the tenths of a second before it; the top bit of the latter has it dressed as
    // a sentence.
    const auto sentence = [](Bytes body) { return Bytes{static_cast<char>(body.size()), '\x8a'} + body; };
    corpus.add("nmea", sentence("GNRMC,120000.00,A,4222.5000,N,07106.0000,W,10.0,090.0,150324,,,A,V") +
                           sentence("GNGGA,120000.00,4222.5000,N,07106.0000,W,1,09,0.9,12.5,M,-33.0,M,,") +
                           sentence("GNGSA,A,3,01,02,03,04,05,06,07,,,,,,1.5,0.9,1.2,1") +
                           sentence("GNRMC,120001.00,V,,,,,,,150324,,,N,V"));
    corpus.add("disk",
               "22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw,errors=remount-ro\n"
               "32 31 179:4 / /var/lib/field\\040post rw - ext4 /dev/mmcblk0p4 ro\n");
    corpus.add(
        "disk",
        R"({"smart_status":{"passed":true},"nvme_smart_health_information_log":{"percentage_used":7}})");
    corpus.add("disk", "0x01 0x0b\n");
    corpus.add("nmea", sentence("GPGSV,3,1,11,03,03,111,00,04,15,270,00") +
                           sentence("GNZDA,120000.00,15,03,2024,00,00") +
                           sentence("GNGST,120000.00,1.1,2,1,90,1.2,1.3,2") +
                           sentence("GPVTG,90.0,T,,M,10.0,N,18.5,K,A"));
}

// The top bits of a choice move pins and time.
void supervisors(Corpus& corpus) {
    namespace wire = fieldpost::supervisor;
    constexpr unsigned ignition_off = 1, sos = 2, dip = 4, long_pause = 8;
    wire::Request request;
    request.set_id(1);
    request.mutable_feed();
    const Bytes feed = step(0, request);
    request.mutable_done()->set_run(1);
    const Bytes done = step(ignition_off | long_pause, request);
    request.mutable_set_wake()->set_after_s(60);
    const Bytes wake = step(dip, request);
    request.mutable_read_log()->set_from(1);
    corpus.add("supervisor_request", feed + wake + done + step(sos | ignition_off, request));
    request.mutable_begin_update()->set_size(600);
    Bytes update = feed + step(0, request);
    request.mutable_update_block()->set_data(Bytes("FPFW\1\0\0\0\x58\1\0\0", 12) + Bytes(116, 'x'));
    update += step(0, request);
    request.mutable_update_block()->set_offset(128);
    update += step(0, request);
    request.mutable_finish_update();
    corpus.add("supervisor_request", update + step(0, request) + done);
    fill(*request.mutable_write_settings());
    corpus.add("supervisor_request", feed + step(0, request));
    request.mutable_write_settings()->set_hold_up_ms(1000);
    corpus.add("supervisor", request.SerializeAsString());
    corpus.add("supervisor", Bytes("\0\3\1\x11\3\x5a\xa5\0\0\xff", 10));
}

template <class Value>
Bytes bytes_of(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// Lengths of whole fours (netlink(7), rtnetlink(7)).
Bytes attribute(std::uint16_t type, Bytes value) {
    rtattr header{};
    header.rta_len = static_cast<std::uint16_t>(sizeof header + value.size());
    header.rta_type = type;
    value.resize((value.size() + 3) / 4 * 4, '\0');
    return bytes_of(header) + value;
}

Bytes message(std::uint16_t type, const Bytes& body) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
    header.nlmsg_type = type;
    return bytes_of(header) + body;
}

// An interface, its address and its route, as the kernel tells of them.
void networks(Corpus& corpus) {
    constexpr int index = 2;
    ifinfomsg link{};
    link.ifi_index = index;
    link.ifi_flags = IFF_UP | IFF_RUNNING;
    ifaddrmsg address{};
    address.ifa_index = index;
    rtmsg route{};
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_type = RTN_UNICAST;
    const Bytes up = message(RTM_NEWLINK, bytes_of(link) + attribute(IFLA_IFNAME, Bytes("wwan0\0", 6)));
    const Bytes gone = message(RTM_DELLINK, bytes_of(link));
    const Bytes way = message(RTM_NEWROUTE, bytes_of(route) + attribute(RTA_OIF, bytes_of(index)) +
                                                attribute(RTA_PRIORITY, bytes_of(700)));
    corpus.add("netlink",
               up + message(RTM_NEWADDR, bytes_of(address)) + way + message(NLMSG_DONE, Bytes(4, '\0')));
    corpus.add("netlink",
               up + gone + message(RTM_DELADDR, bytes_of(address)) + message(RTM_DELROUTE, bytes_of(route)));
}

Bytes text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

void mappings(Corpus& corpus, const std::filesystem::path& project) {
    for (const auto& entry :
         std::filesystem::directory_iterator(project / "daemon/hub/sources/mappings/sample")) {
        corpus.add("mapping", text_of(entry.path()));
        corpus.add("toml", text_of(entry.path()));
    }
    for (const char* text : {
             "[http]\nport = 8080\nhosts = [\"localhost\", 'x']\n[[sources]]\na.b.c = 1.5\nwait = \"15s\"\n",
             "a = {b = {c = [[1, 2], []]}, d = 1979-05-27T07:32:00Z}\n\"quoted \\u00e9\" = "
             "\"\"\"\nx\n\"\"\"\n",
             "a = 1\na = 2\n",
         }) {
        corpus.add("toml", text);
    }
}

void boards(Corpus& corpus, const std::filesystem::path& project) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(project / "boards")) {
        const auto kind = entry.path().extension();
        if (kind == ".toml" || kind == ".rules") corpus.add("board", text_of(entry.path()));
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "use: make_corpus FOLDER PROJECT\n";
        return 2;
    }
    Corpus corpus(argv[1]);
    feeds(corpus);
    artifacts(corpus);
    acks(corpus);
    attachments(corpus);
    batches(corpus);
    requests(corpus);
    contents(corpus);
    columns(corpus);
    edits(corpus);
    texts(corpus);
    supervisors(corpus);
    networks(corpus);
    mappings(corpus, argv[2]);
    boards(corpus, argv[2]);
}
