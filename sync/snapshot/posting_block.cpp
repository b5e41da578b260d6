#include "sync/snapshot/posting_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sync/base/compress.hpp"
#include "sync/snapshot/layout.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr int packing_level = 9;
constexpr std::size_t key_limit = 250;
constexpr std::size_t too_long = 255;
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
    std::memcpy(&value, bytes.data() + first / 8, sizeof(value));
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value >> first % 8 & ((std::uint64_t{1} << bits) - 1);
}

constexpr unsigned widest_place = 40;  // bits; with what is skipped before them they fit into 64

// Lengths of keys, read where they lie when each is in one byte, as it mostly is.
class Lengths {
  public:
    Lengths(VarintReader& in, std::size_t count) : small_(in.take_small(count)) {
        if (small_) return;
        large_.resize(count);
        for (auto& length : large_)
            length = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.take(), too_long));
    }
    std::uint8_t operator[](std::size_t at) const {
        return small_ ? static_cast<std::uint8_t>((*small_)[at]) : large_[at];
    }

  private:
    std::optional<BytesView> small_;
    std::vector<std::uint8_t> large_;
};

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
    if (!block.take_keys(in, count)) return damaged();
    block.rows_.resize(count);
    if (const auto slots = in.take_small(count)) {
        std::ranges::copy(*slots, block.rows_.begin());
    } else {
        for (auto& row : block.rows_) row = static_cast<std::int64_t>(in.take()) & (slots_of_place - 1);
    }
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
    if (in.bad() || !block.rows_are_in_order()) return damaged();
    return block;
}

// false when they are damaged: whoever goes through the blocks must get on.
bool PostingBlock::take_keys(VarintReader& in, std::size_t count) {
    static_assert(key_limit < too_long && most_in_block <= UINT16_MAX);
    const Lengths shares(in, count);
    const Lengths sizes(in, count);
    key_ends_.reserve(count + 1);
    first_.reserve(count + 1);
    std::size_t all_keys = 0;
    std::size_t before = 0;  // bytes of the last key
    for (std::size_t at = 0; at < count; ++at) {
        if (at > 0 && sizes[at] == 0 && shares[at] == before) continue;
        const std::size_t size = std::size_t{shares[at]} + sizes[at];
        if (shares[at] > before || size > key_limit) return false;
        before = size;
        all_keys += size;
        key_ends_.push_back(static_cast<std::uint32_t>(all_keys));
        first_.push_back(static_cast<std::uint16_t>(at));
    }
    first_.push_back(static_cast<std::uint16_t>(count));
    key_ends_.shrink_to_fit();
    first_.shrink_to_fit();
    keys_.resize(all_keys);
    key_of_.resize(count);
    BytesView last;
    char* to = keys_.data();
    for (std::size_t key = 0; key + 1 < first_.size(); ++key) {
        const std::size_t share = shares[first_[key]];
        const BytesView text = in.take_bytes(sizes[first_[key]]);
        if (in.bad()) return false;
        const auto sign = [](char c) { return static_cast<unsigned char>(c); };
        const bool is_behind = !text.empty() && (share == last.size() || sign(text[0]) > sign(last[share]));
        if (key > 0 && !is_behind) return false;
        const char* const begin = to;
        to = std::copy_n(last.data(), share, to);
        to = std::copy_n(text.data(), text.size(), to);
        last = BytesView(begin, share + text.size());
        for (std::size_t at = first_[key]; at < first_[key + 1]; ++at)
            key_of_[at] = static_cast<std::uint16_t>(key);
    }
    return true;
}

bool PostingBlock::rows_are_in_order() const {
    for (std::size_t at = 1; at < size(); ++at) {
        if (rows_[at] < rows_[at - 1] && key_of_[at] == key_of_[at - 1]) return false;
    }
    return true;
}

std::size_t PostingBlock::lower_bound(BytesView key, std::int64_t row, std::size_t from) const {
    std::size_t run = key_of_[from];
    const int order = key_text(run).compare(key);
    if (order > 0) return from;
    if (order < 0) {
        std::size_t end = first_.size() - 1;
        for (++run; run < end;) {
            const std::size_t middle = (run + end) / 2;
            if (key_text(middle) < key)
                run = middle + 1;
            else
                end = middle;
        }
        from = first_[run];
        if (from == size() || key_text(run) != key) return from;
    }
    // Steps that double, then halves of the last one.
    const std::size_t end = first_[run + 1];
    std::size_t step = 1;
    for (; from + step <= end && rows_[from + step - 1] < row; step *= 2) from += step;
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto found =
        std::lower_bound(begin, begin + static_cast<std::ptrdiff_t>(std::min(step, end - from)), row);
    return static_cast<std::size_t>(found - rows_.begin());
}

std::vector<Posting> PostingBlock::all() const {
    std::vector<Posting> out;
    out.reserve(size());
    for (std::size_t at = 0; at < size(); ++at) out.push_back({Bytes(key(at)), rows_[at]});
    return out;
}

}  // namespace fieldpost::snapshot
