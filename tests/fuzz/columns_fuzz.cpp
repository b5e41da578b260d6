// What is packed by a dictionary. The first two bytes are the bound (in 16 bytes), the rest is packed data,
// columns, and a message. Whatever they are, what comes out stays within the bound, and memory within some
// times it; what came out goes in again and comes out the same; and what is no message of ours is packed as
// well.
#include "sync/base/compress.hpp"
#include "sync/protocol/dictionary.hpp"
#include "sync/protocol/dictionary_columns.hpp"
#include "sync/protocol/wire.pb.h"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

constexpr std::uint32_t number = protocol::dictionaries[0];

void check(const Result<Bytes>& message, std::size_t limit) {
    if (message) {
        must(message->size() <= limit, "what comes out stays within the bound");
        return;
    }
    must(message.error().code == ErrorCode::corrupt || message.error().code == ErrorCode::full,
         "it is damaged or too large, and says which");
}

void check_round(BytesView message, const google::protobuf::Descriptor& type) {
    if (const auto columns = protocol::to_columns(message, type)) {
        const auto again = protocol::from_columns(*columns, message.size());
        must(again.has_value() && *again == message, "what is split joins to the same bytes");
        if (message.empty()) return;
        const auto refused = protocol::from_columns(*columns, message.size() - 1);
        must(!refused && refused.error().code == ErrorCode::full, "one byte beyond the bound is too many");
    }
    const auto packed = protocol::pack(number, message, type, protocol::Effort::quick);
    must(packed.has_value(), "any bytes can be packed");
    const auto again = protocol::unpack(number, *packed, message.size());
    must(again.has_value() && *again == message, "what is packed comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const CompressionDictionary dictionary(protocol::dictionary_content(number).value(), 1);
    if (size < 2) return 0;
    const std::size_t limit = (data[0] | (static_cast<std::size_t>(data[1]) << 8U)) * 16;
    const BytesView bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const HeapBound bound(32U << 20U);
    const auto joined = protocol::from_columns(bytes, limit);
    check(joined, limit);
    check(protocol::unpack(number, bytes, limit), limit);
    const auto unpacked = protocol::unpack(number, dictionary.compress("\1" + Bytes(bytes)), limit);
    check(unpacked, limit);
    if (joined) must(unpacked.has_value() && *unpacked == *joined, "what is in columns unfolds");
    for (const auto* type :
         {protocol::Batch::descriptor(), protocol::Operation::descriptor(), protocol::Hello::descriptor()}) {
        check_round(bytes, *type);
        if (joined) check_round(*joined, *type);
    }
    return 0;
}
