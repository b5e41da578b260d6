#include "sync/protocol/dictionary.hpp"

#include "sync/base/compress.hpp"
#include "sync/protocol/dictionary_columns.hpp"

namespace fieldpost::protocol {

extern const std::string_view dictionary_1;

namespace {

constexpr int quick_level = 5;
constexpr int small_level = 15;
constexpr char as_rows = '\0';
constexpr char as_columns = '\1';

// Each is made when it is first asked for, and takes about a megabyte. nullptr when there is none of that
// number.
const CompressionDictionary* find_quick(std::uint32_t number) {
    static const CompressionDictionary first(dictionary_1, quick_level);
    return number == 1 ? &first : nullptr;
}

const CompressionDictionary* find_small(std::uint32_t number) {
    static const CompressionDictionary first(dictionary_1, small_level);
    return number == 1 ? &first : nullptr;
}

}  // namespace

std::optional<BytesView> dictionary_content(std::uint32_t number) {
    if (number != 1) return std::nullopt;
    return dictionary_1;
}

std::optional<Bytes> pack(std::uint32_t number, BytesView message, const google::protobuf::Descriptor& type,
                          Effort effort) {
    const auto* dictionary = effort == Effort::quick ? find_quick(number) : find_small(number);
    if (dictionary == nullptr) return std::nullopt;
    auto columns = to_columns(message, type);
    // What is recorded must arrive: columns are only used where they are seen to lead back.
    const auto back = columns ? from_columns(*columns, message.size()) : Result<Bytes>(Error{});
    const bool good = back && *back == message;
    const Bytes content = good ? as_columns + *columns : as_rows + Bytes(message);
    return dictionary->compress(content);
}

Result<Bytes> unpack(std::uint32_t number, BytesView packed, std::size_t limit) {
    const auto* dictionary = find_quick(number);
    if (dictionary == nullptr) {
        return fail(ErrorCode::unavailable, "there is no dictionary " + std::to_string(number) + " here");
    }
    // Columns are sometimes a little larger than the message.
    auto content = dictionary->decompress(packed, 2 * limit + (64U << 10U));
    if (!content) return content;
    if (content->empty()) return fail(ErrorCode::corrupt, "a packed message is empty");
    const BytesView rest = BytesView(*content).substr(1);
    if (content->front() == as_columns) return from_columns(rest, limit);
    if (content->front() != as_rows) {
        return fail(ErrorCode::corrupt, "a packed message is in a form that dictionary " +
                                            std::to_string(number) + " does not have");
    }
    if (rest.size() > limit) {
        return fail(ErrorCode::full,
                    "a packed message unfolds to more than " + std::to_string(limit) + " bytes");
    }
    return Bytes(rest);
}

}  // namespace fieldpost::protocol
