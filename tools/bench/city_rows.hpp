// What is in a city file, as plain rows: the same for our search and for every peer.
#pragma once

#include <string>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::bench {

struct PropertyRow {
    records::RecordId property = 0;
    records::Address address;
    std::string parcel;
    snapshot::Point position;
};
// Every property that has a position, in no order that means anything.
Result<std::vector<PropertyRow>> read_properties(snapshot::Reader& reader);

struct PartyRow {
    records::RecordId party = 0;
    records::RecordId property = 0;
    std::string name;
};
// The parties that belong to these properties.
Result<std::vector<PartyRow>> read_parties(snapshot::Reader& reader,
                                           const std::vector<PropertyRow>& properties);

struct HydrantRow {
    records::RecordId hydrant = 0;
    snapshot::Point position;
    bool works = true;
};
Result<std::vector<HydrantRow>> read_hydrants(snapshot::Reader& reader);

}  // namespace fieldpost::bench
