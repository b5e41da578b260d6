// Reads a city file: the 360° view, nearest of a kind, the map, and (entries.hpp) what search stands on.
#pragma once

#include <google/protobuf/message.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"
#include "sync/seal/keyring.hpp"
#include "sync/snapshot/distance.hpp"
#include "sync/snapshot/meta.hpp"

namespace fieldpost::snapshot {

class Entries;

// Where something stands. `row` is the layer that holds its position.
struct Spot {
    records::LayerRow row;
    std::string spot_class;  // "property", "hazard", or the asset's class: "hydrant", "valve", "street", …
    Point position;  // of a line (a street): its nearest point in near(), the middle of its box in box()
    double distance_m = 0;   // straight line; near() only
    double bearing_deg = 0;  // from the asking position, clockwise from north; near() only
    bool out_of_service = false;
};

struct View {
    // Per record its layers, each from the feed with the highest version; ordered by kind, then newest as_of
    // first, then record. The property's own layers come first.
    std::vector<records::LayerRow> rows;
    // More rows than view_limit: hazards, pre-plans and incidents are here, and of every other kind as many,
    // the newest. The rest is left out.
    bool truncated = false;
    // Layers of which there are rows that stay closed, as no key is held.
    std::vector<records::LayerKey> closed = {};
};

enum class Wanted { all, working };

inline constexpr std::size_t view_limit = 5000;   // rows
inline constexpr std::size_t near_limit = 200;    // results
inline constexpr std::size_t box_limit = 10'000;  // results

// Its own read-only connection; one thread at a time, any number of readers beside the writer.
// Each call sees one state of the file; later calls see what was committed meanwhile. Opened on a full or
// read-only disk, it may see none of that: it is to be opened anew once the file is written again.
class Reader {
  public:
    // not_found, corrupt, or conflict when the format is another one. A key that is not the right one is
    // logged, and its layer stays closed.
    static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& path,
                                                const seal::Keyring& keys = {});
    ~Reader();

    // From now on these keys and no others. What was opened with a key that is not among them is forgotten,
    // here and by whoever searches (Entries::on_keys_changed). refused when one of them is not the one that
    // the file was sealed with: the others are held all the same.
    Status hold(const seal::Keyring& keys);
    // Sealed layers that the file has rows of, and those of them that stay closed: everything else is there
    // without their keys.
    Result<std::vector<records::LayerKey>> sealed_layers();
    Result<std::vector<records::LayerKey>> closed_layers();
    // What bodies of the open layers are packed with: for Sealing::dictionaries of the next build. As secret
    // as the layers are.
    Result<std::map<records::LayerKey, Bytes>> dictionaries();

    // As it is in the file now.
    Result<Meta> meta();
    Result<Counts> counts();
    Result<std::vector<Source>> sources();
    Result<std::vector<FeedCursor>> feeds();

    // Every layer of every record linked to the property, and its own. Empty when nothing is held of it.
    Result<View> view(records::RecordId property);
    // The record's layers, each from the feed with the highest version; empty when it is not held.
    Result<std::vector<records::LayerRow>> record(records::RecordId record);

    // The nearest of a class, best first by straight-line distance: a spot class, or "asset" for every class
    // of asset but streets. At most `limit` (up to near_limit). Out-of-service assets are among them,
    // flagged, unless only those are wanted that work.
    Result<std::vector<Spot>> near(std::string_view spot_class, const Point& from, std::size_t limit,
                                   Wanted wanted = Wanted::all);
    // The layers of boundaries in whose outline the point lies; by record.
    Result<std::vector<records::LayerRow>> boundaries_at(const Point& point);
    // What stands in or crosses the box, at most `limit` (up to box_limit) in all; classes in the order given
    // are served first, an empty list means all.
    Result<std::vector<Spot>> box(const Bounds& bounds, const std::vector<std::string>& spot_classes,
                                  std::size_t limit);
    // Every spot class in the file, with its kind.
    Result<std::vector<std::pair<std::string, records::Kind>>> spot_classes();

    // The search entries over the same connection; lives as long as the reader.
    Entries& entries();

  private:
    struct State;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// The record whose layers these are (all of one record): one message with the fields of every layer that can
// be read. corrupt when the kind is unknown or no layer can be read; the rows themselves are still good to
// show as they are.
Result<std::unique_ptr<google::protobuf::Message>> merge(const std::vector<records::LayerRow>& rows);

}  // namespace fieldpost::snapshot
