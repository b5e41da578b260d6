#include "tools/dictionary/train.hpp"

#include <zdict.h>

#include <vector>

#include "sync/base/crypto.hpp"
#include "sync/protocol/codec.hpp"
#include "sync/protocol/dictionary_columns.hpp"
#include "tools/dictionary/typical.hpp"

namespace fieldpost::dictionary {

namespace {

// Vehicles, each of a city with forms of its own.
constexpr std::uint64_t first_seed = 1001;
constexpr std::uint64_t vehicles = 48;
constexpr std::size_t operations_each = 160;

// Most contacts bring a few operations; where there are many, they are their own dictionary.
constexpr std::size_t batch_sizes[] = {1, 1, 1, 2, 1, 1, 4, 1, 8, 1, 2, 20};

// What pack() compresses, one after the other.
struct Samples {
    Bytes content;
    std::vector<std::size_t> sizes;
};

void add_vehicle(std::uint64_t seed, Samples& samples) {
    protocol::Batch batch;
    const std::string device = (seed % 3 == 0 ? "engine-" : "car-") + std::to_string(seed % 40);
    const std::uint64_t epoch = read_u64(sha256(device)) >> 1U;
    Bytes hash = protocol::chain_start(device, epoch, protocol::WORK);
    std::uint64_t seq = seed * 7;
    std::size_t round = 0;
    const auto flush = [&] {
        const auto columns = protocol::to_columns(batch.SerializeAsString(), *protocol::Batch::descriptor());
        if (!columns) return;
        samples.sizes.push_back(columns->size() + 1);
        samples.content += '\1' + *columns;
        batch.Clear();
        ++round;
    };
    for (const protocol::Operation& operation : typical_operations(seed, operations_each)) {
        if (batch.entries_size() == 0) {
            batch.set_protocol(protocol::version);
            batch.set_device(device);
            batch.set_epoch(epoch);
            batch.set_lane(protocol::WORK);
            batch.set_first_seq(seq + 1);
            batch.set_hash_before(hash);
            batch.set_sent_at_us(operation.time().utc_us() + 1'234'567);
            batch.set_sent_at_quality(protocol::TIME_GNSS);
        }
        Bytes body = operation.SerializeAsString();
        hash = protocol::chain_next(hash, body);
        ++seq;
        batch.add_entries()->set_operation(std::move(body));
        const std::size_t size = batch_sizes[round % std::size(batch_sizes)];
        if (static_cast<std::size_t>(batch.entries_size()) == size) flush();
    }
}

}  // namespace

Result<Bytes> train() {
    Samples samples;
    for (std::uint64_t seed = first_seed; seed < first_seed + vehicles; ++seed) add_vehicle(seed, samples);
    Bytes out(max_dictionary_bytes, '\0');
    const std::size_t size =
        ZDICT_trainFromBuffer(out.data(), out.size(), samples.content.data(), samples.sizes.data(),
                              static_cast<unsigned>(samples.sizes.size()));
    if (ZDICT_isError(size))
        return fail(ErrorCode::internal, std::string("zstd: ") + ZDICT_getErrorName(size));
    out.resize(size);
    return out;
}

}  // namespace fieldpost::dictionary
