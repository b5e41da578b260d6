#include "daemon/hub/journal/conflict_inbox.hpp"

#include <boost/json/array.hpp>

#include "daemon/support/field_json.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

constexpr std::size_t max_name = 200;  // bytes

const google::protobuf::FieldDescriptor* descriptor_of(const google::protobuf::Message& record,
                                                       engine::FieldNumber field) {
    return record.GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
}

json::value value_json(records::Kind kind, engine::FieldNumber field, BytesView value) {
    const auto record = records::new_message(kind);
    const auto* descriptor = record ? descriptor_of(*record, field) : nullptr;
    if (descriptor == nullptr || value.empty() || !engine::set_field(*record, field, value)) return nullptr;
    return support::field_json(*record, *descriptor);
}

std::string field_name(records::Kind kind, engine::FieldNumber field) {
    const auto record = records::new_message(kind);
    const auto* descriptor = record ? descriptor_of(*record, field) : nullptr;
    return descriptor != nullptr ? descriptor->name() : std::to_string(field);
}

json::object side_json(const Conflict& conflict, const ConflictSide& side) {
    json::object saw{{"version", side.by.saw_version}};
    if (side.saw) saw["value"] = value_json(conflict.kind, conflict.field, *side.saw);
    return json::object{
        {"value", value_json(conflict.kind, conflict.field, side.value)},
        {"by", json::object{{"role", to_string(side.by.role)}, {"name", side.by.name}}},
        {"operation", side.by.operation.empty() ? json::value(nullptr) : json::value(side.by.operation)},
        {"at", side.by.at_us == 0 ? json::value(nullptr) : json::value(format_rfc3339(side.by.at_us))},
        {"where", support::point_json(side.by.where)},
        {"saw", std::move(saw)}};
}

json::object conflict_json(const Conflict& conflict) {
    json::object out{{"id", conflict.id},
                     {"state", to_string(conflict.state)},
                     {"opened_at", format_rfc3339(conflict.opened_at * 1'000'000)},
                     {"record", records::id_text(conflict.record)},
                     {"kind", records::kind_name(conflict.kind)},
                     {"field", field_name(conflict.kind, conflict.field)},
                     {"version", conflict.shown_version},
                     {"ours", side_json(conflict, conflict.shown)},
                     {"theirs", side_json(conflict, conflict.other)},
                     {"decision", nullptr}};
    if (conflict.decision) {
        out["decision"] =
            json::object{{"choice", conflict.decision->choice},
                         {"by", conflict.decision->by},
                         {"at", format_rfc3339(conflict.decision->at * 1'000'000)},
                         {"value", value_json(conflict.kind, conflict.field, conflict.decision->value)},
                         {"version", conflict.decision->version}};
    }
    return out;
}

}  // namespace

ConflictInbox::ConflictInbox(Store& store) : store_(store), records_(store), rows_(store) {}

Result<json::array> ConflictInbox::list(std::optional<ConflictState> state, std::size_t limit) {
    return sql([&] {
        json::array out;
        for (const auto& conflict : rows_.list(state, limit)) out.push_back(conflict_json(conflict));
        return out;
    });
}

Result<json::object> ConflictInbox::find(std::int64_t id) {
    return sql([&]() -> Result<json::object> {
        const auto conflict = rows_.find(id);
        if (!conflict) return fail(ErrorCode::not_found, "there is no conflict " + std::to_string(id));
        return conflict_json(*conflict);
    });
}

Result<Conflict> ConflictInbox::open_conflict(std::int64_t id) {
    auto conflict = rows_.find(id);
    if (!conflict) return fail(ErrorCode::not_found, "there is no conflict " + std::to_string(id));
    if (conflict->state == ConflictState::superseded) {
        return fail(ErrorCode::conflict,
                    "this conflict is over: a later value took the place of the other one");
    }
    if (conflict->state != ConflictState::open) {
        return fail(ErrorCode::conflict, "this conflict was decided by " + conflict->decision->by + " at " +
                                             format_rfc3339(conflict->decision->at * 1'000'000));
    }
    return std::move(*conflict);
}

Result<Bytes> ConflictInbox::chosen_value(const Conflict& conflict, const Choice& choice,
                                          const Bytes& shown) {
    if (choice.choice == "ours") return shown;
    if (choice.choice == "theirs") return conflict.other.value;
    if (choice.choice != "value")
        return fail(ErrorCode::invalid_argument, "\"choice\" is one of ours, theirs, value");
    const auto record = records::new_message(conflict.kind);
    const auto* field = record ? descriptor_of(*record, conflict.field) : nullptr;
    if (field == nullptr)
        return fail(ErrorCode::invalid_argument,
                    "this program does not know the field: choose ours or theirs");
    if (auto set = support::set_field_from_json(*record, *field, choice.value); !set) return set.error();
    return engine::field_value(*record, conflict.field);
}

Result<json::object> ConflictInbox::decide(std::int64_t id, const Choice& choice) {
    if (choice.by.empty() || choice.by.size() > max_name)
        return fail(ErrorCode::invalid_argument, "say who decides: a name of up to 200 bytes in \"by\"");
    return sql([&]() -> Result<json::object> {
        SQLite::Transaction transaction(store_.database(), SQLite::TransactionBehavior::IMMEDIATE);
        auto conflict = open_conflict(id);
        if (!conflict) return conflict.error();
        auto stands = records_.field(conflict->record, conflict->field);
        const bool is_gone = !stands && stands.error().code == ErrorCode::not_found;
        if (!stands && !is_gone) return stands.error();
        if (is_gone && choice.choice != "ours") {
            return fail(ErrorCode::conflict,
                        "the record is not there any more: only \"ours\" is left, which changes nothing");
        }
        auto value = chosen_value(*conflict, choice, is_gone ? Bytes() : stands->value);
        if (!value) return value.error();
        Conflict::Decision decision{choice.choice, choice.by, 0, *value, 0};
        if (!is_gone) {
            Author by{Author::Role::person, choice.by, {}, choice.now_us, {}, stands->state.version};
            // Whoever gave the chosen value goes on from it as from their own.
            if (choice.choice == "ours") by.operation = stands->by.operation;
            if (choice.choice == "theirs") by.operation = conflict->other.by.operation;
            const NewValue chosen{conflict->field, *value};
            auto changed = records_.change_fields(conflict->record, {&chosen, 1}, by);
            if (!changed) return changed.error();
            decision.version = static_cast<std::uint64_t>(changed->version);
        }
        rows_.decide(id, decision);
        auto decided = rows_.find(id);
        transaction.commit();
        return conflict_json(*decided);
    });
}

}  // namespace fieldpost::hub
