#include "daemon/hub/ingest/import.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/hub/ingest/dataset_import.hpp"
#include "daemon/hub/ingest/import_order.hpp"
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
Result<std::vector<std::int64_t>> put_catalog(Store& store, const CityMapping& city,
                                              const ImportOptions& options) {
    Catalog catalog(store);
    std::vector<std::int64_t> rows;
    try {
        SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
        if (auto put = catalog.put_city(city.city, options.drop_profiles); !put) return put.error();
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

// Datasets that hold records and that the mapping does not name: they were renamed or taken out of it.
Result<std::vector<UnmappedDataset>> find_unmapped(Imports& imports, const CityMapping& city) {
    auto stored = imports.all();
    if (!stored) return stored.error();
    std::vector<UnmappedDataset> out;
    for (const auto& one : *stored) {
        const auto source = std::ranges::find(city.sources, one.source,
                                              [](const SourceMapping& mapped) { return mapped.source.id; });
        if (source != city.sources.end() &&
            std::ranges::find(source->datasets, one.name, &DatasetMapping::name) != source->datasets.end()) {
            continue;
        }
        auto links = imports.links(one.dataset);
        if (!links) return links.error();
        std::int64_t records = 0;
        for (const auto& [method, count] : *links) records += count;
        if (records > 0) out.push_back({one.source, one.name, records});
    }
    return out;
}

}  // namespace

Result<ImportReport> import_city(Store& store, const ImportOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    auto city = load_city(options.city_dir);
    if (!city) return city.error();
    auto zone = TimeZone::parse(city->city.time_zone);
    if (!zone) return zone.error().with("city.toml");
    auto order = import_order(*city);
    if (!order) return order.error();

    const BulkSettings bulk(store.database());
    auto source_rows = put_catalog(store, *city, options);
    if (!source_rows) return source_rows.error();
    Records records(store);
    Imports imports(store);
    PropertyIndex properties(imports, records, city->places);
    ImportContext context{store, records, imports, properties, *city, *zone, options};

    auto run = imports.begin_run(options.now);
    if (!run) return run.error();
    context.run = *run;

    ImportReport report;
    report.run = *run;
    report.city = city->city.name;
    report.started_at = format_rfc3339(options.now * 1'000'000);
    for (const auto& [i, dataset] : *order) {
        const auto& source = city->sources[i];
        if (options.progress) options.progress({source.source.id, dataset->name, false, 0, 0});
        auto imported = import_dataset(context, source, (*source_rows)[i], *dataset);
        if (!imported) return imported.error();
        report.datasets.push_back(std::move(*imported));
    }
    auto unmapped = find_unmapped(imports, *city);
    if (!unmapped) return unmapped.error();
    report.unmapped = std::move(*unmapped);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (auto kept = imports.finish_run(*run, options.now, report.to_json()); !kept) return kept.error();
    return report;
}

}  // namespace fieldpost::hub
