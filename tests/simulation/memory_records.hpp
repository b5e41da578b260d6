// The hub's records as a model in memory: the rules of daemon/hub/store (records, what is known of their
// fields, conflicts, feeds) without a file.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "daemon/hub/store/records.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class MemoryRecords {
  public:
    struct Feed {
        std::uint64_t head = 0;
        std::uint64_t checksum = 0;
        std::map<std::uint64_t, std::shared_ptr<const protocol::FeedEntry>>
            entries;                                        // superseded ones are gone
        std::map<records::RecordId, std::uint64_t> newest;  // number of its entry
    };
    struct Layer {
        std::uint64_t version = 0;
        std::shared_ptr<const Bytes> body;
    };
    struct Record {
        records::Kind kind = records::KIND_UNSET;
        std::uint64_t version = 0;
        std::uint64_t made_in = 0;
        std::shared_ptr<const google::protobuf::Message> message;  // none: removed
        std::vector<std::string> areas;
        records::LabelOverrides labels;
        std::map<records::FeedId, Layer> layers;
        std::map<engine::FieldNumber, hub::FieldChange> changes;
        std::map<engine::FieldNumber, engine::StandingEdit> edits;
    };
    struct State {
        std::map<records::FeedId, Feed> feeds;
        std::map<records::RecordId, Record> records;
        std::vector<hub::Conflict> conflicts;  // number id - 1
    };

    explicit MemoryRecords(State& state) : state_(state) {}

    // What hub::Records, FieldRows and ConflictRows do under these names.
    std::uint64_t put(const CityChange& change, std::string_view source);
    Result<std::uint64_t> change_fields(records::RecordId record, std::span<const hub::NewValue> values,
                                        const hub::Author& by);
    Result<hub::StandingField> field(records::RecordId record, engine::FieldNumber field) const;
    const Record* find(records::RecordId record) const;  // none: never there, or removed
    void add_conflict(hub::Conflict conflict);
    void supersede(records::RecordId record, engine::FieldNumber field, const std::string& operation);
    // As hub::ConflictInbox. False: it is not open, or there is nothing left to decide.
    bool decide(std::int64_t conflict, const std::string& choice, const Bytes& value, const std::string& by);

  private:
    struct MetEdit {
        engine::FieldNumber field = 0;
        std::optional<engine::StandingEdit> edit;
        std::optional<hub::Conflict> conflict;
    };
    std::vector<MetEdit> meet_edits(const Record& record, records::RecordId id, std::string_view source,
                                    google::protobuf::Message& message) const;
    void keep_met(records::RecordId id, std::uint64_t version, std::vector<MetEdit> met);
    bool write(records::RecordId id, Record& record, std::map<records::FeedId, Bytes> layers,
               const std::set<records::LayerKey>& affirmed);
    void append(const records::FeedId& id, records::RecordId record, records::Kind kind,
                std::uint64_t version, const Bytes* body);
    static std::map<records::FeedId, Bytes> layers_of(const Record& record,
                                                      const google::protobuf::Message& message);

    State& state_;
};

}  // namespace fieldpost::simulation
