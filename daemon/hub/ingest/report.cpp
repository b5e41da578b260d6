#include "daemon/hub/ingest/report.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <numeric>

namespace fieldpost::hub {

namespace {

std::string_view state_name(DatasetState state) {
    switch (state) {
        case DatasetState::imported:
            return "imported";
        case DatasetState::missing:
            return "missing";
        case DatasetState::stopped:
            return "stopped";
        case DatasetState::failed:
            return "failed";
    }
    return "failed";
}

std::string listed(const std::map<std::string, std::int64_t>& counts) {
    std::string out;
    for (const auto& [name, count] : counts)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, count);
    return out;
}

double rows_per_second(const DatasetReport& dataset) {
    return dataset.seconds > 0 ? static_cast<double>(dataset.rows_read) / dataset.seconds : 0;
}

std::string share_linked(const DatasetReport& dataset) {
    std::int64_t all = 0;
    std::int64_t linked = 0;
    for (const auto& [method, count] : dataset.linked_by_method) {
        all += count;
        if (method != "none") linked += count;
    }
    if (all == 0) return "";
    return fmt::format(" ({:.1f} % linked)", 100.0 * static_cast<double>(linked) / static_cast<double>(all));
}

boost::json::object to_object(const std::map<std::string, std::int64_t>& counts) {
    boost::json::object out;
    for (const auto& [name, count] : counts) out[name] = count;
    return out;
}

}  // namespace

std::int64_t ImportReport::rows_read() const {
    return std::accumulate(datasets.begin(), datasets.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& dataset) { return sum + dataset.rows_read; });
}

std::int64_t ImportReport::feed_changes() const {
    return std::accumulate(datasets.begin(), datasets.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& dataset) { return sum + dataset.feed_changes; });
}

bool ImportReport::complete() const {
    for (const auto& dataset : datasets) {
        if (dataset.state == DatasetState::stopped || dataset.state == DatasetState::failed) return false;
    }
    return true;
}

std::string ImportReport::to_text() const {
    std::string out = fmt::format("Import {} of {}, started {}\n\n", run, city, started_at);
    out += fmt::format("{:<34} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7} {:>8}\n", "dataset", "rows",
                       "accepted", "unchanged", "inserted", "updated", "deleted", "bad", "rows/s");
    for (const auto& dataset : datasets) {
        const std::string name = dataset.source + "/" + dataset.dataset;
        if (dataset.state != DatasetState::imported) {
            out += fmt::format("{:<34} {}: {}\n", name, state_name(dataset.state), dataset.message);
            continue;
        }
        out += fmt::format("{:<34} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7} {:>8.0f}\n", name,
                           dataset.rows_read, dataset.accepted, dataset.unchanged, dataset.inserted,
                           dataset.updated, dataset.deleted, dataset.quarantined, rows_per_second(dataset));
        const auto line = [&](std::string_view title, const std::map<std::string, std::int64_t>& counts,
                              const std::string& behind = "") {
            if (!counts.empty()) out += fmt::format("    {}: {}{}\n", title, listed(counts), behind);
        };
        line("quarantined", dataset.quarantined_by_reason);
        line("linked", dataset.linked_by_method, share_linked(dataset));
        if (dataset.relinked > 0) out += fmt::format("    linked anew: {}\n", dataset.relinked);
        line("not linked", dataset.unlinked_by_reason);
        line("mended", dataset.notes);
        std::map<std::string, std::int64_t> left_out;
        if (dataset.filtered > 0) left_out["not of this dataset"] = dataset.filtered;
        if (dataset.repeated > 0) left_out["repeated"] = dataset.repeated;
        line("left out", left_out);
        if (!dataset.message.empty()) out += fmt::format("    {}\n", dataset.message);
    }
    for (const auto& one : unmapped) {
        out += fmt::format(
            "{}/{}: {} records in the store, but no such data set in the mapping any more; they stay as they "
            "are\n",
            one.source, one.dataset, one.records);
    }
    out += fmt::format("\n{} rows in {:.1f} s, {} feed changes{}\n", rows_read(), seconds, feed_changes(),
                       complete() ? "" : "; NOT COMPLETE, see above");
    return out;
}

std::string ImportReport::to_json() const {
    boost::json::array list;
    for (const auto& dataset : datasets) {
        list.push_back(boost::json::object{
            {"source", dataset.source},
            {"dataset", dataset.dataset},
            {"kind", dataset.kind},
            {"file", dataset.file},
            {"state", state_name(dataset.state)},
            {"message", dataset.message},
            {"rows_read", dataset.rows_read},
            {"filtered", dataset.filtered},
            {"repeated", dataset.repeated},
            {"accepted", dataset.accepted},
            {"unchanged", dataset.unchanged},
            {"inserted", dataset.inserted},
            {"updated", dataset.updated},
            {"deleted", dataset.deleted},
            {"would_delete", dataset.would_delete},
            {"kept", dataset.kept},
            {"relinked", dataset.relinked},
            {"quarantined", dataset.quarantined},
            {"feed_changes", dataset.feed_changes},
            {"quarantined_by_reason", to_object(dataset.quarantined_by_reason)},
            {"linked_by_method", to_object(dataset.linked_by_method)},
            {"unlinked_by_reason", to_object(dataset.unlinked_by_reason)},
            {"notes", to_object(dataset.notes)},
            {"seconds", dataset.seconds},
        });
    }
    boost::json::array unmapped_list;
    for (const auto& one : unmapped) {
        unmapped_list.push_back(
            boost::json::object{{"source", one.source}, {"dataset", one.dataset}, {"records", one.records}});
    }
    const boost::json::object report{{"run", run},
                                     {"city", city},
                                     {"started_at", started_at},
                                     {"complete", complete()},
                                     {"rows_read", rows_read()},
                                     {"feed_changes", feed_changes()},
                                     {"seconds", seconds},
                                     {"datasets", std::move(list)},
                                     {"unmapped", std::move(unmapped_list)}};
    return boost::json::serialize(report);
}

}  // namespace fieldpost::hub
