// A source's mapping file. Refused with a sentence that names file and line, or accepted: then every dataset
// has a name of its own, a kind, areas that the city has, fields that the kind has, and no label below a
// field's floor for which the file gives no reason.
#include <algorithm>

#include "daemon/hub/sources/source_file.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

void check_labels(const hub::DatasetMapping& dataset, std::string_view text) {
    const auto message = records::new_message(dataset.kind);
    for (const auto& [name, layer] : dataset.labels) {
        const auto* field = message->GetDescriptor()->FindFieldByName(name);
        must(field != nullptr, "a label is given to a field of the kind");
        const auto floor = records::field_label(*field).layer;
        const bool below =
            layer.classification < floor.classification || layer.compartment != floor.compartment;
        must(!below || text.find("reason") != std::string_view::npos, "a label is lowered for a reason only");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(64U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    hub::City city;
    city.areas = {{"city", "City"}, {"north", "North"}};
    const auto mapping = hub::parse_source("lpi.toml", text, city);
    if (!mapping) {
        check_refusal(mapping.error(), "lpi.toml", text);
        return 0;
    }
    must(!mapping->source.id.empty() && mapping->source.refresh_s >= 0, "a source has an id");
    for (const auto& dataset : mapping->datasets) {
        must(std::ranges::count(mapping->datasets, dataset.name, &hub::DatasetMapping::name) == 1,
             "a dataset has a name of its own");
        const auto message = records::new_message(dataset.kind);
        must(message != nullptr && !dataset.fields.empty() && !dataset.key.empty(),
             "a dataset has a kind, fields and a key");
        must(dataset.file.find("..") == std::string::npos && !dataset.file.starts_with('/'),
             "a dataset's file lies in the data folder");
        must(dataset.delete_limit >= 0 && dataset.delete_limit <= 1, "a share is 0 to 1");
        for (const auto& area : dataset.areas)
            must(city.areas.contains(area), "a dataset's areas are the city's");
        for (const auto& field : dataset.fields) {
            must(message->GetDescriptor()->FindFieldByName(field.field) != nullptr,
                 "a field is one of the kind");
        }
        check_labels(dataset, text);
    }
    return 0;
}
