// Inside: which layers of a file are sealed, and which of them are open to this connection.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/sealed_layer.hpp"

namespace fieldpost::snapshot {

// The thread of its connection. But for hold() its calls throw SQLite::Exception.
class SealedLayers {
  public:
    explicit SealedLayers(Database& database);

    // From now on these keys and no others. refused when one of them is not the key that the file was sealed
    // with: that layer stays closed, the others are open all the same.
    Status hold(const seal::Keyring& keys);
    // What other connections, or a rollback, changed of the file.
    void refresh();

    // Whether a row of the layer is a cell in this file.
    bool is_sealed(const records::LayerKey& layer) const {
        return algorithm_ && seal::is_to_be_sealed(layer);
    }
    // nullptr when it is closed, or not sealed.
    std::shared_ptr<const SealedLayer> open(const records::LayerKey& layer) const;
    std::vector<std::shared_ptr<const SealedLayer>> open() const;
    // Of the layers that the file has rows of, or had.
    std::vector<records::LayerKey> all() const;
    std::vector<records::LayerKey> closed() const;
    // In the file; nullopt when it has nothing of the layer.
    std::optional<std::int64_t> number(const records::LayerKey& layer) const;
    // Another number whenever a layer was opened or closed.
    std::uint64_t version() const { return version_; }

    // Of the writer, inside its transaction. A file seals from its beginning or never.
    void begin_sealing(seal::Algorithm algorithm);
    // Whether to_write() gives the layer, or an unsealed one needs none.
    bool can_write(const records::LayerKey& layer) const;
    // Open, with the newest key, and new in the file if need be: then bodies are packed with `dictionary`.
    // nullptr when it cannot be: a key is missing.
    std::shared_ptr<const SealedLayer> to_write(const records::LayerKey& layer, BytesView dictionary = {});
    void forget_layer(const records::LayerKey& layer);
    // Its entries are gone and are to be made anew once it is open.
    void set_stale(const records::LayerKey& layer, bool stale);
    std::vector<records::LayerKey> stale() const;

  private:
    struct Filed {
        std::int64_t number = 0;
        Bytes dictionary;                      // a cell; empty: none
        std::map<std::uint32_t, Bytes> marks;  // of its keys, by epoch
        bool stale = false;
        std::shared_ptr<const SealedLayer> open;
    };
    // Opens what can be, and closes what cannot any more. The sentence says which key is not the right one.
    std::optional<std::string> look();
    void add_key(Filed& filed, const seal::Key& key);
    void open_filed(const records::LayerKey& layer, Filed& filed);

    Database& database_;
    std::optional<seal::Algorithm> algorithm_;
    seal::Keyring keys_;
    std::map<records::LayerKey, Filed> layers_;
    std::uint64_t version_ = 0;
};

}  // namespace fieldpost::snapshot
