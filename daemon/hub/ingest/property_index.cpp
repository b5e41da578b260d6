#include "daemon/hub/ingest/property_index.hpp"

namespace fieldpost::hub {

Result<Linker*> PropertyIndex::linker() {
    if (linker_) return linker_.get();
    auto linker = std::make_unique<Linker>(LinkOptions{.places = places_});
    auto datasets = imports_.of_kind(records::PROPERTY);
    if (!datasets) return datasets.error();
    for (const auto dataset : *datasets) {
        Status read = ok();
        auto walked = imports_.for_each_row(dataset, [&](const ImportedRow& row) {
            if (!read) return;
            auto message = records_.message(row.record);
            if (!message) {
                read = message.error();
                return;
            }
            if (!*message) return;
            const auto& property = static_cast<const records::Property&>(**message);
            const std::vector<records::Address> aliases(property.aliases().begin(), property.aliases().end());
            std::optional<PointE7> position;
            if (property.has_position()) {
                position = PointE7{property.position().lat_e7(), property.position().lon_e7()};
            }
            linker->add_property(row.record, property.parcel_id(), property.address(), aliases, position);
        });
        if (!walked) return walked.error();
        if (!read) return read.error();
    }
    linker_ = std::move(linker);
    return linker_.get();
}

}  // namespace fieldpost::hub
