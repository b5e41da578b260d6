#include "sync/seal/keyring.hpp"

#include <fmt/format.h>

namespace fieldpost::seal {

Status Keyring::add(const records::LayerKey& layer, std::uint32_t epoch, BytesView secret) {
    const auto name = [&] {
        return fmt::format("{}/{}, epoch {}", records::classification_name(layer.classification),
                           layer.compartment, epoch);
    };
    if (secret.size() != secret_bytes)
        return fail(ErrorCode::invalid_argument, fmt::format("a key has {} bytes: {}", secret_bytes, name()));
    if (!is_to_be_sealed(layer))
        return fail(ErrorCode::invalid_argument, "this layer is not sealed and needs no key: " + name());
    auto key = std::make_shared<const Key>(layer, epoch, secret);
    const auto [held, added] = keys_[layer].try_emplace(epoch, key);
    if (!added && held->second->mark() != key->mark())
        return fail(ErrorCode::conflict, "another key is held already: " + name());
    return ok();
}

std::shared_ptr<const Key> Keyring::find(const records::LayerKey& layer, std::uint32_t epoch) const {
    const auto epochs = keys_.find(layer);
    if (epochs == keys_.end()) return nullptr;
    const auto key = epochs->second.find(epoch);
    return key == epochs->second.end() ? nullptr : key->second;
}

std::shared_ptr<const Key> Keyring::newest(const records::LayerKey& layer) const {
    const auto epochs = keys_.find(layer);
    return epochs == keys_.end() || epochs->second.empty() ? nullptr : epochs->second.rbegin()->second;
}

std::set<records::LayerKey> Keyring::layers() const {
    std::set<records::LayerKey> out;
    for (const auto& [layer, epochs] : keys_) out.insert(layer);
    return out;
}

Keyring Keyring::only(const records::LayerKey& layer) const {
    Keyring out;
    if (const auto epochs = keys_.find(layer); epochs != keys_.end()) out.keys_.insert(*epochs);
    return out;
}

std::map<std::uint32_t, Bytes> Keyring::marks(const records::LayerKey& layer) const {
    std::map<std::uint32_t, Bytes> out;
    const auto epochs = keys_.find(layer);
    if (epochs == keys_.end()) return out;
    for (const auto& [epoch, key] : epochs->second) out[epoch] = key->mark();
    return out;
}

}  // namespace fieldpost::seal
