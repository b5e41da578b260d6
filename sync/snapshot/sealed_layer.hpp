// Inside: one sealed layer of a file while its keys are held: its rows and search entries as cells, and back.
// README.md describes what is sealed and how.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sync/base/compress.hpp"
#include "sync/records/layer.hpp"
#include "sync/seal/cell.hpp"
#include "sync/seal/keyring.hpp"

namespace fieldpost::snapshot {

// What a row's cell is bound to.
struct RowPlace {
    std::string_view feed;  // feed_text()
    records::RecordId record = 0;
    std::int64_t version = 0;
    std::int64_t kind = 0;
};

// Never changes; any thread.
class SealedLayer {
  public:
    // `number`: in the file. `keys`: all that something of it was sealed with, of this layer alone.
    // `dictionary`: that bodies are packed with; may be empty.
    SealedLayer(std::int64_t number, records::LayerKey layer, seal::Keyring keys, seal::Algorithm algorithm,
                Bytes dictionary);

    std::int64_t number() const { return number_; }
    const records::LayerKey& layer() const { return layer_; }
    const seal::Keyring& keys() const { return keys_; }
    const Bytes& dictionary() const { return dictionary_; }

    Bytes seal_row(const RowPlace& place, BytesView body) const;
    // Throws SQLite::Exception (SQLITE_CORRUPT) when it does not open.
    Bytes open_row(const RowPlace& place, BytesView cell) const;

    // Anything else of the layer. `what` and `number` say where it stands.
    Bytes seal(std::string_view what, std::int64_t number, BytesView content) const;
    Bytes open(std::string_view what, std::int64_t number, BytesView cell) const;

  private:
    static Bytes place_of_row(const RowPlace& place);
    Bytes place_of_part(std::string_view what, std::int64_t number) const;
    Bytes seal_at(BytesView place, BytesView content) const;
    Bytes open_at(BytesView place, BytesView cell) const;

    const std::int64_t number_;
    const records::LayerKey layer_;
    const std::string name_;
    const seal::Keyring keys_;
    const seal::Algorithm algorithm_;
    const Bytes dictionary_;
    const CompressionDictionary packing_;
};

// "confidential/health"
std::string layer_text(const records::LayerKey& layer);

}  // namespace fieldpost::snapshot
