#include "daemon/hub/store/field_rows.hpp"

#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

namespace {

constexpr engine::FieldNumber whole_record = 0;

}  // namespace

std::string_view to_string(Author::Role role) {
    switch (role) {
        case Author::Role::source:
            return "source";
        case Author::Role::device:
            return "device";
        case Author::Role::person:
            return "person";
    }
    return "source";
}

std::optional<FieldChange> FieldRows::last_change(records::RecordId record, engine::FieldNumber field) {
    StatementUse use(find_change_);
    use->bind(1, record);
    use->bind(2, static_cast<std::int64_t>(field));
    if (!use->executeStep()) return std::nullopt;
    FieldChange change;
    change.state = {static_cast<std::uint64_t>(use->getColumn(0).getInt64()), use->getColumn(5).getString()};
    change.before = blob(use->getColumn(1));
    change.before_version = static_cast<std::uint64_t>(use->getColumn(2).getInt64());
    change.by.role = static_cast<Author::Role>(use->getColumn(3).getInt());
    change.by.name = use->getColumn(4).getString();
    change.by.operation = use->getColumn(5).getString();
    change.by.at_us = use->getColumn(6).getInt64();
    if (!use->getColumn(7).isNull()) {
        change.by.where.emplace();
        change.by.where->set_lat_e7(use->getColumn(7).getInt());
        change.by.where->set_lon_e7(use->getColumn(8).getInt());
    }
    change.by.saw_version = static_cast<std::uint64_t>(use->getColumn(9).getInt64());
    return change;
}

std::uint64_t FieldRows::made_in(records::RecordId record) {
    const auto again = last_change(record, whole_record);
    return again ? again->state.version : 1;
}

void FieldRows::changed(records::RecordId record, engine::FieldNumber field, const FieldChange& change) {
    StatementUse use(put_change_);
    use->clearBindings();
    use->bind(1, record);
    use->bind(2, static_cast<std::int64_t>(field));
    use->bind(3, static_cast<std::int64_t>(change.state.version));
    bind_blob(*use, 4, change.before);
    use->bind(5, static_cast<std::int64_t>(change.before_version));
    use->bind(6, static_cast<int>(change.by.role));
    use->bindNoCopy(7, change.by.name);
    use->bindNoCopy(8, change.by.operation);
    use->bind(9, change.by.at_us);
    if (change.by.where) {
        use->bind(10, change.by.where->lat_e7());
        use->bind(11, change.by.where->lon_e7());
    }
    use->bind(12, static_cast<std::int64_t>(change.by.saw_version));
    use->exec();
}

void FieldRows::made_again(records::RecordId record, std::uint64_t version) {
    {
        StatementUse use(drop_changes_);
        use->bind(1, record);
        use->exec();
    }
    FieldChange made;
    made.state.version = version;
    changed(record, whole_record, made);
}

std::map<engine::FieldNumber, engine::StandingEdit> FieldRows::edits(records::RecordId record) {
    std::map<engine::FieldNumber, engine::StandingEdit> out;
    StatementUse use(find_edits_);
    use->bind(1, record);
    while (use->executeStep()) {
        out[static_cast<engine::FieldNumber>(use->getColumn(0).getInt64())] = {blob(use->getColumn(1)),
                                                                               blob(use->getColumn(2))};
    }
    return out;
}

void FieldRows::put_edit(records::RecordId record, engine::FieldNumber field,
                         const std::optional<engine::StandingEdit>& edit) {
    StatementUse use(edit ? put_edit_ : drop_edit_);
    use->bind(1, record);
    use->bind(2, static_cast<std::int64_t>(field));
    if (edit) {
        bind_blob(*use, 3, edit->imported);
        bind_blob(*use, 4, edit->value);
    }
    use->exec();
}

}  // namespace fieldpost::hub
