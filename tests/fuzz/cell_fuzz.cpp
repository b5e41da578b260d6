// Sealed cells. Bytes that were not sealed with the key open to nothing. What was sealed opens to the same
// content at its place alone, and not with a byte of it changed. Content that somebody with the key made up
// is either a body, within the bound, or damage: a row's cell and a block of search entries.
#include <SQLiteCpp/SQLiteCpp.h>

#include "sync/seal/cell.hpp"
#include "sync/snapshot/posting_block.hpp"
#include "sync/snapshot/sealed_layer.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

const records::LayerKey health{records::RESTRICTED, "health"};

const seal::Keyring& keys() {
    static const seal::Keyring ring = [] {
        seal::Keyring out;
        must(out.add(health, 1, Bytes(seal::secret_bytes, 'k')).has_value(),
             "a key of the right size is taken");
        return out;
    }();
    return ring;
}

void check_cell(seal::Algorithm algorithm, BytesView bytes) {
    const seal::Key& key = *keys().newest(health);
    must(!seal::open_cell(key, "here", bytes), "what was not sealed does not open");
    Bytes cell = seal::seal_cell(key, algorithm, "here", bytes);
    const auto opened = seal::open_cell(key, "here", cell);
    must(opened && *opened == bytes, "what was sealed opens");
    must(!seal::open_cell(key, "there", cell), "a cell that was moved does not open");
    const std::size_t at = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front()) % cell.size();
    cell[at] = static_cast<char>(cell[at] ^ 1);
    must(!seal::open_cell(key, "here", cell), "a cell that was changed does not open");
}

void check_content(BytesView bytes) {
    static const snapshot::SealedLayer layer(1, health, keys(), seal::Algorithm::xchacha20_poly1305, {});
    const snapshot::RowPlace place{"city/restricted/health", 7, 1, 2};
    const Bytes cell = layer.seal_row(place, bytes);
    must(layer.open_row(place, cell) == bytes, "a row's body comes back");
    try {
        static_cast<void>(layer.open_row(place, bytes));
        must(false, "what was not sealed is no row");
    } catch (const SQLite::Exception&) {
    }
    if (const auto block = snapshot::PostingBlock::unpack(bytes)) {
        must(block->size() <= snapshot::most_in_block, "a block is bounded");
        must(block->all().size() == block->size(), "all of a block can be read");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(64U << 20U);
    const BytesView bytes(reinterpret_cast<const char*>(data), size);
    check_cell(seal::Algorithm::xchacha20_poly1305, bytes);
    check_cell(seal::Algorithm::aes_256_gcm, bytes);
    check_content(bytes);
    return 0;
}
