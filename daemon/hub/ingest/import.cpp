#include "daemon/hub/ingest/import.hpp"

#include <chrono>

#include "daemon/hub/ingest/dataset_import.hpp"
#include "daemon/hub/store/catalog.hpp"

namespace fieldpost::hub {

namespace {

// An import touches pages all over the database: with a large cache and rare checkpoints it runs several
// times as fast. Durability stays as it is.
class BulkSettings {
  public:
    explicit BulkSettings(Database& database) : database_(database) {
        (void)sql([&] { database_.exec("PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=20000"); });
    }
    ~BulkSettings() {
        (void)sql([&] {
            database_.exec(
                "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=1000; PRAGMA wal_checkpoint(TRUNCATE)");
        });
    }
    BulkSettings(const BulkSettings&) = delete;
    BulkSettings& operator=(const BulkSettings&) = delete;

  private:
    Database& database_;
};

// City and sources, in one transaction; gives the sources' row numbers.
Result<std::vector<std::int64_t>> put_catalog(Store& store, const CityMapping& city) {
    Catalog catalog(store);
    std::vector<std::int64_t> rows;
    try {
        SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
        if (auto put = catalog.put_city(city.city); !put) return put.error();
        for (const auto& source : city.sources) {
            auto row = catalog.put_source(source.source);
            if (!row) return row.error();
            rows.push_back(*row);
        }
        transaction.commit();
    } catch (const SQLite::Exception& exception) {
        return to_error(exception);
    }
    return rows;
}

}  // namespace

Result<ImportReport> import_city(Store& store, const ImportOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    auto city = load_city(options.city_dir);
    if (!city) return city.error();
    auto zone = TimeZone::parse(city->time_zone);
    if (!zone) return zone.error().with("city.toml");

    const BulkSettings bulk(store.database());
    auto source_rows = put_catalog(store, *city);
    if (!source_rows) return source_rows.error();
    Records records(store);
    Imports imports(store);
    PropertyIndex properties(imports, records, city->places);
    ImportContext context{store, records, imports, properties, *city, *zone, options};

    auto pending = imports.properties_changed();
    if (!pending) return pending.error();
    context.properties_changed = *pending;
    auto run = imports.begin_run(options.now);
    if (!run) return run.error();
    context.run = *run;

    ImportReport report;
    report.run = *run;
    report.city = city->city.name;
    report.started_at = format_rfc3339(options.now * 1'000'000);
    // Properties first: everything else is linked to them.
    for (const bool properties_turn : {true, false}) {
        for (std::size_t i = 0; i < city->sources.size(); ++i) {
            for (const auto& dataset : city->sources[i].datasets) {
                if ((dataset.kind == records::PROPERTY) != properties_turn) continue;
                if (options.progress)
                    options.progress({city->sources[i].source.id, dataset.name, false, 0, 0});
                auto imported = import_dataset(context, city->sources[i], (*source_rows)[i], dataset);
                if (!imported) return imported.error();
                report.datasets.push_back(std::move(*imported));
            }
        }
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (report.complete()) {
        if (auto settled = imports.set_properties_changed(false); !settled) return settled.error();
    }
    if (auto kept = imports.finish_run(*run, options.now, report.to_json()); !kept) return kept.error();
    return report;
}

}  // namespace fieldpost::hub
