#include <algorithm>

#include "daemon/hub/sources/mapping.hpp"
#include "daemon/hub/sources/source_file.hpp"
#include "daemon/hub/sources/toml_table.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

Bounds read_bounds(TomlTable& table) {
    const auto* node = table.node("bounds");
    const auto* edges = node == nullptr ? nullptr : node->as_array();
    std::vector<double> values;
    for (std::size_t i = 0; edges != nullptr && i < edges->size(); ++i) {
        if (edges->get(i)->is_number()) values.push_back(*edges->get(i)->value<double>());
    }
    const Bounds bounds = values.size() == 4 ? Bounds{values[0], values[1], values[2], values[3]} : Bounds{};
    if (!(bounds.west < bounds.east && bounds.south < bounds.north && bounds.west >= -180 &&
          bounds.east <= 180 && bounds.south >= -90 && bounds.north <= 90)) {
        table.file().complain(table.place("bounds"),
                              "the file needs bounds = [west, south, east, north] in degrees");
    }
    return bounds;
}

Profile read_profile(TomlFile& file, const std::string& name, const toml::table& inside, const City& city) {
    TomlTable table(file, inside, "[profiles." + name + "]");
    Profile profile{name, table.text("title", name), table.texts("areas"), {}};
    for (const auto& area : profile.areas) {
        if (!city.areas.contains(area))
            table.complain("areas", "names '" + area + "', which [areas] does not have");
    }
    if (profile.areas.empty()) table.required_text("areas");
    for (const auto& text : table.texts("clearance")) {
        const auto feed = records::parse_feed("any/" + text);
        if (feed) {
            profile.clearance.insert(feed->layer);
        } else {
            table.complain("clearance", "holds '" + text + "'; it must look like \"internal/general\"");
        }
    }
    if (profile.clearance.empty()) table.required_text("clearance");
    table.finish();
    return profile;
}

struct CityFile {
    CityMapping mapping;
    std::vector<std::string> source_files;
};

Result<CityFile> parse_city(std::string_view text) {
    TomlFile file("city.toml", text);
    if (auto parsed = file.status(); !parsed) return parsed.error();
    TomlTable root(file, file.root(), "the file");
    CityFile out;
    City& city = out.mapping.city;
    city.id = root.required_text("id");
    city.name = root.required_text("name");
    city.bounds = read_bounds(root);
    city.time_zone = root.text("time_zone");
    out.mapping.places = root.texts("places");
    out.source_files = root.texts("sources");
    if (out.source_files.empty()) root.required_text("sources");
    for (auto& [id, title] : root.text_pairs("areas")) {
        if (!records::parse_feed(id + "/public/general")) {
            root.complain("areas", "names '" + id + "'; an area has 1 to 64 characters of a-z 0-9 _ -");
        }
        city.areas.emplace(std::move(id), std::move(title));
    }
    if (city.areas.empty()) root.complain("areas", "must name at least one area");
    if (const auto* profiles = root.table("profiles")) {
        TomlTable table(file, *profiles, "[profiles]");
        for (const auto& [name, node] : table.all()) {
            if (!records::parse_feed(name + "/public/general")) {  // it becomes the name of a folder
                file.complain(*node, "[profiles] names '" + name +
                                         "'; a profile has 1 to 64 characters of a-z 0-9 _ -");
            } else if (const auto* inside = node->as_table()) {
                city.profiles.push_back(read_profile(file, name, *inside, city));
            } else {
                file.complain(*node, "[profiles." + name + "] must be a table");
            }
        }
    }
    root.finish();
    if (auto sound = file.status(); !sound) return sound.error();
    return out;
}

}  // namespace

Result<CityMapping> load_city(const std::filesystem::path& folder) {
    auto text = read_file(folder / "city.toml", max_toml_bytes);
    if (!text) return text.error().with("a city needs a city.toml");
    auto parsed = parse_city(*text);
    if (!parsed) return parsed.error();
    CityMapping mapping = std::move(parsed->mapping);
    for (const auto& name : parsed->source_files) {
        auto source_text = read_file(folder / name, max_toml_bytes);
        if (!source_text) return source_text.error().with("city.toml names the source file " + name);
        auto source = parse_source(name, *source_text, mapping.city);
        if (!source) return source.error();
        const auto& id = source->source.id;
        if (std::ranges::any_of(mapping.sources, [&](const auto& other) { return other.source.id == id; })) {
            return fail(ErrorCode::invalid_argument,
                        name + ": source '" + id + "' is there already in another file");
        }
        source->fingerprint = sha256(*text + *source_text);
        mapping.sources.push_back(std::move(*source));
    }
    return mapping;
}

}  // namespace fieldpost::hub
