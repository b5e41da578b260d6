#include "daemon/hub/ingest/import_order.hpp"

#include <algorithm>

namespace fieldpost::hub {

namespace {

struct Ranked {
    DatasetInOrder dataset;
    std::size_t rank = 0;
};

bool refers_to(const CityMapping& city, const DatasetInOrder& one, const DatasetInOrder& other) {
    const auto& reference = one.dataset->link.record;
    if (!reference || reference->kind != other.dataset->kind) return false;
    const auto& own = city.sources[one.source].source.id;
    return city.sources[other.source].source.id == (reference->source.empty() ? own : reference->source);
}

}  // namespace

Result<std::vector<DatasetInOrder>> import_order(const CityMapping& city) {
    std::vector<Ranked> all;
    for (std::size_t source = 0; source < city.sources.size(); ++source) {
        for (const auto& dataset : city.sources[source].datasets) {
            all.push_back({{source, &dataset}, dataset.kind == records::PROPERTY ? 0U : 1U});
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (auto& one : all) {
            for (const auto& other : all) {
                if (one.rank > other.rank || !refers_to(city, one.dataset, other.dataset)) continue;
                one.rank = other.rank + 1;
                changed = true;
                // No chain of references is longer than there are datasets.
                if (one.rank <= all.size()) continue;
                return fail(ErrorCode::invalid_argument,
                            one.dataset.dataset->place.text() + ": dataset '" + one.dataset.dataset->name +
                                "' would find its properties through records that find theirs through it");
            }
        }
    }
    std::ranges::stable_sort(all, {}, &Ranked::rank);
    std::vector<DatasetInOrder> out;
    for (const auto& one : all) out.push_back(one.dataset);
    return out;
}

}  // namespace fieldpost::hub
