#include "tools/bench/batches.hpp"

namespace fieldpost::bench {

namespace {

constexpr std::uint64_t epoch = 0x5ca1ab1e0ddba11;

}  // namespace

std::vector<protocol::Batch> make_batches(const std::vector<protocol::Operation>& operations,
                                          const std::string& device, std::size_t each) {
    std::vector<protocol::Batch> out;
    Bytes hash = protocol::chain_start(device, epoch, protocol::WORK);
    std::uint64_t seq = 0;
    for (const auto& operation : operations) {
        if (out.empty() || static_cast<std::size_t>(out.back().entries_size()) == each) {
            auto& batch = out.emplace_back();
            batch.set_protocol(protocol::version);
            batch.set_device(device);
            batch.set_epoch(epoch);
            batch.set_lane(protocol::WORK);
            batch.set_first_seq(seq + 1);
            batch.set_hash_before(hash);
        }
        Bytes body = operation.SerializeAsString();
        hash = protocol::chain_next(hash, body);
        ++seq;
        out.back().add_entries()->set_operation(std::move(body));
    }
    return out;
}

Result<std::vector<Bytes>> seal_batches(const std::vector<protocol::Batch>& batches, protocol::Signer& signer,
                                        protocol::Packing packing) {
    std::vector<Bytes> out;
    for (const auto& batch : batches) {
        auto sealed = protocol::seal(batch, signer, packing);
        if (!sealed) return sealed.error();
        protocol::Up up;
        *up.mutable_batch() = std::move(*sealed);
        out.push_back(up.SerializeAsString());
    }
    return out;
}

}  // namespace fieldpost::bench
