#include <zstd.h>

#include <catch2/catch.hpp>

#include "sync/base/compress.hpp"
#include "sync/protocol/dictionary.hpp"
#include "sync/protocol/journal.pb.h"
#include "tools/dictionary/train.hpp"
#include "tools/dictionary/typical.hpp"

using namespace fieldpost;
using namespace fieldpost::dictionary;

namespace {

// Batches of `size` operations of a vehicle that the dictionary was not trained with: bytes in all, packed by
// `pack`.
template <class Pack>
std::size_t bytes_on_the_wire(std::size_t size, Pack&& pack) {
    std::size_t sum = 0;
    protocol::Batch batch;
    for (const protocol::Operation& operation : typical_operations(5, 400)) {
        batch.add_entries()->set_operation(operation.SerializeAsString());
        if (static_cast<std::size_t>(batch.entries_size()) < size) continue;
        sum += pack(batch.SerializeAsString()).size();
        batch.Clear();
    }
    return sum;
}

Bytes packed(const Bytes& batch) {
    return protocol::pack(1, batch, *protocol::Batch::descriptor(), protocol::Effort::quick).value();
}

}  // namespace

TEST_CASE("The committed dictionary is the one that the tool trains", "[dictionary]") {
    if (ZSTD_versionNumber() != trained_with) {
        WARN("skipped: this zstd is not the one that trained it");
        return;
    }
    CHECK(train().value() == protocol::dictionary_content(1));
}

TEST_CASE("The same seed gives the same operations, and another seed others", "[dictionary]") {
    const auto text = [](std::uint64_t seed) {
        Bytes out;
        for (const auto& operation : typical_operations(seed, 50)) out += operation.SerializeAsString();
        return out;
    };
    CHECK(text(3) == text(3));
    CHECK(text(3) != text(4));
}

TEST_CASE("A single operation of an unknown vehicle takes two thirds of its plain size, or less",
          "[dictionary]") {
    const std::size_t plain = bytes_on_the_wire(1, [](const Bytes& batch) { return batch; });
    CHECK(bytes_on_the_wire(1, packed) * 3 < plain * 2);
}

TEST_CASE("Two hundred operations take two thirds of what zstd alone makes of them, or less",
          "[dictionary]") {
    const std::size_t zstd = bytes_on_the_wire(200, [](const Bytes& batch) { return compress(batch); });
    CHECK(bytes_on_the_wire(200, packed) * 3 < zstd * 2);
}
