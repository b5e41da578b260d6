#include "daemon/device/view/place_view.hpp"

#include "sync/lookup/describe.hpp"

namespace fieldpost::device {

Result<PlaceView> view_place(snapshot::Reader& reader, records::RecordId property, engine::Overlay overlay,
                             const std::vector<engine::OwnOperation>& own, const Now& now) {
    auto rows = reader.view(property);
    if (!rows) return rows.error();
    if (rows->rows.empty() && own.empty()) {
        return fail(ErrorCode::not_found, "this vehicle holds no property with that id");
    }
    auto sources = reader.sources();
    if (!sources) return sources.error();
    overlay.hold(rows->rows);
    overlay.lay(own);

    PlaceView out{property, {}, {}, rows->truncated, std::move(overlay), {}, {}, {}};
    const Origins origins(*sources, now);
    const auto records = held_records(out.overlay, origins);
    for (const auto& record : records) {
        if (record.origin.record != property) continue;
        out.title = lookup::describe(record.kind, *record.message).title;
        out.position = records::position_of(*record.message);
    }
    Surroundings around;
    if (out.position) {
        const auto here = snapshot::to_point(*out.position);
        auto hydrants = reader.near("hydrant", here, sheet_hydrants, snapshot::Wanted::working);
        if (!hydrants) return hydrants.error();
        around.hydrants = std::move(*hydrants);
        auto valves = reader.near("valve", here, 1, snapshot::Wanted::working);
        if (!valves) return valves.error();
        around.valves = std::move(*valves);
        auto boundaries = reader.boundaries_at(here);
        if (!boundaries) return boundaries.error();
        out.responsible = responsible_for(*boundaries, "", origins);
    }
    out.sheet = quick_sheet(records, around, origins, now);
    out.file = case_file(records, now);
    return out;
}

}  // namespace fieldpost::device
