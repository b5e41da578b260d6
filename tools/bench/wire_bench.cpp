#include "sync/protocol/dictionary.hpp"
#include "tools/bench/batches.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/observations.hpp"

namespace fieldpost::bench {

namespace {

// Mean bytes of an observation in messages of `each`.
Result<double> bytes_each(const std::vector<protocol::Operation>& operations, std::size_t each,
                          protocol::Packing packing) {
    KeySigner signer;
    const auto messages = seal_batches(make_batches(operations, "car-1", each), signer, packing);
    if (!messages) return messages.error();
    std::size_t sum = 0;
    for (const Bytes& message : *messages) sum += message.size();
    return static_cast<double>(sum) / static_cast<double>(operations.size());
}

}  // namespace

Result<boost::json::object> wire(const std::filesystem::path& file, std::size_t count) {
    const auto operations = read_observations(file, count);
    if (!operations) return operations.error();
    std::size_t sum = 0;
    for (const auto& operation : *operations) sum += operation.ByteSizeLong();
    boost::json::object out{{"operation", static_cast<double>(sum) / static_cast<double>(count)}};
    const protocol::Packing packings[] = {
        protocol::plain, protocol::packed, {true, protocol::dictionaries.front()}};
    const std::string_view names[] = {"plain", "zstd", "dictionary"};
    for (const std::size_t each : {std::size_t{1}, std::size_t{10}, std::size_t{200}}) {
        boost::json::object row;
        for (std::size_t i = 0; i < std::size(packings); ++i) {
            const auto bytes = bytes_each(*operations, each, packings[i]);
            if (!bytes) return bytes.error();
            row[names[i]] = *bytes;
        }
        out[std::to_string(each)] = std::move(row);
    }
    return out;
}

}  // namespace fieldpost::bench
