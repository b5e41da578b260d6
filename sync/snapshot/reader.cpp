#include "sync/snapshot/reader.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <set>
#include <tuple>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/entries.hpp"
#include "sync/snapshot/meta_table.hpp"
#include "sync/snapshot/row_reader.hpp"
#include "sync/snapshot/sealed_layers.hpp"
#include "sync/snapshot/spots.hpp"

namespace fieldpost::snapshot {

namespace {

bool log_is_empty(const std::filesystem::path& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path.string() + "-wal", error);
    return error ? error == std::errc::no_such_file_or_directory : bytes == 0;
}

// A full disk, or one that cannot be written: there is no place for the log's index.
bool may_lack_room(const Error& error) {
    return error.code == ErrorCode::full || error.code == ErrorCode::io || error.code == ErrorCode::not_found;
}

}  // namespace

struct Reader::State {
    explicit State(std::unique_ptr<Database> opened)
        : database(std::move(opened)),
          sealed(*database),
          rows(*database, sealed),
          spots(*database, rows),
          entries(*database, rows, sealed) {}

    std::unique_ptr<Database> database;
    SealedLayers sealed;
    RowReader rows;
    Spots spots;
    Entries entries;

    // `body` over one state of the file.
    template <class F>
    auto read(F&& body) -> Result<std::invoke_result_t<F>> {
        return sql([&] {
            const EntriesAtOnce one_state(entries);
            return body();
        });
    }
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& path, const seal::Keyring& keys) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return fail(ErrorCode::not_found, "no city file at " + path.string());
    auto database = open_database(path, Durability::read_only);
    if (!database && may_lack_room(database.error()) && log_is_empty(path))
        database = open_database(path, Durability::frozen);
    if (!database) return database.error();
    if (auto known = check_format(**database); !known) return known.error().with(path.string());
    if (auto added = add_nearest(**database); !added) return added.error();
    auto state = sql([&] {
        (*database)->exec("PRAGMA cache_size=-2048; PRAGMA query_only=ON");  // the kernel keeps the rest
        return std::make_unique<State>(std::move(*database));
    });
    if (!state) return state.error().with("opening " + path.string());
    std::unique_ptr<Reader> reader(new Reader(std::move(*state)));
    if (auto held = reader->hold(keys); !held) spdlog::warn("city data: {}", held.error().message);
    return reader;
}

Status Reader::hold(const seal::Keyring& keys) {
    Status held = state_->sealed.hold(keys);
    auto forgotten = sql([&] { state_->entries.see_keys(); });
    if (!forgotten) return forgotten;
    return held;
}

Result<std::vector<records::LayerKey>> Reader::sealed_layers() {
    return state_->read([&] { return state_->sealed.all(); });
}

Result<std::vector<records::LayerKey>> Reader::closed_layers() {
    return state_->read([&] { return state_->sealed.closed(); });
}

Result<std::map<records::LayerKey, Bytes>> Reader::dictionaries() {
    return state_->read([&] {
        std::map<records::LayerKey, Bytes> out;
        for (const auto& layer : state_->sealed.open()) out[layer->layer()] = layer->dictionary();
        return out;
    });
}

Result<Meta> Reader::meta() {
    return sql([&] { return read_meta(*state_->database); });
}

Result<Counts> Reader::counts() {
    return sql([&] {
        Counts counts;
        SQLite::Statement all(*state_->database,
                              "SELECT kind, records FROM tally WHERE records > 0 ORDER BY kind");
        while (all.executeStep()) {
            const auto kind = static_cast<records::Kind>(all.getColumn(0).getInt());
            const std::int64_t held = all.getColumn(1).getInt64();
            if (kind == records::PROPERTY) counts.properties = held;
            counts.records += held;
            counts.by_kind.emplace_back(kind, held);
        }
        return counts;
    });
}

Result<std::vector<Source>> Reader::sources() {
    return sql([&] {
        std::vector<Source> out;
        SQLite::Statement all(*state_->database,
                              "SELECT id, title, steward, refresh_s, delivered_at FROM source ORDER BY id");
        while (all.executeStep()) {
            out.push_back({all.getColumn(0).getString(), all.getColumn(1).getString(),
                           all.getColumn(2).getString(), all.getColumn(3).getInt64(),
                           all.getColumn(4).getInt64()});
        }
        return out;
    });
}

Result<std::vector<FeedCursor>> Reader::feeds() {
    return sql([&] {
        std::vector<FeedCursor> out;
        SQLite::Statement all(*state_->database,
                              "SELECT id, generation, cursor, checksum FROM feed ORDER BY id");
        while (all.executeStep()) {
            if (auto feed = records::parse_feed(all.getColumn(0).getString())) {
                out.push_back({std::move(*feed), all.getColumn(1).getInt64(), all.getColumn(2).getInt64(),
                               static_cast<std::uint64_t>(all.getColumn(3).getInt64())});
            }
        }
        return out;
    });
}

Result<View> Reader::view(records::RecordId property) {
    return state_->read([&] {
        View view;
        auto rows = state_->rows.property(property, view_limit + 1);
        view.truncated = rows.size() > view_limit;
        if (view.truncated) rows = state_->rows.most_needed(property, view_limit);
        std::set<records::LayerKey> closed;
        for (const StoredRow& row : rows) {
            if (row.closed) closed.insert(row.layer.layer);
        }
        view.closed.assign(closed.begin(), closed.end());
        keep_newest(rows);
        std::erase_if(rows, [&](const StoredRow& row) { return state_->rows.superseded(row); });
        std::ranges::sort(rows, {}, [&](const StoredRow& row) {
            const records::LayerRow& layer = row.layer;
            return std::tuple(layer.record != property, layer.kind, -layer.as_of, layer.record, layer.layer);
        });
        view.rows.reserve(rows.size());
        for (StoredRow& row : rows) view.rows.push_back(std::move(row.layer));
        return view;
    });
}

Result<std::vector<records::LayerRow>> Reader::record(records::RecordId record) {
    return state_->read([&] { return state_->entries.record(record); });
}

namespace {

Status check_point(const Point& point) {
    if (std::isfinite(point.lat) && std::isfinite(point.lon)) return ok();
    return fail(ErrorCode::invalid_argument, "a position needs a latitude and a longitude");
}

}  // namespace

Result<std::vector<Spot>> Reader::near(std::string_view spot_class, const Point& from, std::size_t limit,
                                       Wanted wanted) {
    if (auto sound = check_point(from); !sound) return sound.error();
    return state_->read(
        [&] { return state_->spots.near(spot_class, from, std::min(limit, near_limit), wanted); });
}

Result<std::vector<records::LayerRow>> Reader::boundaries_at(const Point& point) {
    if (auto sound = check_point(point); !sound) return sound.error();
    return state_->read([&] { return state_->spots.boundaries_at(point); });
}

Result<std::vector<Spot>> Reader::box(const Bounds& bounds, const std::vector<std::string>& spot_classes,
                                      std::size_t limit) {
    return state_->read([&] { return state_->spots.box(bounds, spot_classes, std::min(limit, box_limit)); });
}

Result<std::vector<std::pair<std::string, records::Kind>>> Reader::spot_classes() {
    return sql([&] { return state_->spots.classes(); });
}

Entries& Reader::entries() {
    return state_->entries;
}

Result<std::unique_ptr<google::protobuf::Message>> merge(const std::vector<records::LayerRow>& rows) {
    std::unique_ptr<google::protobuf::Message> whole;
    Error last = fail(ErrorCode::not_found, "no layer of the record is held");
    for (const records::LayerRow& row : rows) {
        auto part = records::parse_body(row.kind, row.body);
        if (!part) {
            last = part.error();
        } else if (!whole) {
            whole = std::move(*part);
        } else if (whole->GetDescriptor() == (*part)->GetDescriptor()) {
            whole->MergeFrom(**part);
        }
    }
    if (!whole) return last;
    return whole;
}

}  // namespace fieldpost::snapshot
