#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "sync/base/sqlite.hpp"
#include "sync/records/address_words.hpp"
#include "tools/bench/peers/peers.hpp"
#include "tools/bench/query_meter.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;

std::string as_phrase(std::string_view word) {
    return fmt::format("\"{}\"", word);
}

// Words that nearly every address has: asking for them would read half of the index.
bool says_little(std::string_view word) {
    const std::string upper = records::fold(word);
    return records::street_type(upper) || records::direction(upper);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string out;
    for (const std::string& part : parts) {
        if (!out.empty()) out += between;
        out += part;
    }
    return out;
}

// Every word, the last as a beginning.
std::string all_words(std::string_view text) {
    std::vector<std::string> parts;
    for (const std::string_view word : records::split_words(text)) parts.push_back(as_phrase(word));
    if (!parts.empty()) parts.back() += " *";
    return joined(parts, " AND ");
}

// Any word that tells something.
std::string any_word(std::string_view text) {
    std::vector<std::string> parts;
    for (const std::string_view word : records::split_words(text)) {
        if (!says_little(word)) parts.push_back(as_phrase(word));
    }
    return joined(parts, " OR ");
}

// Any three letters in a row of the words that tell something, their spaces among them.
std::string any_trigram(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : records::split_words(text)) {
        if (!says_little(word)) words.emplace_back(word);
    }
    const std::string rest = joined(words, " ");
    std::vector<std::string> parts;
    for (std::size_t at = 0; at + 3 <= rest.size(); ++at) parts.push_back(as_phrase(rest.substr(at, 3)));
    return joined(parts, " OR ");
}

// One kind of text: a table with its two ways to ask.
class TextIndex {
  public:
    TextIndex(Database& database, const std::string& table, Fts5 kind) : kind_(kind), database_(database) {
        const std::string options =
            kind == Fts5::prefix ? "tokenize='ascii', prefix='2 3 4'" : "tokenize='trigram'";
        database.exec(fmt::format("CREATE VIRTUAL TABLE {} USING fts5(text, content='', columnsize=1, {})",
                                  table, options));
        insert_.emplace(database, fmt::format("INSERT INTO {}(rowid, text) VALUES (?, ?)", table));
        exact_.emplace(database, fmt::format("SELECT rowid FROM {0} WHERE {0} MATCH ? LIMIT 10", table));
        ranked_.emplace(database,
                        fmt::format("SELECT rowid FROM {0} WHERE {0} MATCH ? ORDER BY rank LIMIT 10", table));
        optimize_ = fmt::format("INSERT INTO {0}({0}) VALUES ('optimize')", table);
    }

    void add(const TextRow& row) {
        insert_->bind(1, row.id);
        insert_->bind(2, folded(row.text));
        insert_->exec();
        insert_->reset();
    }
    void optimize() { database_.exec(optimize_); }

    std::vector<records::RecordId> find(std::string_view text) {
        const std::string exact = kind_ == Fts5::prefix ? all_words(text)
                                  : text.size() >= 3    ? as_phrase(text)
                                                        : "";
        std::vector<records::RecordId> out = run(*exact_, exact);
        if (out.empty()) out = run(*ranked_, kind_ == Fts5::prefix ? any_word(text) : any_trigram(text));
        return out;
    }

  private:
    static std::vector<records::RecordId> run(SQLite::Statement& statement, const std::string& match) {
        std::vector<records::RecordId> out;
        if (match.empty()) return out;
        statement.bind(1, match);
        while (statement.executeStep()) out.push_back(statement.getColumn(0).getInt64());
        statement.reset();
        return out;
    }

    Fts5 kind_;
    Database& database_;
    std::optional<SQLite::Statement> insert_;
    std::optional<SQLite::Statement> exact_;
    std::optional<SQLite::Statement> ranked_;
    std::string optimize_;
};

class Fts5Search : public Searcher {
  public:
    Fts5Search(Database& database, Fts5 kind)
        : addresses_(database, "address", kind), names_(database, "name", kind) {
        database.exec(
            "CREATE TABLE parcel (number TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (number, id)) "
            "WITHOUT ROWID");
        insert_parcel_.emplace(database, "INSERT OR IGNORE INTO parcel VALUES (?, ?)");
        find_parcel_.emplace(database, "SELECT id FROM parcel WHERE number = ? LIMIT 10");
    }

    void add_property(const TextRow& row) {
        addresses_.add(row);
        insert_parcel_->bind(1, parcel_key(row.parcel));
        insert_parcel_->bind(2, row.id);
        insert_parcel_->exec();
        insert_parcel_->reset();
    }
    void add_party(const TextRow& row) { names_.add(row); }
    void optimize() {
        addresses_.optimize();
        names_.optimize();
    }

    Status ask(const AskedQuery& asked) override {
        return sql([&] {
            const std::string text = folded(asked.query.text);
            found_.clear();
            if (asked.sort == "number") {
                find_parcel_->bind(1, parcel_key(asked.query.text));
                while (find_parcel_->executeStep()) found_.push_back(find_parcel_->getColumn(0).getInt64());
                find_parcel_->reset();
            } else {
                found_ = (asked.sort.starts_with("name") ? names_ : addresses_).find(text);
            }
        });
    }
    std::vector<records::RecordId> found() override { return found_; }

  private:
    static std::string parcel_key(std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c != '-' && c != '.' && c != ' ') out += c;
        }
        return out;
    }

    TextIndex addresses_;
    TextIndex names_;
    std::optional<SQLite::Statement> insert_parcel_;
    std::optional<SQLite::Statement> find_parcel_;
    std::vector<records::RecordId> found_;
};

}  // namespace

Result<boost::json::object> fts5_peer(const std::filesystem::path& folder, const std::filesystem::path& file,
                                      std::size_t each, Fts5 kind) {
    const auto properties = read_property_rows(folder);
    if (!properties) return properties.error();
    const auto parties = read_party_rows(folder);
    if (!parties) return parties.error();
    const auto queries = read_queries(folder, each);
    if (!queries) return queries.error();
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    auto database = open_database(file, Durability::normal);
    if (!database) return database.error();
    return sql([&]() -> Result<boost::json::object> {
        (*database)->exec("PRAGMA mmap_size = 8000000000; PRAGMA cache_size = -64000");
        const auto began = Clock::now();
        Fts5Search search(**database, kind);
        SQLite::Transaction transaction(**database);
        for (const TextRow& row : *properties) search.add_property(row);
        for (const TextRow& row : *parties) search.add_party(row);
        search.optimize();
        transaction.commit();
        (*database)->exec("PRAGMA wal_checkpoint(TRUNCATE)");
        const double build_s = std::chrono::duration<double>(Clock::now() - began).count();
        auto figures = measure(*queries, search);
        if (!figures) return figures.error();
        (*figures)["build_s"] = build_s;
        (*figures)["index_bytes"] = std::filesystem::file_size(file);
        (*figures)["pss_mb"] = pss_mb();
        return figures;
    });
}

}  // namespace fieldpost::bench
