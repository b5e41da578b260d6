#include "daemon/hub/journal/operations.hpp"

#include <google/protobuf/arena.h>

#include <chrono>
#include <deque>

#include "daemon/hub/store/catalog.hpp"
#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

namespace {

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

constexpr const char* needs_quarantined = "the operation that it needs was quarantined";

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

struct Operations::Statements {
    explicit Statements(Database& database)
        : position(database,
                   "SELECT applied, hash, safe FROM device_lane WHERE device = ? AND epoch = ? AND lane = ?"),
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
              "recorded_at, received_at, outcome, version, reason, body, boot) "
              "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
          results(
              database,
              "SELECT seq, outcome, version, reason FROM operation "
              "WHERE device = ?1 AND epoch = ?2 AND lane = ?3 AND seq BETWEEN ?4 AND ?5 AND in_place UNION "
              "ALL "
              "SELECT a.seq, o.outcome, o.version, o.reason FROM operation_again a JOIN operation o USING "
              "(operation) "
              "WHERE a.device = ?1 AND a.epoch = ?2 AND a.lane = ?3 AND a.seq BETWEEN ?4 AND ?5 ORDER BY 1"),
          savepoint(database, "SAVEPOINT effect"),
          roll_back(database, "ROLLBACK TO effect"),
          release(database, "RELEASE effect") {}

    SQLite::Statement position, set_position, known, again, insert, results, savepoint, roll_back, release;
};

Operations::Operations(Store& store)
    : store_(store),
      effects_(store),
      parking_(store),
      registry_(store),
      statements_(std::make_unique<Statements>(store.database())) {}
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
            position.set_safe(static_cast<std::uint64_t>(get.getColumn(2).getInt64()));
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
    return take(device, place, body, nullptr);
}

Result<engine::OperationResult> Operations::quarantine(const engine::RegisteredDevice& device,
                                                       const engine::OperationPlace& place, BytesView body,
                                                       const std::string& reason) {
    return take(device, place, body, &reason);
}

Result<engine::OperationResult> Operations::take(const engine::RegisteredDevice& device,
                                                 const engine::OperationPlace& place, BytesView body,
                                                 const std::string* unread) {
    // The identity is where the operation was first written, whichever epoch brings it now.
    const Identity identity{place.origin ? place.origin->epoch() : place.epoch, place.lane,
                            place.origin ? place.origin->seq() : place.seq,
                            place.origin ? place.origin->hash() : place.hash};
    const bool in_place = identity.epoch == place.epoch && identity.seq == place.seq;
    auto known = find_known(device.id, identity);
    if (!known) return known.error();
    const auto here = Cause::place(device.id, place.epoch, place.lane, place.seq);
    if (*known) {
        const auto& [result, number, was_in_place] = **known;
        if (in_place && was_in_place) return result;
        if (auto noted = note_again(device.id, place, number); !noted) return noted.error();
        // What waits may know it by this place only.
        if (result.outcome != protocol::PARKED) {
            if (auto done = settle({here}, result.outcome, device); !done) return done.error();
        }
        return result;
    }

    // An observation has a hundred small parts: in an arena they are made and freed together.
    alignas(8) char block[16U << 10U];
    google::protobuf::Arena arena(block, sizeof block);
    auto& operation = *google::protobuf::Arena::CreateMessage<protocol::Operation>(&arena);
    const bool readable = unread == nullptr && body.size() <= protocol::max_operation_bytes &&
                          operation.ParseFromArray(body.data(), static_cast<int>(body.size()));
    auto turn = in_place ? Result<Turn>(Turn::in_order) : turn_of(device.id, identity);
    if (!turn) return turn.error();
    auto decision =
        readable
            ? decide(device, identity, operation, *turn)
            : Decision{{protocol::QUARANTINED, 0, unread == nullptr ? "it cannot be read" : *unread}, {}};
    if (!decision) return decision.error();
    auto& [result, waits_for] = *decision;
    if (waits_for) {
        auto room = parking_.has_room(device.id, body.size());
        if (!room) return room.error();
        if (!*room) {
            result = {protocol::QUARANTINED, 0, "too much of this device waits for other operations"};
            waits_for.reset();
        }
    }
    auto number = insert(device.id, identity, in_place, readable ? &operation : nullptr, result, body);
    if (!number) return number.error();
    if (!in_place) {
        if (auto noted = note_again(device.id, place, *number); !noted) return noted.error();
    }
    if (waits_for) {
        if (auto parked = parking_.park(*number, device.id, body.size(), *waits_for); !parked)
            return parked.error();
        return result;
    }
    std::vector<Cause> causes{Cause::place(device.id, identity.epoch, identity.lane, identity.seq)};
    if (!in_place) causes.push_back(here);
    const bool decided = result.outcome == protocol::ACCEPTED || result.outcome == protocol::QUARANTINED;
    if (decided && makes_observation(operation)) {
        causes.push_back(Cause::observation(operation.id()));
    }
    if (auto done = settle(std::move(causes), result.outcome, device); !done) return done.error();
    return result;
}

Result<std::optional<Operations::Known>> Operations::find_known(const std::string& device,
                                                                const Identity& identity) {
    return sql([&]() -> std::optional<Known> {
        StatementUse find(statements_->known);
        find->bindNoCopy(1, device);
        find->bind(2, integer(identity.epoch));
        find->bind(3, static_cast<int>(identity.lane));
        find->bind(4, integer(identity.seq));
        bind_blob(*find, 5, identity.hash);
        if (!find->executeStep()) return std::nullopt;
        return Known{
            {static_cast<protocol::Outcome>(find->getColumn(1).getInt()),
             static_cast<std::uint64_t>(find->getColumn(2).getInt64()), find->getColumn(3).getString()},
            find->getColumn(0).getInt64(),
            find->getColumn(4).getInt() != 0};
    });
}

Status Operations::note_again(const std::string& device, const engine::OperationPlace& place,
                              std::int64_t number) {
    return sql([&] {
        StatementUse again(statements_->again);
        again->bindNoCopy(1, device);
        again->bind(2, integer(place.epoch));
        again->bind(3, static_cast<int>(place.lane));
        again->bind(4, integer(place.seq));
        again->bind(5, number);
        again->exec();
    });
}

Result<std::int64_t> Operations::insert(const std::string& device, const Identity& identity, bool in_place,
                                        const protocol::Operation* operation,
                                        const engine::OperationResult& result, BytesView body) {
    return sql([&] {
        static const protocol::Operation unreadable;
        const auto& said = operation ? *operation : unreadable;
        StatementUse insert(statements_->insert);
        insert->clearBindings();
        insert->bindNoCopy(1, device);
        insert->bind(2, integer(identity.epoch));
        insert->bind(3, static_cast<int>(identity.lane));
        insert->bind(4, integer(identity.seq));
        bind_blob(*insert, 5, identity.hash);
        insert->bind(6, in_place ? 1 : 0);
        insert->bindNoCopy(7, said.id());
        insert->bind(8, static_cast<int>(said.effect_case()));
        insert->bindNoCopy(9, said.visit_id());
        insert->bind(10, integer(said.property()));
        insert->bind(11, said.time().utc_us());
        insert->bind(12, now_us());
        insert->bind(13, static_cast<int>(result.outcome));
        insert->bind(14, integer(result.version));
        insert->bindNoCopy(15, result.reason);
        bind_blob(*insert, 16, body);
        // Satellites' time is the best there is: nothing will correct it.
        if (is_stamped_record(said) && said.time().quality() < protocol::TIME_GNSS &&
            !said.time().boot_id().empty()) {
            bind_blob(*insert, 17, said.time().boot_id());
        }
        insert->exec();
        return static_cast<std::int64_t>(store_.database().getLastInsertRowid());
    });
}

Result<Operations::Decision> Operations::decide(const engine::RegisteredDevice& device,
                                                const Identity& identity,
                                                const protocol::Operation& operation, Turn turn) {
    if (operation.has_after()) {
        const auto& after = operation.after();
        if (after.epoch() == identity.epoch && after.lane() == identity.lane && after.seq() >= identity.seq) {
            engine::OperationResult refused{protocol::QUARANTINED, 0, "it waits for what comes after it"};
            return Decision{std::move(refused), {}};
        }
        auto standing = parking_.standing(device.id, after);
        if (!standing) return standing.error();
        switch (*standing) {
            case Parking::Standing::applied:
                break;
            case Parking::Standing::quarantined:
                return Decision{{protocol::QUARANTINED, 0, needs_quarantined}, {}};
            case Parking::Standing::missing:
            case Parking::Standing::parked: {
                engine::OperationResult parked{protocol::PARKED, 0, "waits for an operation that it needs"};
                return Decision{std::move(parked),
                                Cause::place(device.id, after.epoch(), after.lane(), after.seq())};
            }
        }
    }
    return effect_of(device, identity.lane, operation, turn);
}

// A report that was here and is forgotten may come again in a later epoch, while those behind it are known:
// it is no newer for that.
Result<Turn> Operations::turn_of(const std::string& device, const Identity& identity) {
    if (identity.lane != protocol::TELEMETRY) return Turn::in_order;
    auto position = lane_position(device, identity.epoch, identity.lane);
    if (!position) return position.error();
    return position->seq() >= identity.seq ? Turn::after_waiting : Turn::in_order;
}

Result<Operations::Decision> Operations::effect_of(const engine::RegisteredDevice& device,
                                                   protocol::Lane lane, const protocol::Operation& operation,
                                                   Turn turn) {
    const bool undoes = undoes_all_ || !changes_once(operation);
    const int changes = store_.database().getTotalChanges();
    auto effect = undoes ? take_or_undo(device, lane, operation, turn)
                         : take_effect(effects_, device, lane, operation, turn);
    if (effect) {
        Decision decision{effect->result, {}};
        if (effect->result.outcome == protocol::PARKED) {
            decision.waits_for = Cause::observation(effect->waits_for_observation);
        }
        return decision;
    }
    const bool is_at_fault = effect.error().code == ErrorCode::invalid_argument ||
                             effect.error().code == ErrorCode::not_found ||
                             effect.error().code == ErrorCode::conflict;
    if (!is_at_fault) return effect.error();  // the store's trouble, not the operation's
    if (!undoes && store_.database().getTotalChanges() != changes) {
        // A damaged store can break off in the middle. The caller rolls back, and comes again.
        undoes_all_ = true;
        return fail(ErrorCode::internal, "an operation failed half done: " + effect.error().message);
    }
    return Decision{{protocol::QUARANTINED, 0, effect.error().message}, {}};
}

Result<Effect> Operations::take_or_undo(const engine::RegisteredDevice& device, protocol::Lane lane,
                                        const protocol::Operation& operation, Turn turn) {
    return sql([&]() -> Result<Effect> {
        StatementUse(statements_->savepoint)->exec();
        auto taken = take_effect(effects_, device, lane, operation, turn);
        if (!taken) {
            StatementUse(statements_->roll_back)->exec();
            store_.rolled_back();
        }
        StatementUse(statements_->release)->exec();
        return taken;
    });
}

// What another device recorded is judged by what that one was sent.
Result<engine::RegisteredDevice> Operations::recorder(const std::string& device) {
    auto found = registry_.registered(device);
    if (!found) return found.error();
    if (*found) return std::move(**found);
    return engine::RegisteredDevice{device, {}, {}, {}, 0, false};
}

// What waited for these takes effect now, and then what waited for that.
Status Operations::settle(std::vector<Cause> causes, protocol::Outcome outcome,
                          const engine::RegisteredDevice& device) {
    auto waiting_at_all = parking_.has_any();
    if (!waiting_at_all) return waiting_at_all.error();
    if (!*waiting_at_all) return ok();
    std::deque<std::pair<Cause, protocol::Outcome>> due;
    for (auto& cause : causes) due.emplace_back(std::move(cause), outcome);
    while (!due.empty()) {
        const auto [cause, became] = std::move(due.front());
        due.pop_front();
        auto waiting = parking_.release(cause);
        if (!waiting) return waiting.error();
        for (const auto& parked : *waiting) {
            auto body = parking_.body(parked);
            if (!body) return body.error();
            protocol::Operation operation;
            if (!operation.ParseFromString(*body))
                return fail(ErrorCode::corrupt, "an operation that waited is damaged");
            Result<Decision> decision = Decision{{protocol::QUARANTINED, 0, needs_quarantined}, {}};
            if (became != protocol::QUARANTINED) {
                auto by = parked.device == device.id ? Result<engine::RegisteredDevice>(device)
                                                     : recorder(parked.device);
                if (!by) return by.error();
                decision = effect_of(*by, parked.lane, operation, Turn::after_waiting);
            }
            if (!decision) return decision.error();
            if (decision->waits_for) {
                auto again =
                    parking_.park(parked.operation, parked.device, body->size(), *decision->waits_for);
                if (!again) return again;
                continue;
            }
            const auto& result = decision->result;
            auto next = parking_.settle(parked, result.outcome, result.version, result.reason);
            if (!next) return next.error();
            for (auto& after : *next) due.emplace_back(std::move(after), result.outcome);
            if (result.outcome == protocol::ACCEPTED && makes_observation(operation)) {
                due.emplace_back(Cause::observation(operation.id()), result.outcome);
            }
        }
    }
    return ok();
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
        const auto fill = [&](std::uint64_t end) {  // with what was forgotten since (telemetry_age.hpp)
            for (; lane == protocol::TELEMETRY && expected < end; ++expected) out.emplace_back();
        };
        while (get.executeStep()) {
            const auto seq = static_cast<std::uint64_t>(get.getColumn(0).getInt64());
            fill(seq);
            if (seq != expected++) {
                get.reset();
                return fail(ErrorCode::corrupt,
                            "the stored operations of device " + std::string(device) + " have a hole");
            }
            out.push_back({static_cast<protocol::Outcome>(get.getColumn(1).getInt()),
                           static_cast<std::uint64_t>(get.getColumn(2).getInt64()),
                           get.getColumn(3).getString()});
        }
        get.reset();
        if (expected != last + 1 && lane == protocol::TELEMETRY) {
            auto position = lane_position(device, epoch, lane);
            if (!position) return position.error();
            if (position->seq() >= last) fill(last + 1);
        }
        if (expected != last + 1) {
            return fail(ErrorCode::corrupt, "operations of device " + std::string(device) + " are missing");
        }
        return out;
    });
}

}  // namespace fieldpost::hub
