#include "sync/seal/cell.hpp"

#include "sync/base/varint.hpp"

namespace fieldpost::seal {

namespace {

// Of the nonce so many bytes come from place and content and stand in the cell; where the algorithm takes
// more, the first of them follow from the place.
constexpr std::size_t kept_nonce = 12;
constexpr std::size_t place_hash = 16;
constexpr std::size_t content_hash = 16;

struct Head {
    Algorithm algorithm = Algorithm::xchacha20_poly1305;
    std::uint32_t epoch = 0;
    BytesView bytes;
    BytesView rest;
};

std::optional<Head> read_head(BytesView cell) {
    if (cell.empty()) return std::nullopt;
    VarintReader in(cell.substr(1));
    const std::uint64_t epoch = in.take();
    if (in.bad() || epoch > UINT32_MAX) return std::nullopt;
    const BytesView rest = in.rest();
    return Head{static_cast<Algorithm>(static_cast<unsigned char>(cell.front())),
                static_cast<std::uint32_t>(epoch), cell.substr(0, cell.size() - rest.size()), rest};
}

Bytes head_of(Algorithm algorithm, std::uint32_t epoch) {
    Bytes head(1, static_cast<char>(algorithm));
    append_varint(head, epoch);
    return head;
}

Bytes with_size(BytesView head, BytesView place) {
    Bytes out(head);
    append_u32(out, static_cast<std::uint32_t>(place.size()));
    out += place;
    return out;
}

// The algorithm's whole nonce, of what the cell keeps.
Bytes nonce_of(const Key& key, const Aead& aead, BytesView bound, BytesView kept) {
    Bytes nonce;
    if (const std::size_t more = aead.nonce_bytes() - kept_nonce; more > 0)
        nonce = keyed_hash(key.nonces(), Bytes("place") + Bytes(bound), place_hash).substr(0, more);
    nonce += kept;
    return nonce;
}

}  // namespace

Bytes seal_cell(const Key& key, Algorithm algorithm, BytesView place, BytesView content) {
    const Aead& sealer = *aead(algorithm);
    Bytes cell = head_of(algorithm, key.epoch());
    const Bytes bound = with_size(cell, place);
    Bytes said = "content";
    said += bound;
    said += content;
    const Bytes kept = keyed_hash(key.nonces(), said, content_hash).substr(0, kept_nonce);
    const Bytes nonce = nonce_of(key, sealer, bound, kept);
    cell += kept;
    cell += sealer.seal(key.sealing().bytes(), nonce, bound, content);
    return cell;
}

std::optional<std::uint32_t> epoch_of(BytesView cell) {
    const auto head = read_head(cell);
    return head ? std::optional(head->epoch) : std::nullopt;
}

Result<Bytes> open_cell(const Key& key, BytesView place, BytesView cell) {
    const auto head = read_head(cell);
    const Aead* opener = head ? aead(head->algorithm) : nullptr;
    if (opener == nullptr || head->rest.size() < kept_nonce + tag_bytes)
        return fail(ErrorCode::corrupt, "this is no sealed cell");
    const Bytes bound = with_size(head->bytes, place);
    const Bytes nonce = nonce_of(key, *opener, bound, head->rest.substr(0, kept_nonce));
    return opener->open(key.sealing().bytes(), nonce, bound, head->rest.substr(kept_nonce));
}

}  // namespace fieldpost::seal
