// The 360° view of a property: all that the box holds of it, for every kind of reader, out of a handful of
// index seeks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/device/view/case_file.hpp"
#include "daemon/device/view/quick_sheet.hpp"
#include "daemon/device/view/responsible.hpp"

namespace fieldpost::device {

struct PlaceView {
    records::RecordId property = 0;
    std::string title;  // its address
    std::optional<records::Position> position;
    bool truncated = false;   // as snapshot::View
    engine::Overlay overlay;  // every record with the crew's own work
    QuickSheet sheet;
    CaseFile file;
    std::vector<Responsible> responsible;  // for any topic
};

// `overlay` is empty and knows what the profile clears; `own` are the crew's operations about the property,
// from the oldest to the newest. not_found when the box holds nothing of it. The reader's thread.
Result<PlaceView> view_place(snapshot::Reader& reader, records::RecordId property, engine::Overlay overlay,
                             const std::vector<engine::OwnOperation>& own, const Now& now);

}  // namespace fieldpost::device
