#include "daemon/hub/ingest/dataset_scan.hpp"

#include <algorithm>
#include <set>

namespace fieldpost::hub {

namespace {

// Where a record was met in the file. Some 30 bytes for each record are what an import needs in memory.
struct Met {
    std::int64_t hash = 0;
    std::uint32_t row = 0;
    bool sound = false;  // a refused row may name a record too: it protects the record from deletion, no more
    bool unchanged = false;
};

// A row whose key cannot be read, or whose open quote took in the rows behind it, may be the row of any
// record.
bool may_hide_records(const DatasetRows& rows) {
    return rows.key().empty() ||
           (!rows.refused().empty() && rows.row().row->raw.find('\n') != std::string_view::npos);
}

// The rows that were refused before while no record was missing: they are still the rows of none.
Result<std::set<std::string>> harmless_rows(std::int64_t dataset_row, Imports& imports) {
    auto refused = imports.quarantine(dataset_row);
    if (!refused) return refused.error();
    std::set<std::string> out;
    for (auto& row : *refused) {
        if (!row.hides) out.insert(std::move(row.raw));
    }
    return out;
}

}  // namespace

bool can_be_linked(const DatasetMapping& dataset) {
    const LinkRule& rule = dataset.link;
    return dataset.kind != records::PROPERTY &&
           (rule.parcel || rule.record || rule.address.index() != 0 || rule.position.index() != 0);
}

void quarantine(const DatasetRows& rows, const std::string& file, const Refusal& refusal,
                std::vector<QuarantinedRow>& kept, DatasetReport& report, bool hides) {
    ++report.quarantined;
    ++report.quarantined_by_reason[std::string(refusal.reason)];
    if (kept.size() >= most_quarantined) return;
    kept.push_back({file, rows.row().row->line, rows.key(), std::string(refusal.reason), refusal.detail,
                    rows.excerpt(), hides});
}

Result<DatasetScan> scan_dataset(const DatasetMapping& dataset, const std::string& source,
                                 std::int64_t dataset_row, DatasetRows& rows, Imports& imports,
                                 const std::function<void()>& tick, DatasetReport& report) {
    DatasetScan scan;
    auto known = harmless_rows(dataset_row, imports);
    if (!known) return known.error();
    boost::unordered_flat_map<RecordId, Met> met;
    std::uint32_t count = 0;
    for (;;) {
        auto more = rows.next();
        if (!more) return more.error();
        if (!*more) break;
        tick();
        const std::uint32_t number = count++;
        const auto record = rows.key().empty() ? 0 : records::record_id(dataset.kind, source, rows.key());
        const bool hides = may_hide_records(rows) && !known->contains(rows.excerpt());
        if (hides) ++scan.hiding;
        if (!rows.refused().empty()) {
            if (record != 0) met.try_emplace(record);
            quarantine(rows, dataset.file, {rows.refused(), rows.row().row->detail}, scan.quarantined, report,
                       hides);
            continue;
        }
        if (record == 0) {
            quarantine(rows, dataset.file, {"missing_key", "the row has no key"}, scan.quarantined, report,
                       hides);
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
        if (!now->second.sound || now->second.hash != stored.hash) return;
        now->second.unchanged = true;
        ++report.unchanged;
    });
    if (!compared) return compared.error();
    for (const auto& [record, row] : met) {
        if (row.sound && !row.unchanged) scan.wanted.push_back({row.row, record, row.hash});
    }
    std::ranges::sort(scan.wanted, {}, &WantedRow::number);
    return scan;
}

}  // namespace fieldpost::hub
