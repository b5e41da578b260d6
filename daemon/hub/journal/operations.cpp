#include "daemon/hub/journal/operations.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>

#include "daemon/hub/journal/effects.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

void bind_blob(SQLite::Statement& statement, int index, BytesView bytes) {
    statement.bindNoCopy(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// What stands stays, and the operation's bytes are kept: a person decides.
engine::OperationResult in_conflict(std::string reason) {
    return {protocol::CONFLICT, 0, std::move(reason)};
}

std::string outcome_name(int outcome) {
    switch (outcome) {
        case protocol::CONFLICT:
            return "conflict";
        case protocol::QUARANTINED:
            return "quarantined";
        default:
            return "accepted";
    }
}

}  // namespace

struct Operations::Statements {
    explicit Statements(Database& database)
        : position(database,
                   "SELECT applied, hash FROM device_lane WHERE device = ? AND epoch = ? AND lane = ?"),
          set_position(
              database,
              "INSERT INTO device_lane(device, epoch, lane, applied, hash, updated_at) "
              "VALUES(?, ?, ?, ?, ?, unixepoch()) ON CONFLICT DO UPDATE SET applied = excluded.applied, "
              "hash = excluded.hash, updated_at = excluded.updated_at"),
          known(database,
                "SELECT operation, outcome, version, reason, in_place FROM operation "
                "WHERE device = ? AND epoch = ? AND lane = ? AND seq = ? AND hash = ?"),
          again(database,
                "INSERT OR REPLACE INTO operation_again(device, epoch, lane, seq, operation) VALUES(?, ?, ?, "
                "?, ?)"),
          insert(
              database,
              "INSERT INTO operation(device, epoch, lane, seq, hash, in_place, id, effect, visit, property, "
              "recorded_at, received_at, outcome, version, reason, body) "
              "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
          results(
              database,
              "SELECT seq, outcome, version, reason FROM operation "
              "WHERE device = ?1 AND epoch = ?2 AND lane = ?3 AND seq BETWEEN ?4 AND ?5 AND in_place UNION "
              "ALL "
              "SELECT a.seq, o.outcome, o.version, o.reason FROM operation_again a JOIN operation o USING "
              "(operation) "
              "WHERE a.device = ?1 AND a.epoch = ?2 AND a.lane = ?3 AND a.seq BETWEEN ?4 AND ?5 ORDER BY 1"),
          areas(database,
                "SELECT DISTINCT f.area FROM layer l JOIN feed f USING (feed) WHERE l.property = ?1 AND "
                "l.kind = ?2 "
                "AND l.record = ?1") {}

    SQLite::Statement position, set_position, known, again, insert, results, areas;
};

Operations::Operations(Store& store)
    : store_(store), records_(store), statements_(std::make_unique<Statements>(store.database())) {}
Operations::~Operations() = default;

Status Operations::prepare() {
    auto put = Catalog(store_).put_source({std::string(field_source), "Field crews", "Fleet",
                                           "Visits and observations recorded in the vehicles", 0});
    if (!put) return put.error();
    return ok();
}

Result<protocol::LanePosition> Operations::lane_position(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane) {
    return sql([&] {
        protocol::LanePosition position;
        position.set_lane(lane);
        position.set_epoch(epoch);
        SQLite::Statement& get = statements_->position;
        get.reset();
        get.bind(1, std::string(device));
        get.bind(2, integer(epoch));
        get.bind(3, static_cast<int>(lane));
        if (get.executeStep()) {
            const SQLite::Column hash = get.getColumn(1);
            position.set_seq(static_cast<std::uint64_t>(get.getColumn(0).getInt64()));
            position.set_hash(hash.getBlob(), static_cast<std::size_t>(hash.getBytes()));
        } else {
            position.set_hash(protocol::chain_start(device, epoch, lane));
        }
        get.reset();
        return position;
    });
}

Status Operations::set_lane_position(std::string_view device, const protocol::LanePosition& position) {
    return sql([&] {
        SQLite::Statement& set = statements_->set_position;
        set.reset();
        set.bind(1, std::string(device));
        set.bind(2, integer(position.epoch()));
        set.bind(3, static_cast<int>(position.lane()));
        set.bind(4, integer(position.seq()));
        bind_blob(set, 5, position.hash());
        set.exec();
    });
}

Result<engine::OperationResult> Operations::apply(const engine::RegisteredDevice& device,
                                                  const engine::OperationPlace& place, BytesView body) {
    // The identity is where the operation was first written, whichever epoch brings it now.
    const std::uint64_t first_epoch = place.origin ? place.origin->epoch() : place.epoch;
    const std::uint64_t first_seq = place.origin ? place.origin->seq() : place.seq;
    const Bytes& first_hash = place.origin ? place.origin->hash() : place.hash;
    const bool in_place = first_epoch == place.epoch && first_seq == place.seq;
    auto known = sql([&]() -> std::optional<engine::OperationResult> {
        SQLite::Statement& find = statements_->known;
        find.reset();
        find.bind(1, device.id);
        find.bind(2, integer(first_epoch));
        find.bind(3, static_cast<int>(place.lane));
        find.bind(4, integer(first_seq));
        bind_blob(find, 5, first_hash);
        if (!find.executeStep()) return std::nullopt;
        engine::OperationResult result{static_cast<protocol::Outcome>(find.getColumn(1).getInt()),
                                       static_cast<std::uint64_t>(find.getColumn(2).getInt64()),
                                       find.getColumn(3).getString()};
        const std::int64_t number = find.getColumn(0).getInt64();
        const bool known_here = in_place && find.getColumn(4).getInt() != 0;
        find.reset();
        if (known_here) return result;
        SQLite::Statement& again = statements_->again;
        again.reset();
        again.bind(1, device.id);
        again.bind(2, integer(place.epoch));
        again.bind(3, static_cast<int>(place.lane));
        again.bind(4, integer(place.seq));
        again.bind(5, number);
        again.exec();
        return result;
    });
    if (!known) return known.error();
    if (*known) return **known;

    protocol::Operation operation;
    engine::OperationResult result;
    const bool readable = body.size() <= protocol::max_operation_bytes &&
                          operation.ParseFromArray(body.data(), static_cast<int>(body.size()));
    if (!readable) {
        result = {protocol::QUARANTINED, 0, "it cannot be read"};
    } else if (operation.effect_case() == protocol::Operation::EFFECT_NOT_SET) {
        result = {protocol::QUARANTINED, 0, "an effect that this hub does not know: update the hub"};
    } else {
        auto effect = sql([&]() -> Result<engine::OperationResult> {
            store_.database().exec("SAVEPOINT effect");
            auto taken = take_effect(device, operation);
            store_.database().exec(taken ? "RELEASE effect" : "ROLLBACK TO effect; RELEASE effect");
            return taken;
        });
        if (effect) {
            result = *effect;
        } else if (effect.error().code == ErrorCode::invalid_argument ||
                   effect.error().code == ErrorCode::not_found ||
                   effect.error().code == ErrorCode::conflict) {
            result = {protocol::QUARANTINED, 0, effect.error().message};
        } else {
            return effect.error();  // the store's trouble, not the operation's
        }
    }
    auto stored = sql([&] {
        SQLite::Statement& insert = statements_->insert;
        insert.reset();
        insert.bind(1, device.id);
        insert.bind(2, integer(first_epoch));
        insert.bind(3, static_cast<int>(place.lane));
        insert.bind(4, integer(first_seq));
        bind_blob(insert, 5, first_hash);
        insert.bind(6, in_place ? 1 : 0);
        insert.bind(7, readable ? operation.id() : std::string());
        insert.bind(8, readable ? static_cast<int>(operation.effect_case()) : 0);
        insert.bind(9, readable ? operation.visit_id() : std::string());
        insert.bind(10, readable ? integer(operation.property()) : 0);
        insert.bind(11, readable ? operation.time().utc_us() : 0);
        insert.bind(12, now_us());
        insert.bind(13, static_cast<int>(result.outcome));
        insert.bind(14, integer(result.version));
        insert.bind(15, result.reason);
        bind_blob(insert, 16, body);
        insert.exec();
        if (!in_place) {
            SQLite::Statement& again = statements_->again;
            again.reset();
            again.bind(1, device.id);
            again.bind(2, integer(place.epoch));
            again.bind(3, static_cast<int>(place.lane));
            again.bind(4, integer(place.seq));
            again.bind(5, store_.database().getLastInsertRowid());
            again.exec();
        }
    });
    if (!stored) return stored.error();
    return result;
}

Result<engine::OperationResult> Operations::take_effect(const engine::RegisteredDevice& device,
                                                        const protocol::Operation& operation) {
    // Every device of the fleet refuses a feed with such a number in it.
    if (operation.property() >> 63U != 0)
        return fail(ErrorCode::invalid_argument, "its property is no record id");
    RecordInput input;
    input.source = field_source;
    input.property = static_cast<records::RecordId>(operation.property());
    input.as_of = operation.time().utc_us() / 1'000'000;
    records::Visit visit;
    records::Observation observation;
    if (operation.has_observation_made()) {
        if (operation.id().empty()) return fail(ErrorCode::invalid_argument, "an observation without an id");
        observation = to_observation(device.id, operation);
        const auto id = records::record_id(records::OBSERVATION, field_source, observation.observation_id());
        auto before = records_.message(id);
        if (!before) return before.error();
        if (*before && (*before)->SerializeAsString() != observation.SerializeAsString())
            return in_conflict("another observation has this id");
        input.kind = records::OBSERVATION;
        input.key = observation.observation_id();
        input.message = &observation;
    } else {
        if (operation.visit_id().empty()) return fail(ErrorCode::invalid_argument, "a visit without an id");
        const auto id = records::record_id(records::VISIT, field_source, operation.visit_id());
        auto before = records_.message(id);
        if (!before) return before.error();
        if (*before) visit.CopyFrom(**before);
        const records::Visit stands = visit;
        if (*before && input.property == 0) {  // a finish names the visit, not the place
            auto head = records_.head(id);
            if (!head) return head.error();
            input.property = *head ? (*head)->property : 0;
        }
        apply_to_visit(device.id, operation, visit);
        if (*before && contradicts(operation, stands, visit))
            return in_conflict("the visit with this id is another's, or stands otherwise already");
        input.kind = records::VISIT;
        input.key = visit.visit_id();
        input.message = &visit;
    }
    if (input.property != 0) {
        input.link_method = records::LinkMethod::source;
        input.link_confidence = 100;
    }
    auto areas = areas_of(input.property);
    if (!areas) return areas.error();
    input.areas = *areas;
    auto outcome = records_.put(input);
    if (!outcome) return outcome.error();
    return engine::OperationResult{protocol::ACCEPTED, static_cast<std::uint64_t>(outcome->version), {}};
}

// A record of the field goes where its property goes; without one, to every area.
Result<std::vector<std::string>> Operations::areas_of(records::RecordId property) {
    auto areas = sql([&] {
        std::vector<std::string> found;
        if (property == 0) return found;
        SQLite::Statement& get = statements_->areas;
        get.reset();
        get.bind(1, property);
        get.bind(2, static_cast<int>(records::PROPERTY));
        while (get.executeStep()) found.push_back(get.getColumn(0).getString());
        get.reset();
        return found;
    });
    if (!areas || !areas->empty()) return areas;
    auto city = Catalog(store_).city();
    if (!city) return city.error();
    for (const auto& [area, title] : city->areas) areas->push_back(area);
    return areas;
}

Result<std::vector<engine::OperationResult>> Operations::results(std::string_view device, std::uint64_t epoch,
                                                                 protocol::Lane lane, std::uint64_t first,
                                                                 std::uint64_t last) {
    return sql([&]() -> Result<std::vector<engine::OperationResult>> {
        std::vector<engine::OperationResult> out;
        SQLite::Statement& get = statements_->results;
        get.reset();
        get.bind(1, std::string(device));
        get.bind(2, integer(epoch));
        get.bind(3, static_cast<int>(lane));
        get.bind(4, integer(first));
        get.bind(5, integer(last));
        std::uint64_t expected = first;
        while (get.executeStep()) {
            if (static_cast<std::uint64_t>(get.getColumn(0).getInt64()) != expected++) {
                get.reset();
                return fail(ErrorCode::corrupt,
                            "the stored operations of device " + std::string(device) + " have a hole");
            }
            out.push_back({static_cast<protocol::Outcome>(get.getColumn(1).getInt()),
                           static_cast<std::uint64_t>(get.getColumn(2).getInt64()),
                           get.getColumn(3).getString()});
        }
        get.reset();
        if (expected != last + 1) {
            return fail(ErrorCode::corrupt, "operations of device " + std::string(device) + " are missing");
        }
        return out;
    });
}

Result<std::uint64_t> Operations::count() {
    return sql([&] {
        return static_cast<std::uint64_t>(
            store_.database().execAndGet("SELECT count(*) FROM operation").getInt64());
    });
}

Result<json::array> Operations::list(std::size_t limit) {
    return sql([&] {
        json::array out;
        SQLite::Statement get(
            store_.database(),
            "SELECT device, epoch, lane, seq, id, visit, property, recorded_at, received_at, "
            "outcome, version, reason, body FROM operation ORDER BY operation DESC LIMIT ?");
        get.bind(1, static_cast<std::int64_t>(limit));
        while (get.executeStep()) {
            json::object item;
            item["device"] = get.getColumn(0).getString();
            item["epoch"] = std::to_string(get.getColumn(1).getInt64());
            item["lane"] = protocol::lane_name(static_cast<protocol::Lane>(get.getColumn(2).getInt()));
            item["seq"] = get.getColumn(3).getInt64();
            item["id"] = get.getColumn(4).getString();
            item["visit"] = get.getColumn(5).getString();
            const std::int64_t property = get.getColumn(6).getInt64();
            item["property"] = property == 0 ? json::value(nullptr) : json::value(records::id_text(property));
            item["recorded_at"] = format_rfc3339(get.getColumn(7).getInt64());
            item["received_at"] = format_rfc3339(get.getColumn(8).getInt64());
            item["outcome"] = outcome_name(get.getColumn(9).getInt());
            item["version"] = get.getColumn(10).getInt64();
            item["reason"] = get.getColumn(11).getString();
            protocol::Operation operation;
            const SQLite::Column body = get.getColumn(12);
            if (operation.ParseFromArray(body.getBlob(), body.getBytes()) &&
                operation.has_observation_made()) {
                item["kind"] = operation.observation_made().kind();
                item["note"] = operation.observation_made().note();
                item["fix"] = fix_name(operation.gnss().fix());
                item["time_quality"] = time_quality_name(operation.time().quality());
            }
            out.push_back(std::move(item));
        }
        return out;
    });
}

}  // namespace fieldpost::hub
