#include "daemon/hub/ingest/dataset_scan.hpp"

#include <algorithm>

namespace fieldpost::hub {

namespace {

// Where a record was met in the file. Some 30 bytes for each record are what an import needs in memory.
struct Met {
    std::int64_t hash = 0;
    std::uint32_t row = 0;
    bool sound = false;  // a refused row may name a record too: it protects the record from deletion, no more
    bool unchanged = false;
};

}  // namespace

bool can_be_linked(const DatasetMapping& dataset) {
    const LinkRule& rule = dataset.link;
    return dataset.kind != records::PROPERTY &&
           (rule.parcel || rule.record || rule.address.index() != 0 || rule.position.index() != 0);
}

void quarantine(const DatasetRows& rows, const std::string& file, const Refusal& refusal,
                std::vector<QuarantinedRow>& kept, DatasetReport& report) {
    ++report.quarantined;
    ++report.quarantined_by_reason[std::string(refusal.reason)];
    if (kept.size() >= most_quarantined) return;
    kept.push_back({file, rows.row().row->line, rows.key(), std::string(refusal.reason), refusal.detail,
                    rows.excerpt()});
}

void count_link(const DatasetMapping& dataset, records::LinkMethod method, DatasetReport& report) {
    if (can_be_linked(dataset)) ++report.linked_by_method[std::string(records::link_method_name(method))];
}

Result<DatasetScan> scan_dataset(const DatasetMapping& dataset, const std::string& source,
                                 std::int64_t dataset_row, DatasetRows& rows, Imports& imports,
                                 const ScanOptions& options, DatasetReport& report) {
    DatasetScan scan;
    boost::unordered_flat_map<RecordId, Met> met;
    std::uint32_t count = 0;
    for (;;) {
        auto more = rows.next();
        if (!more) return more.error();
        if (!*more) break;
        if (options.tick) options.tick();
        const std::uint32_t number = count++;
        const auto record = rows.key().empty() ? 0 : records::record_id(dataset.kind, source, rows.key());
        if (!rows.refused().empty()) {
            if (record != 0) met.try_emplace(record);
            quarantine(rows, dataset.file, {rows.refused(), rows.row().row->detail}, scan.quarantined,
                       report);
            continue;
        }
        if (record == 0) {
            quarantine(rows, dataset.file, {"missing_key", "the row has no key"}, scan.quarantined, report);
            continue;
        }
        const std::int64_t hash = rows.hash();
        auto& first = met[record];
        if (first.sound) {
            if (first.hash == hash) {
                ++report.repeated;
            } else {
                quarantine(rows, dataset.file,
                           {"duplicate_key", "an earlier row has the key '" + rows.key() + "'"},
                           scan.quarantined, report);
            }
            continue;
        }
        first = {hash, number, true, false};
    }
    report.rows_read = rows.read();
    report.filtered = rows.filtered();

    auto compared = imports.for_each_row(dataset_row, [&](const ImportedRow& stored) {
        ++scan.stored;
        const auto now = met.find(stored.record);
        if (now == met.end()) {
            if (dataset.mode == Mode::full) scan.vanished.push_back(stored.record);
            return;
        }
        if (!now->second.sound || now->second.hash != stored.hash || options.everything) return;
        if (options.try_unlinked && stored.property == 0 && can_be_linked(dataset)) return;
        now->second.unchanged = true;
        ++report.unchanged;
        count_link(dataset, stored.link_method, report);
    });
    if (!compared) return compared.error();
    for (const auto& [record, row] : met) {
        if (row.sound && !row.unchanged) scan.wanted.push_back({row.row, record, row.hash});
    }
    std::ranges::sort(scan.wanted, {}, &WantedRow::number);
    return scan;
}

}  // namespace fieldpost::hub
