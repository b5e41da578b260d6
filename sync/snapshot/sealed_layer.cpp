#include "sync/snapshot/sealed_layer.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

namespace fieldpost::snapshot {

namespace {

constexpr int packing_level = 3;
constexpr std::size_t body_limit = 16U << 20U;  // no message is larger

// First byte of what a row's cell holds.
constexpr char as_it_is = 0;
constexpr char packed = 1;  // without the first bytes that all frames have

[[noreturn]] void refuse(const std::string& message) {
    throw SQLite::Exception(message, SQLITE_CORRUPT);
}

}  // namespace

std::string layer_text(const records::LayerKey& layer) {
    return std::string(records::classification_name(layer.classification)) + "/" + layer.compartment;
}

SealedLayer::SealedLayer(std::int64_t number, records::LayerKey layer, seal::Keyring keys,
                         seal::Algorithm algorithm, Bytes dictionary)
    : number_(number),
      layer_(std::move(layer)),
      name_(layer_text(layer_)),
      keys_(std::move(keys)),
      algorithm_(algorithm),
      dictionary_(std::move(dictionary)),
      packing_(dictionary_, packing_level) {}

Bytes SealedLayer::seal_row(const RowPlace& place, BytesView body) const {
    const Bytes frame = packing_.compress(body);
    Bytes content;
    if (frame.size() - zstd_frame_magic.size() < body.size()) {
        content = packed;
        content += BytesView(frame).substr(zstd_frame_magic.size());
    } else {
        content = as_it_is;
        content += body;
    }
    return seal_at(place_of_row(place), content);
}

Bytes SealedLayer::open_row(const RowPlace& place, BytesView cell) const {
    Bytes content = open_at(place_of_row(place), cell);
    const char how = content.empty() ? as_it_is : content.front();
    if (content.empty() || (how != as_it_is && how != packed))
        refuse("a sealed row was packed in a way that this program does not know");
    if (how == as_it_is) return content.substr(1);
    content.replace(0, 1, zstd_frame_magic);
    auto body = packing_.decompress(content, body_limit);
    if (!body) refuse(body.error().message);
    return std::move(*body);
}

Bytes SealedLayer::seal(std::string_view what, std::int64_t number, BytesView content) const {
    return seal_at(place_of_part(what, number), content);
}

Bytes SealedLayer::open(std::string_view what, std::int64_t number, BytesView cell) const {
    return open_at(place_of_part(what, number), cell);
}

Bytes SealedLayer::place_of_row(const RowPlace& place) {
    Bytes out = "row";
    out.push_back('\0');
    out += place.feed;
    out.push_back('\0');
    append_u64(out, static_cast<std::uint64_t>(place.record));
    append_u64(out, static_cast<std::uint64_t>(place.version));
    append_u64(out, static_cast<std::uint64_t>(place.kind));
    return out;
}

// The number says nothing of the layer's own number in the file: that may be another one in the next build.
Bytes SealedLayer::place_of_part(std::string_view what, std::int64_t number) const {
    Bytes out(what);
    out.push_back('\0');
    out += name_;
    out.push_back('\0');
    append_u64(out, static_cast<std::uint64_t>(number));
    return out;
}

Bytes SealedLayer::seal_at(BytesView place, BytesView content) const {
    return seal::seal_cell(*keys_.newest(layer_), algorithm_, place, content);
}

Bytes SealedLayer::open_at(BytesView place, BytesView cell) const {
    const auto epoch = seal::epoch_of(cell);
    const auto key = epoch ? keys_.find(layer_, *epoch) : nullptr;
    if (!key) refuse("a cell of " + name_ + " is damaged: no key has its epoch");
    auto content = seal::open_cell(*key, place, cell);
    if (!content) refuse(content.error().message);
    return std::move(*content);
}

}  // namespace fieldpost::snapshot
