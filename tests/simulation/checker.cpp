#include "tests/simulation/checker.hpp"

#include <algorithm>

#include "tests/simulation/describe.hpp"

namespace fieldpost::simulation {

namespace {

std::size_t hash(BytesView bytes) {
    return std::hash<BytesView>()(bytes);
}

}  // namespace

void Checker::problem(Subject about, std::string text) {
    trace_.add(now_, "checker", about, [&] { return "PROBLEM: " + text; });
    problems_.push_back({now_, std::move(about), std::move(text)});
}

// ------------------------------------------------------------------ what a crew was told

void Checker::asked(const std::string& device, protocol::Lane lane, const protocol::Operation& operation,
                    std::int64_t true_us, const std::string& needs) {
    Asked& asked = operations_[{device, operation.id()}];
    asked.lane = lane;
    asked.needs = needs;
    asked.bodies.emplace(hash(operation.SerializeAsString()), true_us);
    if (asked.place == 0) asked.order = asked.tried = ++places_;
}

void Checker::recorded(const std::string& device, const std::string& id, bool repeated) {
    Asked& asked = operations_.at({device, id});
    if (repeated) return;  // it stands where it was first written
    asked.place = asked.tried;
    asked.anew = asked.anew || asked.only_at_hub;  // the end of a visit, of which there is one alone
    asked.excused = asked.only_at_hub = asked.voided = false;
}

void Checker::told_saved(const std::string& device, const std::string& id) {
    Asked& asked = operations_.at({device, id});
    if (!asked.saved) ++saved_;
    asked.saved = true;
}

void Checker::journal_opened(const std::string& device, const std::vector<KnownOperation>& there) {
    std::set<std::string> ids;
    for (const KnownOperation& known : there) ids.insert(operation_id(known.body));
    for (auto asked = operations_.lower_bound({device, {}});
         asked != operations_.end() && asked->first.first == device; ++asked) {
        Asked& operation = asked->second;
        if (ids.contains(asked->first.second)) {
            // The power went while it was committed, and it was.
            if (operation.place == 0) operation.place = operation.tried;
        } else if (operation.saved && !operation.excused && !operation.only_at_hub && !operation.made_room &&
                   !operation.voided) {
            problem({device, operation.lane, {}, asked->first.second},
                    "operation " + asked->first.second + " was told to be saved and is not in the journal");
        }
    }
}

void Checker::journal_replaced(const std::string& device, const std::vector<KnownOperation>& now_there) {
    std::set<std::string> kept;
    for (const KnownOperation& known : now_there) kept.insert(operation_id(known.body));
    std::vector<Asked*> again;
    for (auto& [key, asked] : operations_) {
        if (key.first != device) continue;
        asked.dropped.reset();  // this disk does not know of it
        asked.voided = false;
        lost_.erase(key);
        if (kept.contains(key.second)) {
            asked.made_room = asked.excused = asked.only_at_hub = false;
            if (at_hub_.contains(key)) continue;
            // Also what an earlier disk lacked, and this one has.
            if (asked.place == 0) asked.place = asked.tried;
            again.push_back(&asked);
        } else if (at_hub_.contains(key)) {
            asked.only_at_hub = true;
        } else {
            asked.excused = true;
            asked.place = 0;  // it may be on its way still, or be recorded anew
        }
    }
    place_behind(std::move(again));  // what the journal in between brought to the hub
}

void Checker::place_behind(std::vector<Asked*> those) {
    std::ranges::sort(those, {}, &Asked::order);
    for (Asked* asked : those) {
        asked->tried = ++places_;
        if (asked->place != 0) asked->place = asked->tried;
    }
}

// What went without the hub's word is telemetry, and one operation says of how many it stands in place. That
// one must arrive like any other.
void Checker::made_room(const std::string& device, const std::map<std::string, KnownOperation>& gone,
                        const std::vector<KnownOperation>& there) {
    std::uint64_t voided = 0;
    std::uint64_t named = 0;
    const auto count = [](const protocol::Voided& range) { return range.last() - range.first() + 1; };
    for (const auto& [id, known] : gone) {
        if (!known.pending) {
            let_go(device, known);
            continue;
        }
        protocol::Operation operation;
        const bool is_readable = operation.ParseFromString(known.body);
        voided += is_readable && operation.has_voided() ? count(operation.voided()) : 1;
        operations_[{device, id}].voided = true;
        const auto effect = operation.effect_case();
        const bool may_go =
            known.lane == protocol::TELEMETRY &&
            (effect == protocol::Operation::kPositionReported ||
             effect == protocol::Operation::kHealthReported || effect == protocol::Operation::kVoided ||
             effect == protocol::Operation::EFFECT_NOT_SET);
        if (!may_go)
            problem({device, known.lane, {}, id}, "thins out operation " + id + ", which is no telemetry");
    }
    for (const KnownOperation& known : there) {
        protocol::Operation operation;
        if (!operation.ParseFromString(known.body) || !operation.has_voided()) continue;
        const auto [stands, is_new] = operations_.try_emplace({device, operation.id()});
        if (!is_new) continue;
        named += count(operation.voided());
        stands->second.lane = protocol::TELEMETRY;
        stands->second.bodies.emplace(hash(known.body), 0);
        stands->second.saved = stands->second.is_void = true;
    }
    if (voided != named) {
        problem({device, protocol::TELEMETRY, {}, {}}, "thins out " + std::to_string(voided) +
                                                           " operations of telemetry, and says so of " +
                                                           std::to_string(named));
    }
}

// Telemetry goes though only the hub has it, or has had it until it was restored.
void Checker::let_go(const std::string& device, const KnownOperation& gone) {
    const std::string id = operation_id(gone.body);
    Asked& asked = operations_[{device, id}];
    if (backed_up_.contains({device, id})) {
        asked.made_room = true;
    } else if (gone.lane == protocol::TELEMETRY && at_hub_.contains({device, id})) {
        asked.only_at_hub = true;
        asked.dropped = KnownPlace{gone.epoch, gone.seq};
    } else if (gone.lane == protocol::TELEMETRY && once_at_hub_.contains({device, id})) {
        asked.excused = true;
        lost_[{device, id}] = {gone.epoch, gone.seq};
    } else {
        problem({device, asked.lane, {}, id},
                "lets go of operation " + id + ", which no backup of the hub holds");
    }
}

// ------------------------------------------------------------------ the hub

void Checker::hub_committed(const Round& round) {
    for (const auto& [device, position] : round.positions) {
        auto& known = positions_[{device, position.epoch(), position.lane()}];
        if (position.seq() < known.seq()) {
            problem({device, position.lane(), {}, {}},
                    "the hub's cursor of the " + protocol::lane_name(position.lane()) +
                        " lane went back from " + std::to_string(known.seq()) + " to " +
                        std::to_string(position.seq()));
        }
        known = position;
        auto& furthest = furthest_[{device, position.epoch(), position.lane()}];
        furthest = std::max(furthest, position.seq());
    }
    for (const auto& [device, body] : round.operations) {
        const OperationKey key{device, operation_id(body)};
        if (revoked_.contains(device))
            problem({device, 0, {}, key.second},
                    "the hub takes operation " + key.second + " of a revoked device");
        arrived(key, body);
    }
}

void Checker::arrived(const OperationKey& key, BytesView body) {
    at_hub_.insert(key);
    once_at_hub_.insert(key);
    const auto asked = operations_.find(key);
    if (asked == operations_.end()) return;
    if (!asked->second.bodies.contains(hash(body))) {
        problem({key.first, asked->second.lane, {}, key.second},
                "operation " + key.second + " reaches the hub with other bytes than were recorded");
    }
    if (!asked->second.excused) return;
    asked->second.excused = false;  // it was still on its way
    asked->second.only_at_hub = true;
}

void Checker::hub_round_uncertain(const Round& round) {
    for (const auto& [device, position] : round.positions)
        positions_.try_emplace({device, position.epoch(), position.lane()});
}

void Checker::hub_acknowledged(const std::string& device, const protocol::Ack& ack) {
    const auto& applied = ack.applied();
    if (applied.seq() == 0) return;
    // Told, whether it arrives or not; but one that is parked is told of again.
    auto& told = told_[{device, applied.epoch(), applied.lane()}];
    for (int i = 0; i < ack.versions_size(); ++i)
        told.insert(ack.first_seq() + static_cast<std::uint64_t>(i));
    for (const auto& exception : ack.exceptions()) {
        if (exception.outcome() == protocol::PARKED) told.erase(exception.seq());
    }
    const auto known = positions_.find({device, applied.epoch(), applied.lane()});
    const std::uint64_t committed = known == positions_.end() ? 0 : known->second.seq();
    if (applied.seq() > committed) {
        problem({device, applied.lane(), {}, {}},
                "the hub acknowledges " + protocol::lane_name(applied.lane()) + " " +
                    std::to_string(applied.seq()) + " and has committed " + std::to_string(committed));
    } else if (applied.seq() == committed && applied.hash() != known->second.hash()) {
        problem({device, applied.lane(), {}, {}},
                "the hub acknowledges " + protocol::lane_name(applied.lane()) + " " +
                    std::to_string(applied.seq()) + " with another hash than it committed");
    }
}

void Checker::hub_started(const std::vector<StoredOperation>& there, engine::HubStore& store) {
    for (const StoredOperation& stored : there) {
        const OperationKey key{stored.device, operation_id(stored.body)};
        if (!at_hub_.contains(key)) arrived(key, stored.body);  // the power went at its commit
    }
    for (auto& [key, committed] : positions_) {
        const auto& [device, epoch, lane] = key;
        const auto at = store.lane_position(device, epoch, static_cast<protocol::Lane>(lane));
        if (!at) continue;  // the disk does not answer: it starts again
        if (at->seq() < committed.seq()) {
            problem({device, lane, {}, {}}, "the hub forgot its cursor " + std::to_string(committed.seq()) +
                                                " of the " +
                                                protocol::lane_name(static_cast<protocol::Lane>(lane)) +
                                                " lane, and is at " + std::to_string(at->seq()));
        } else {
            committed = *at;
            furthest_[key] = std::max(furthest_[key], at->seq());
        }
    }
}

void Checker::hub_goes_back(const std::vector<StoredOperation>& before) {
    before_restore_.clear();
    for (const StoredOperation& stored : before) {
        const bool is_told = std::ranges::any_of(stored.places, [&](const StoredOperation::Place& place) {
            const auto told = told_.find({stored.device, place.epoch, stored.lane});
            return told != told_.end() && told->second.contains(place.seq);
        });
        if (!is_told) continue;
        before_restore_[{stored.device, operation_id(stored.body)}] = {stored.outcome, stored.version,
                                                                       stored.reason};
    }
}

void Checker::hub_replaced(const std::vector<StoredOperation>& now_there, engine::HubStore& store) {
    std::set<OperationKey> there;
    auto lost = before_restore_;
    for (const StoredOperation& operation : now_there) {
        const OperationKey key{operation.device, operation_id(operation.body)};
        there.insert(key);
        const auto told = lost.find(key);
        if (told != lost.end() &&
            told->second == Told{operation.outcome, operation.version, operation.reason})
            lost.erase(told);
    }
    for (const auto& [key, told] : lost) {
        const auto asked = operations_.find(key);
        if (asked != operations_.end()) asked->second.lost_outcomes.push_back(told);
    }
    for (const OperationKey& gone : at_hub_) {
        if (there.contains(gone)) continue;
        const auto asked = operations_.find(gone);
        if (asked == operations_.end()) continue;
        if (asked->second.only_at_hub) asked->second.excused = true;
        if (asked->second.dropped) lost_[gone] = *asked->second.dropped;
        if (asked->second.made_room)
            problem({gone.first, asked->second.lane, {}, gone.second},
                    "a backup was said to hold operation " + gone.second + ", and does not");
    }
    at_hub_ = std::move(there);
    went_back_ = true;
    // An old copy of a disk may hold what the journal before had let go: it comes in its place now.
    std::vector<Asked*> again;
    for (auto& [key, asked] : operations_) {
        if (!asked.excused && !at_hub_.contains(key)) again.push_back(&asked);
    }
    place_behind(std::move(again));
    for (auto& [key, committed] : positions_) {
        const auto& [device, epoch, lane] = key;
        const auto at = store.lane_position(device, epoch, static_cast<protocol::Lane>(lane));
        if (at) committed = *at;
    }
}

void Checker::backup_kept(const std::vector<StoredOperation>& operations) {
    backed_up_.clear();
    for (const StoredOperation& stored : operations)
        backed_up_.insert({stored.device, operation_id(stored.body)});
}

void Checker::hub_has(std::uint64_t generation, const records::FeedId& feed,
                      const protocol::FeedEntry& entry) {
    const FeedKey key{generation, records::feed_text(feed)};
    const Change change{entry.row().record(), entry.row().version(), entry.remove(),
                        entry.remove() ? 0 : hash(entry.row().body())};
    const auto [known, is_new] = changes_[key].emplace(entry.n(), change);
    if (!is_new && (known->second.record != change.record || known->second.version != change.version ||
                    known->second.remove != change.remove)) {
        problem({{}, 0, records::feed_text(feed), {}}, "cursor " + std::to_string(entry.n()) + " of feed " +
                                                           records::feed_text(feed) +
                                                           " stands for two changes");
    }
    if (!change.remove) rows_[key][change.record][change.version] = change.body;
}

void Checker::hub_has_rows(std::uint64_t generation, const records::FeedId& feed, const Rows& rows) {
    const FeedKey key{generation, records::feed_text(feed)};
    for (const auto& [record, row] : rows) rows_[key][record][row.version] = hash(*row.body);
}

void Checker::profile_cleared(const std::string& device, const std::string& profile) {
    const auto feeds = feeds_of_profile(profile);
    cleared_[device].insert(feeds.begin(), feeds.end());
    given_[device] = {feeds.begin(), feeds.end()};
    for (const auto& [source, told] : told_to(profile, {})) named_[device].insert(source);
}

void Checker::source_says(const CityChange& change) {
    const auto record =
        static_cast<std::uint64_t>(records::record_id(change.kind, sample_source, change.key));
    if (!change.message) {
        removed_.insert(record);
        return;
    }
    for (const auto field : edited_fields(change.kind))
        said_[{record, field}].insert(engine::field_value(*change.message, field));
}

// ------------------------------------------------------------------ devices

void Checker::segment_applied(const std::string& device, const protocol::FeedSegment& segment,
                              std::uint64_t cursor_before) {
    const Subject about{device, 0, segment.feed(), {}};
    if (segment.after() > cursor_before) {
        problem(about, "applies feed " + segment.feed() + " after " + std::to_string(segment.after()) +
                           " to a city at " + std::to_string(cursor_before));
    }
    const auto known = changes_.find({segment.hub_generation(), segment.feed()});
    for (const auto& entry : segment.entries()) {
        const Change* change = nullptr;
        if (known != changes_.end()) {
            const auto found = known->second.find(entry.n());
            if (found != known->second.end()) change = &found->second;
        }
        if (change == nullptr || change->record != entry.row().record() ||
            change->version != entry.row().version() || change->remove != entry.remove() ||
            (!entry.remove() && change->body != hash(entry.row().body()))) {
            problem(about, "applies change " + std::to_string(entry.n()) + " of feed " + segment.feed() +
                               ", which the hub never committed");
            return;
        }
    }
}

void Checker::desired_heard(const std::string& device, const protocol::DesiredState& desired) {
    auto& newest = desired_[device];
    if (desired.generation() > newest.generation()) newest = desired;
}

void Checker::feed_gained(const std::string& device, const records::FeedId& feed) {
    const auto newest = desired_.find(device);
    // A hub that was restored gives the rights of its backup until a person has said otherwise: it keeps them
    // nowhere else yet.
    if (newest == desired_.end() || went_back_ || given_[device].contains(feed)) return;
    const std::string text = records::feed_text(feed);
    if (std::ranges::find(newest->second.feeds(), text) == newest->second.feeds().end()) {
        problem({device, 0, text, {}}, "takes up feed " + text + " after it heard, with generation " +
                                           std::to_string(newest->second.generation()) +
                                           ", that its profile does not clear it");
    }
}

void Checker::feeds_dropped(const std::string& device, const std::vector<records::FeedId>& dropped,
                            const HeldCity& city) {
    for (const auto& feed : dropped) {
        if (!city.feeds.contains(feed)) continue;
        problem({device, 0, records::feed_text(feed), {}},
                "was told to drop feed " + records::feed_text(feed) + " and holds it still");
    }
}

void Checker::source_delivers(std::int64_t at, std::uint64_t generation,
                              const std::map<records::FeedId, engine::FeedPoint>& heads) {
    Delivery& delivery = deliveries_[at];
    delivery.generation = generation;
    for (const auto& [feed, head] : heads) delivery.heads[feed] = head.n;
}

void Checker::deliveries_noted(const std::string& device, const engine::Deliveries& delivered,
                               const HeldCity& city) {
    for (const auto& [source, told] : delivered) {
        if (told.at == 0) continue;  // it never did
        const auto known = deliveries_.find(told.at);
        if (known == deliveries_.end()) {
            problem({device, 0, {}, {}}, "notes a delivery of " + source + " that there never was");
            continue;
        }
        for (const auto& [feed, content] : city.feeds) {
            const auto head = known->second.heads.find(feed);
            if (city.hub_generations.at(feed) != known->second.generation ||
                head == known->second.heads.end() || content.cursor >= head->second) {
                continue;
            }
            problem(
                {device, 0, records::feed_text(feed), {}},
                "notes a delivery of " + source + " before what came of it in " + records::feed_text(feed));
        }
    }
}

void Checker::city_holds(const std::string& device, const HeldCity& city, bool rows) {
    const auto& cleared = cleared_[device];
    for (const auto& [source, told] : city.delivered) {
        if (named_[device].contains(source)) continue;
        problem({device, 0, {}, {}},
                "knows of source " + source + ", of which its profile never cleared anything");
    }
    for (const auto& [feed, content] : city.feeds) {
        const Subject about{device, 0, records::feed_text(feed), {}};
        if (!cleared.contains(feed)) {
            problem(about, "holds feed " + records::feed_text(feed) + ", which its profile never cleared");
            continue;
        }
        if (!rows) continue;
        const auto generation = city.hub_generations.find(feed);
        const auto known = rows_.find(
            {generation == city.hub_generations.end() ? 0 : generation->second, records::feed_text(feed)});
        for (const auto& [record, row] : content.rows) {
            bool found = false;
            if (known != rows_.end()) {
                const auto versions = known->second.find(record);
                if (versions != known->second.end()) {
                    const auto body = versions->second.find(row.version);
                    found = body != versions->second.end() && body->second == hash(*row.body);
                }
            }
            if (!found) {
                problem(about, "holds version " + std::to_string(row.version) + " of record " +
                                   std::to_string(record) + " in feed " + records::feed_text(feed) +
                                   ", which the hub never had there");
                return;
            }
        }
    }
}

void Checker::counts_as_acknowledged(const std::string& device, std::uint64_t epoch, protocol::Lane lane,
                                     std::uint64_t seq) {
    if (seq == 0) return;
    // Before it was restored from a backup the hub may have held more.
    const auto known = furthest_.find({device, epoch, lane});
    const std::uint64_t committed = known == furthest_.end() ? 0 : known->second;
    if (seq > committed) {
        problem({device, lane, {}, {}}, "counts " + protocol::lane_name(lane) + " " + std::to_string(seq) +
                                            " as acknowledged; the hub has committed " +
                                            std::to_string(committed));
    }
}

// ------------------------------------------------------------------ the end

void Checker::check_hub(const std::vector<StoredOperation>& operations) {
    std::set<OperationKey> found;
    std::map<std::pair<std::string, int>, std::pair<std::uint64_t, std::string>> last;  // place, id
    for (const StoredOperation& stored : operations) {
        const std::string id = operation_id(stored.body);
        const Subject about{stored.device, stored.lane, {}, id};
        const auto asked = operations_.find({stored.device, id});
        if (asked == operations_.end()) {
            problem(about, "the hub holds operation " + id + ", which nobody recorded");
            continue;
        }
        if (!found.insert(asked->first).second && !asked->second.anew)
            problem(about, "operation " + id + " is at the hub twice");
        if (stored.lane != asked->second.lane) {
            problem(about, "operation " + id + " was recorded in the " +
                               protocol::lane_name(asked->second.lane) + " lane and came in the " +
                               protocol::lane_name(stored.lane) + " lane");
        }
        if (!asked->second.bodies.contains(hash(stored.body)))
            problem(about, "operation " + id + " is at the hub with other bytes than were recorded");
        if (asked->second.place == 0 || asked->second.is_void || asked->second.anew)
            continue;  // nobody knows where it stood
        auto& [place, before] = last[{stored.device, stored.lane}];
        if (asked->second.place < place) {
            problem(about,
                    "operation " + id + " was recorded before " + before + " and is at the hub behind it");
        }
        place = asked->second.place;
        before = id;
    }
    for (const auto& [key, asked] : operations_) {
        if (!asked.saved || asked.excused || asked.voided || found.contains(key) ||
            revoked_.contains(key.first)) {
            continue;
        }
        problem({key.first, asked.lane, {}, key.second},
                "operation " + key.second + " was told to be saved and is not at the hub");
    }
}

void Checker::check_gaps(const std::vector<StoredOperation>& operations, const std::vector<hub::Gap>& gaps) {
    std::set<OperationKey> there;
    for (const StoredOperation& stored : operations) there.insert({stored.device, operation_id(stored.body)});
    for (const auto& [key, place] : lost_) {
        if (there.contains(key) || revoked_.contains(key.first)) continue;
        const auto& [device, id] = key;
        const bool is_named = std::ranges::any_of(gaps, [&](const hub::Gap& gap) {
            return gap.device == device && gap.epoch == place.epoch && gap.lane == protocol::TELEMETRY &&
                   gap.first <= place.seq && place.seq <= gap.last;
        });
        if (is_named) continue;
        problem({device, protocol::TELEMETRY, {}, id}, "operation " + id + ", telemetry " +
                                                           std::to_string(place.seq) +
                                                           ", is lost, and the hub names no gap there");
    }
}

// What the hub says now, or said before a restore lost that.
bool Checker::may_say(const std::string& device, const KnownOperation& known,
                      const StoredOperation& at_hub) const {
    const Told says{known.outcome, known.version, known.reason};
    if (says == Told{at_hub.outcome, at_hub.version, at_hub.reason}) return true;
    const auto asked = operations_.find({device, operation_id(known.body)});
    return asked != operations_.end() &&
           std::ranges::find(asked->second.lost_outcomes, says) != asked->second.lost_outcomes.end();
}

void Checker::check_journal(const std::string& device, const std::vector<KnownOperation>& journal,
                            const std::vector<StoredOperation>& at_hub) {
    std::map<std::string, const StoredOperation*> stored;
    for (const StoredOperation& operation : at_hub) {
        if (operation.device == device) stored[operation_id(operation.body)] = &operation;
    }
    for (const KnownOperation& known : journal) {
        const std::string id = operation_id(known.body);
        const Subject about{device, known.lane, {}, id};
        const auto there = stored.find(id);
        if (there == stored.end()) {
            problem(about, "operation " + id + " is in the journal and not at the hub");
        } else if (known.pending && there->second->outcome == protocol::PARKED) {
            // It waits, and the device knows no more than that.
        } else if (known.pending) {
            problem(about, "the device does not know what became of operation " + id);
        } else if (!may_say(device, known, *there->second)) {
            problem(about, "of operation " + id + " the device says " + outcome_text(known.outcome) +
                               ", the hub " + outcome_text(there->second->outcome));
        }
    }
}

void Checker::check_city(const std::string& device, const HeldCity& city,
                         const std::vector<records::FeedId>& cleared,
                         const std::map<records::FeedId, FeedContent>& hub) {
    for (const auto& [feed, content] : city.feeds) {
        if (std::ranges::find(cleared, feed) == cleared.end()) {
            problem({device, 0, records::feed_text(feed), {}},
                    "still holds feed " + records::feed_text(feed) + ", which its profile does not clear");
        }
    }
    for (const auto& feed : cleared) {
        const Subject about{device, 0, records::feed_text(feed), {}};
        const auto at_hub = hub.find(feed);
        const auto held = city.feeds.find(feed);
        if (held == city.feeds.end()) {
            problem(about, "lacks feed " + records::feed_text(feed));
            continue;
        }
        const Rows none;
        const Rows& right = at_hub == hub.end() ? none : at_hub->second.rows;
        if (held->second.rows == right) continue;
        problem(about, "holds other rows than the hub in " + records::feed_text(feed) + ": " +
                           difference(held->second.rows, right));
    }
}

}  // namespace fieldpost::simulation
