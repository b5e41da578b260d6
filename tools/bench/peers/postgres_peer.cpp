#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <charconv>
#include <chrono>
#include <memory>

#include "tools/bench/bench.hpp"
#include "tools/bench/peers/peers.hpp"
#include "tools/bench/query_meter.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

Result<Answer> checked(PGconn* connection, PGresult* result) {
    Answer answer(result, PQclear);
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
        return fail(ErrorCode::unavailable, PQerrorMessage(connection));
    }
    return answer;
}

Status run(PGconn* connection, const std::string& sql) {
    auto answer = checked(connection, PQexec(connection, sql.c_str()));
    if (!answer) return answer.error();
    return {};
}

// COPY in text form; the rows hold neither tabs nor backslashes of their own.
template <class Rows, class Line>
Status copy(PGconn* connection, const std::string& table, const Rows& rows, Line line) {
    if (auto begun = run(connection, "COPY " + table + " FROM STDIN"); !begun) return begun;
    for (const auto& row : rows) {
        const std::string text = line(row);
        if (PQputCopyData(connection, text.data(), static_cast<int>(text.size())) != 1) {
            return fail(ErrorCode::unavailable, PQerrorMessage(connection));
        }
    }
    if (PQputCopyEnd(connection, nullptr) != 1)
        return fail(ErrorCode::unavailable, PQerrorMessage(connection));
    auto answer = checked(connection, PQgetResult(connection));
    if (!answer) return answer.error();
    while (PGresult* rest = PQgetResult(connection)) PQclear(rest);
    return {};
}

std::string parcel_key(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != '-' && c != '.' && c != ' ' && c != '\\') out += c;
    }
    return out;
}

constexpr std::string_view tables =
    "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    "DROP TABLE IF EXISTS address, party, hydrant;"
    "CREATE TABLE address (id bigint, text text NOT NULL, parcel text NOT NULL);"
    "CREATE TABLE party (id bigint, text text NOT NULL);"
    "CREATE TABLE hydrant (id bigint, lat float8, lon float8, works boolean);";

constexpr std::string_view indexes =
    "CREATE INDEX ON address USING gin (text gin_trgm_ops);"
    "CREATE INDEX ON address (text text_pattern_ops);"
    "CREATE INDEX ON address (parcel);"
    "CREATE INDEX ON party USING gin (text gin_trgm_ops);"
    "CREATE INDEX ON party (text text_pattern_ops);"
    "VACUUM ANALYZE address; VACUUM ANALYZE party;";

// The first finds what begins so; only where nothing does, the second looks for what is like it.
struct Statements {
    const char* begins;
    const char* like;
};
constexpr Statements address_statements{"address_begins", "address_like"};
constexpr Statements party_statements{"party_begins", "party_like"};

class PostgresSearch : public Searcher {
  public:
    explicit PostgresSearch(PGconn* connection) : connection_(connection) {}

    Status prepare() {
        for (const char* table : {"address", "party"}) {
            auto begins = checked(connection_, PQprepare(connection_, fmt::format("{}_begins", table).c_str(),
                                                         fmt::format("SELECT id FROM {} WHERE text LIKE $1 "
                                                                     "ORDER BY text LIMIT 10",
                                                                     table)
                                                             .c_str(),
                                                         1, nullptr));
            if (!begins) return begins.error();
            auto like =
                checked(connection_, PQprepare(connection_, fmt::format("{}_like", table).c_str(),
                                               fmt::format("SELECT id FROM {} WHERE text % $1 ORDER BY "
                                                           "similarity(text, $1) DESC, id LIMIT 10",
                                                           table)
                                                   .c_str(),
                                               1, nullptr));
            if (!like) return like.error();
        }
        auto parcel =
            checked(connection_, PQprepare(connection_, "parcel",
                                           "SELECT id FROM address WHERE parcel = $1 LIMIT 10", 1, nullptr));
        if (!parcel) return parcel.error();
        // With a plan of its own for each text: the pattern's beginning decides which index is used.
        return run(connection_,
                   "SET plan_cache_mode = force_custom_plan; SET pg_trgm.similarity_threshold = 0.45;"
                   "SET jit = off; SET max_parallel_workers_per_gather = 0");
    }

    Status ask(const AskedQuery& asked) override {
        found_.clear();
        if (asked.sort == "number") return find("parcel", parcel_key(asked.query.text));
        const Statements& statements = asked.sort.starts_with("name") ? party_statements : address_statements;
        const std::string text = folded(asked.query.text);
        if (auto done = find(statements.begins, text + "%"); !done || !found_.empty()) return done;
        return find(statements.like, text);
    }
    std::vector<records::RecordId> found() override { return found_; }

  private:
    Status find(const char* statement, const std::string& text) {
        const char* values[] = {text.c_str()};
        auto answer =
            checked(connection_, PQexecPrepared(connection_, statement, 1, values, nullptr, nullptr, 0));
        if (!answer) return answer.error();
        for (int row = 0; row < PQntuples(answer->get()); ++row) {
            const std::string_view cell = PQgetvalue(answer->get(), row, 0);
            records::RecordId id = 0;
            std::from_chars(cell.data(), cell.data() + cell.size(), id);
            found_.push_back(id);
        }
        return {};
    }

    PGconn* connection_;
    std::vector<records::RecordId> found_;
};

Status measure_nearest(PGconn* connection, const std::vector<TextRow>& places, boost::json::object& figures) {
    auto postgis = checked(connection, PQexec(connection, "CREATE EXTENSION IF NOT EXISTS postgis"));
    if (!postgis) return {};  // not installed: there is no figure
    if (auto made = run(connection,
                        "ALTER TABLE hydrant ADD COLUMN at geometry(Point, 4326);"
                        "UPDATE hydrant SET at = ST_SetSRID(ST_MakePoint(lon, lat), 4326);"
                        "CREATE INDEX ON hydrant USING gist (at) WHERE works; VACUUM ANALYZE hydrant");
        !made) {
        return made;
    }
    auto prepared =
        checked(connection, PQprepare(connection, "nearest",
                                      "SELECT id FROM hydrant WHERE works ORDER BY at <-> "
                                      "ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326) LIMIT 10",
                                      2, nullptr));
    if (!prepared) return prepared.error();
    std::vector<double> us;
    for (int round = 0; round < 2; ++round) {
        us.clear();
        for (const TextRow& place : places) {
            const std::string lon = fmt::format("{:.7f}", place.position.lon);
            const std::string lat = fmt::format("{:.7f}", place.position.lat);
            const char* values[] = {lon.c_str(), lat.c_str()};
            const auto began = Clock::now();
            auto answer =
                checked(connection, PQexecPrepared(connection, "nearest", 2, values, nullptr, nullptr, 0));
            us.push_back(seconds_since(began) * 1e6);
            if (!answer) return answer.error();
        }
    }
    figures["nearest_p50_us"] = quantile(us, 0.5);
    figures["nearest_p99_us"] = quantile(us, 0.99);
    return {};
}

Result<std::int64_t> relation_bytes(PGconn* connection) {
    auto answer = checked(connection,
                          PQexec(connection, "SELECT pg_indexes_size('address') + pg_indexes_size('party')"));
    if (!answer) return answer.error();
    return std::strtoll(PQgetvalue(answer->get(), 0, 0), nullptr, 10);
}

}  // namespace

Result<boost::json::object> postgres_peer(const std::filesystem::path& folder, const std::string& server,
                                          std::size_t each) {
    const auto properties = read_property_rows(folder);
    if (!properties) return properties.error();
    const auto parties = read_party_rows(folder);
    if (!parties) return parties.error();
    const auto hydrants = read_hydrant_rows(folder);
    if (!hydrants) return hydrants.error();
    const auto queries = read_queries(folder, each);
    if (!queries) return queries.error();
    const auto places = read_places(folder);
    if (!places) return places.error();
    const Connection connection(PQconnectdb(server.c_str()), PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        return fail(ErrorCode::unavailable, PQerrorMessage(connection.get()));
    }
    const auto began = Clock::now();
    if (auto made = run(connection.get(), std::string(tables)); !made) return made.error();
    auto filled = copy(connection.get(), "address", *properties, [](const TextRow& row) {
        return fmt::format("{}\t{}\t{}\n", row.id, folded(row.text), parcel_key(row.parcel));
    });
    if (!filled) return filled.error();
    filled = copy(connection.get(), "party", *parties,
                  [](const TextRow& row) { return fmt::format("{}\t{}\n", row.id, folded(row.text)); });
    if (!filled) return filled.error();
    filled = copy(connection.get(), "hydrant", *hydrants, [](const HydrantRow& row) {
        return fmt::format("{}\t{:.7f}\t{:.7f}\t{}\n", row.hydrant, row.position.lat, row.position.lon,
                           row.works ? 't' : 'f');
    });
    if (!filled) return filled.error();
    // Each by itself: VACUUM runs in no transaction.
    for (std::string_view rest = indexes; !rest.empty();) {
        const std::size_t end = rest.find(';');
        if (auto made = run(connection.get(), std::string(rest.substr(0, end))); !made) return made.error();
        rest.remove_prefix(end + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    const double build_s = seconds_since(began);
    PostgresSearch search(connection.get());
    if (auto prepared = search.prepare(); !prepared) return prepared.error();
    auto figures = measure(*queries, search);
    if (!figures) return figures.error();
    (*figures)["build_s"] = build_s;
    const auto bytes = relation_bytes(connection.get());
    if (!bytes) return bytes.error();
    (*figures)["index_bytes"] = *bytes;
    if (auto near = measure_nearest(connection.get(), *places, *figures); !near) return near.error();
    return figures;
}

}  // namespace fieldpost::bench
