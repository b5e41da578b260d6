#include "sync/snapshot/sealed_layers.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::string_view dictionary_place = "dictionary";

std::optional<seal::Algorithm> algorithm_of(Database& database) {
    SQLite::Statement get(database, "SELECT value FROM meta WHERE key = 'sealing'");
    if (!get.executeStep()) return std::nullopt;
    const auto algorithm = static_cast<seal::Algorithm>(get.getColumn(0).getInt());
    if (seal::aead(algorithm) == nullptr)
        throw SQLite::Exception("the city file is sealed in a way that this program does not know",
                                SQLITE_CORRUPT);
    return algorithm;
}

std::optional<records::LayerKey> parse_layer(const std::string& text) {
    const auto feed = records::parse_feed("any/" + text);
    return feed ? std::optional(feed->layer) : std::nullopt;
}

// Whether keys and marks are the same, so that what is open may stay so.
bool is_as(const SealedLayer& open, const seal::Keyring& keys) {
    return open.keys().marks(open.layer()) == keys.marks(open.layer());
}

}  // namespace

SealedLayers::SealedLayers(Database& database) : database_(database), algorithm_(algorithm_of(database)) {
    refresh();
}

Status SealedLayers::hold(const seal::Keyring& keys) {
    keys_ = keys;
    return sql([&]() -> Status {
        if (const auto wrong = look()) return fail(ErrorCode::refused, *wrong);
        return ok();
    });
}

void SealedLayers::refresh() {
    if (!algorithm_) return;
    std::map<records::LayerKey, Filed> now;
    std::map<std::int64_t, records::LayerKey> by_number;
    SQLite::Statement layers(database_, "SELECT layer, id, dictionary, stale FROM sealed_layer");
    while (layers.executeStep()) {
        const auto layer = parse_layer(layers.getColumn(1).getString());
        if (!layer) continue;
        Filed& filed = now[*layer];
        filed.number = layers.getColumn(0).getInt64();
        filed.dictionary = bytes_of(layers.getColumn(2));
        filed.stale = layers.getColumn(3).getInt() != 0;
        by_number[filed.number] = *layer;
        const auto before = layers_.find(*layer);
        if (before != layers_.end() && before->second.number == filed.number)
            filed.open = before->second.open;
    }
    SQLite::Statement marks(database_, "SELECT layer, epoch, mark FROM sealed_key");
    while (marks.executeStep()) {
        const auto layer = by_number.find(marks.getColumn(0).getInt64());
        if (layer == by_number.end()) continue;
        now[layer->second].marks[marks.getColumn(1).getUInt()] = bytes_of(marks.getColumn(2));
    }
    for (const auto& [layer, filed] : layers_) {
        const auto still = now.find(layer);
        const auto open = still == now.end() ? nullptr : still->second.open;
        if (filed.open != open) ++version_;
    }
    layers_ = std::move(now);
    look();
}

std::optional<std::string> SealedLayers::look() {
    std::optional<std::string> wrong;
    for (auto& [layer, filed] : layers_) {
        bool all_held = !filed.marks.empty();
        for (const auto& [epoch, mark] : filed.marks) {
            const auto key = keys_.find(layer, epoch);
            all_held = all_held && key && key->mark() == mark;
            if (key && key->mark() != mark)
                wrong =
                    fmt::format("the key of {}, epoch {}, is not the one that the city file was sealed with",
                                layer_text(layer), epoch);
        }
        if (!all_held && filed.open) {
            filed.open.reset();
            ++version_;
        }
        if (all_held && !(filed.open && is_as(*filed.open, keys_))) open_filed(layer, filed);
    }
    return wrong;
}

void SealedLayers::open_filed(const records::LayerKey& layer, Filed& filed) {
    Bytes dictionary;
    if (!filed.dictionary.empty()) {
        const SealedLayer reading(filed.number, layer, keys_.only(layer), *algorithm_, {});
        dictionary = reading.open(dictionary_place, 0, filed.dictionary);
    }
    filed.open = std::make_shared<const SealedLayer>(filed.number, layer, keys_.only(layer), *algorithm_,
                                                     std::move(dictionary));
    ++version_;
}

std::shared_ptr<const SealedLayer> SealedLayers::open(const records::LayerKey& layer) const {
    const auto filed = layers_.find(layer);
    return filed == layers_.end() ? nullptr : filed->second.open;
}

std::vector<std::shared_ptr<const SealedLayer>> SealedLayers::open() const {
    std::vector<std::shared_ptr<const SealedLayer>> out;
    for (const auto& [layer, filed] : layers_) {
        if (filed.open) out.push_back(filed.open);
    }
    return out;
}

std::vector<records::LayerKey> SealedLayers::all() const {
    std::vector<records::LayerKey> out;
    for (const auto& [layer, filed] : layers_) out.push_back(layer);
    return out;
}

std::vector<records::LayerKey> SealedLayers::closed() const {
    std::vector<records::LayerKey> out;
    for (const auto& [layer, filed] : layers_) {
        if (!filed.open) out.push_back(layer);
    }
    return out;
}

std::optional<std::int64_t> SealedLayers::number(const records::LayerKey& layer) const {
    const auto filed = layers_.find(layer);
    return filed == layers_.end() ? std::nullopt : std::optional(filed->second.number);
}

void SealedLayers::begin_sealing(seal::Algorithm algorithm) {
    SQLite::Statement set(database_, "INSERT INTO meta (key, value) VALUES ('sealing', ?)");
    set.bind(1, static_cast<int>(algorithm));
    run(set);
    algorithm_ = algorithm;
}

bool SealedLayers::can_write(const records::LayerKey& layer) const {
    if (!is_sealed(layer)) return true;
    const auto known = layers_.find(layer);
    return keys_.newest(layer) && (known == layers_.end() || known->second.open);
}

std::shared_ptr<const SealedLayer> SealedLayers::to_write(const records::LayerKey& layer,
                                                          BytesView dictionary) {
    if (!is_sealed(layer) || !can_write(layer)) return nullptr;
    const auto newest = keys_.newest(layer);
    const auto known = layers_.find(layer);
    if (known != layers_.end()) {
        if (!known->second.marks.contains(newest->epoch())) add_key(known->second, *newest);
        return known->second.open;
    }
    Filed filed;
    SQLite::Statement insert(database_, "INSERT INTO sealed_layer (id, dictionary) VALUES (?, ?)");
    insert.bind(1, layer_text(layer));
    bind_bytes(insert, 2, {});
    run(insert);
    filed.number = database_.getLastInsertRowid();
    add_key(filed, *newest);
    if (!dictionary.empty()) {
        const SealedLayer sealing(filed.number, layer, keys_.only(layer), *algorithm_, {});
        filed.dictionary = sealing.seal(dictionary_place, 0, dictionary);
        SQLite::Statement set(database_, "UPDATE sealed_layer SET dictionary = ? WHERE layer = ?");
        bind_bytes(set, 1, filed.dictionary);
        set.bind(2, filed.number);
        run(set);
    }
    open_filed(layer, filed);
    return layers_.emplace(layer, std::move(filed)).first->second.open;
}

void SealedLayers::add_key(Filed& filed, const seal::Key& key) {
    SQLite::Statement insert(database_, "INSERT INTO sealed_key (layer, epoch, mark) VALUES (?, ?, ?)");
    insert.bind(1, filed.number);
    insert.bind(2, static_cast<std::int64_t>(key.epoch()));
    bind_bytes(insert, 3, key.mark());
    run(insert);
    filed.marks[key.epoch()] = key.mark();
}

void SealedLayers::forget_layer(const records::LayerKey& layer) {
    const auto known = layers_.find(layer);
    if (known == layers_.end()) return;
    for (const char* statement :
         {"DELETE FROM sealed_key WHERE layer = ?", "DELETE FROM sealed_layer WHERE layer = ?"}) {
        SQLite::Statement remove(database_, statement);
        remove.bind(1, known->second.number);
        run(remove);
    }
    layers_.erase(known);
    ++version_;
}

void SealedLayers::set_stale(const records::LayerKey& layer, bool stale) {
    const auto known = layers_.find(layer);
    if (known == layers_.end()) return;
    SQLite::Statement set(database_, "UPDATE sealed_layer SET stale = ? WHERE layer = ?");
    set.bind(1, stale ? 1 : 0);
    set.bind(2, known->second.number);
    run(set);
    known->second.stale = stale;
}

std::vector<records::LayerKey> SealedLayers::stale() const {
    std::vector<records::LayerKey> out;
    for (const auto& [layer, filed] : layers_) {
        if (filed.stale) out.push_back(layer);
    }
    return out;
}

}  // namespace fieldpost::snapshot
