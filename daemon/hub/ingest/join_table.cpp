#include "daemon/hub/ingest/join_table.hpp"

#include <cstring>

#include "daemon/hub/ingest/text.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/records/address.hpp"

namespace fieldpost::hub {

namespace {

// Cells as a run of (length, bytes).
void pack(const Cells& cells, std::string& out) {
    out.clear();
    for (const auto cell : cells) {
        const auto length = static_cast<std::uint32_t>(cell.size());
        out.append(reinterpret_cast<const char*>(&length), sizeof length);
        out.append(cell);
    }
}

void unpack(JoinedRow& row) {
    row.cells.clear();
    const std::string_view all(row.stored);
    for (std::size_t at = 0; at + sizeof(std::uint32_t) <= all.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, all.data() + at, sizeof length);
        at += sizeof length;
        row.cells.push_back(all.substr(at, length));
        at += length;
    }
}

}  // namespace

struct JoinTable::Storage {
    // An empty name is a database of its own that spills to an unlinked file and goes with the connection.
    Database database{"", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    std::optional<SQLite::Statement> find;
};

JoinTable::JoinTable() : storage_(std::make_unique<Storage>()) {}
JoinTable::JoinTable(JoinTable&&) noexcept = default;
JoinTable& JoinTable::operator=(JoinTable&&) noexcept = default;
JoinTable::~JoinTable() = default;

std::string JoinTable::normalised_key(std::string_view key, const JoinRule& rule) {
    if (rule.by_address) {
        const auto address = records::parse_address(key);
        // A street without a number is no address that two files could share.
        return address.number() == 0 ? std::string() : records::address_key(address);
    }
    std::string out = upper_ascii(key);
    if (!rule.ignore.empty())
        std::erase_if(out, [&](char c) { return rule.ignore.find(c) != std::string::npos; });
    return out;
}

Result<JoinTable> JoinTable::load(const JoinRule& rule, const std::filesystem::path& data_dir,
                                  const std::vector<std::string>& null_words) {
    auto rows = open_rows(data_dir / rule.file, {rule.layer, false});
    if (!rows) return rows.error().with("join '" + rule.name + "'");
    JoinTable table;
    table.columns_ = (*rows)->columns();
    const ColumnNames names(rule.file, table.columns_);
    auto there = BoundValue::bind(rule.there, names, null_words);
    if (!there) return there.error();
    auto where = BoundConditions::bind(rule.where, names, null_words);
    if (!where) return where.error();
    try {
        auto& database = table.storage_->database;
        database.exec(
            "PRAGMA cache_size=-65536; CREATE TABLE joined (key BLOB NOT NULL, cells BLOB NOT NULL); BEGIN");
        SQLite::Statement insert(database, "INSERT INTO joined (key, cells) VALUES (?, ?)");
        Row row;
        RowView view;
        std::string packed;
        for (;;) {
            auto more = (*rows)->next(row);
            if (!more) return more.error().with("join '" + rule.name + "'");
            if (!*more) break;
            view.own = &row.cells;
            if (!row.refused.empty()) {
                ++table.left_out_;
                continue;
            }
            if (!where->hold(view)) continue;
            std::optional<Refusal> refusal;
            const std::string key = normalised_key(there->read(view, refusal), rule);
            if (key.empty() || refusal) {
                ++table.left_out_;
                continue;
            }
            pack(row.cells, packed);
            insert.bindNoCopy(1, key.data(), static_cast<int>(key.size()));
            insert.bindNoCopy(2, packed.data(), static_cast<int>(packed.size()));
            insert.exec();
            insert.reset();
        }
        database.exec("CREATE INDEX by_key ON joined (key); COMMIT");
        table.storage_->find.emplace(database,
                                     "SELECT cells FROM joined WHERE key = ? ORDER BY rowid LIMIT 1000");
    } catch (const SQLite::Exception& exception) {
        return to_error(exception).with("join '" + rule.name + "'");
    }
    return table;
}

Status JoinTable::find(std::string_view key, std::vector<JoinedRow>& out) {
    return sql([&] {
        out.clear();
        auto& find = *storage_->find;
        find.reset();
        find.bindNoCopy(1, key.data(), static_cast<int>(key.size()));
        while (find.executeStep()) {
            const auto cells = find.getColumn(0);
            out.emplace_back().stored.assign(static_cast<const char*>(cells.getBlob()),
                                             static_cast<std::size_t>(cells.getBytes()));
        }
        find.reset();
        for (auto& row : out) unpack(row);  // when nothing moves any more
    });
}

}  // namespace fieldpost::hub
