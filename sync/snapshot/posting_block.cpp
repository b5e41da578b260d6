#include "sync/snapshot/posting_block.hpp"

#include <algorithm>
#include <bit>

#include "sync/base/compress.hpp"
#include "sync/base/varint.hpp"
#include "sync/snapshot/layout.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr int packing_level = 9;
constexpr std::size_t key_limit = 250;
// Unpacking costs more than reading what lies plain: it has to save this share of the bytes.
constexpr std::size_t least_saving = 8;

enum : unsigned { packed_bit = 1, far_bit = 2 };

// Places that follow no order take as many bits as the highest of them.
class BitWriter {
  public:
    void put(std::uint64_t value, unsigned bits) {
        for (unsigned bit = 0; bit < bits; ++bit, ++used_) {
            if (used_ % 8 == 0) bytes_.push_back('\0');
            if ((value >> bit & 1U) != 0)
                bytes_.back() =
                    static_cast<char>(static_cast<unsigned char>(bytes_.back()) | 1U << (used_ % 8));
        }
    }
    const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
    std::size_t used_ = 0;
};

// Eight bytes from there on must be there.
std::uint64_t bits_at(BytesView bytes, std::size_t first, unsigned bits) {
    std::uint64_t value = 0;
    for (unsigned byte = 0; byte < 8; ++byte)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[first / 8 + byte])} << 8 * byte;
    return value >> first % 8 & ((std::uint64_t{1} << bits) - 1);
}

constexpr unsigned widest_place = 40;  // bits; with what is skipped before them they fit into 64

Result<PostingBlock> damaged() {
    return fail(ErrorCode::corrupt, "a block of search entries is damaged");
}

}  // namespace

Bytes pack_postings(std::span<const Posting> postings) {
    Bytes shares;
    Bytes sizes;
    Bytes texts;
    Bytes slots;
    Bytes steps;
    std::int64_t highest = 0;
    BytesView before;
    std::int64_t place_before = 0;
    for (const Posting& posting : postings) {
        const auto shared =
            static_cast<std::size_t>(std::ranges::mismatch(before, posting.key).in1 - before.begin());
        append_varint(shares, shared);
        append_varint(sizes, posting.key.size() - shared);
        texts.append(posting.key, shared);
        append_varint(slots, static_cast<std::uint64_t>(posting.row & (slots_of_place - 1)));
        const std::int64_t place = place_of(posting.row);
        append_varint(steps, zigzag(place - place_before));
        highest = std::max(highest, place);
        place_before = place;
        before = posting.key;
    }
    const auto width = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(highest)));
    const bool far = steps.size() * 8 > postings.size() * width + postings.size() && width <= widest_place;
    Bytes content = shares + sizes + texts + slots;
    if (!far) content += steps;
    Bytes packed = compress(content, packing_level);
    const bool smaller = packed.size() + content.size() / least_saving < content.size();

    Bytes out;
    append_varint(out, postings.size() << 2U | (smaller ? packed_bit : 0U) | (far ? far_bit : 0U));
    append_varint(out, smaller ? packed.size() : content.size());
    out += smaller ? packed : content;
    if (far) {
        BitWriter places;
        for (const Posting& posting : postings)
            places.put(static_cast<std::uint64_t>(place_of(posting.row)), width);
        out.push_back(static_cast<char>(width));
        out += places.bytes();
    }
    return out;
}

Result<PostingBlock> PostingBlock::unpack(BytesView bytes) {
    VarintReader outer(bytes);
    const std::uint64_t head = outer.take();
    const std::uint64_t count = head >> 2U;
    const BytesView body = outer.take_bytes(outer.take());
    if (outer.bad() || count == 0 || count > most_in_block) return damaged();
    Bytes unpacked;
    if ((head & packed_bit) != 0) {
        auto content = decompress(body, most_in_block * (key_limit + 20));
        if (!content) return content.error();
        unpacked = std::move(*content);
    }
    VarintReader in((head & packed_bit) != 0 ? BytesView(unpacked) : body);
    PostingBlock block;
    block.rows_.resize(count);
    block.ends_.resize(count + 1);
    std::vector<std::uint8_t> shares(count);
    std::vector<std::uint8_t> sizes(count);
    static_assert(key_limit < UINT8_MAX);
    for (auto* const lengths : {&shares, &sizes}) {
        for (auto& length : *lengths)
            length = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.take(), UINT8_MAX));
    }
    std::size_t all_keys = 0;
    std::size_t before = 0;
    for (std::size_t at = 0; at < count; ++at) {
        const std::size_t size = std::size_t{shares[at]} + sizes[at];
        if (shares[at] > before || size > key_limit) return damaged();
        before = size;
        all_keys += size;
        block.ends_[at + 1] = static_cast<std::uint32_t>(all_keys);
    }
    block.keys_.resize(all_keys);
    char* to = block.keys_.data();
    const char* last = to;
    for (std::size_t at = 0; at < count; ++at) {
        const BytesView text = in.take_bytes(sizes[at]);
        if (in.bad()) return damaged();
        char* const key = to;
        to = std::copy_n(last, shares[at], to);
        to = std::copy_n(text.data(), text.size(), to);
        last = key;
    }
    for (auto& row : block.rows_) row = static_cast<std::int64_t>(in.take()) & (slots_of_place - 1);
    if ((head & far_bit) == 0) {
        std::uint64_t place = 0;
        for (auto& row : block.rows_) {
            place += static_cast<std::uint64_t>(in.take_signed());
            row += static_cast<std::int64_t>(place << slot_bits & INT64_MAX);
        }
    } else {
        const BytesView width_byte = outer.take_bytes(1);
        if (outer.bad()) return damaged();
        const auto width = static_cast<unsigned>(static_cast<unsigned char>(width_byte.front()));
        if (width > widest_place || outer.rest().size() != (count * width + 7) / 8) return damaged();
        Bytes padded(outer.rest());
        padded.append(8, '\0');
        for (std::size_t at = 0; at < count; ++at)
            block.rows_[at] += static_cast<std::int64_t>(bits_at(padded, at * width, width)) << slot_bits;
    }
    if (in.bad() || !block.is_in_order(shares)) return damaged();
    return block;
}

// Whoever goes through the blocks must get on.
bool PostingBlock::is_in_order(const std::vector<std::uint8_t>& shares) const {
    for (std::size_t at = 1; at < size(); ++at) {
        const std::size_t shared = shares[at];
        const int order = key(at - 1).substr(shared).compare(key(at).substr(shared));
        if (order > 0 || (order == 0 && rows_[at - 1] > rows_[at])) return false;
    }
    return true;
}

std::size_t PostingBlock::lower_bound(BytesView key, std::int64_t row) const {
    std::size_t low = 0;
    std::size_t high = size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        const int order = this->key(middle).compare(key);
        if (order < 0 || (order == 0 && rows_[middle] < row)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

std::vector<Posting> PostingBlock::all() const {
    std::vector<Posting> out;
    out.reserve(size());
    for (std::size_t at = 0; at < size(); ++at) out.push_back({Bytes(key(at)), rows_[at]});
    return out;
}

}  // namespace fieldpost::snapshot
