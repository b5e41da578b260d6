#include "tools/city/report.hpp"

#include "tools/city/output_folder.hpp"
#include "tools/city/property.hpp"

namespace fieldpost::city {
namespace {

constexpr std::string_view kVersion = "2";  // of the exports' form and content

void append_member(std::string& out, std::string_view name, std::uint64_t value) {
    if (out.back() != '{') out += ", ";
    out += '"';
    out += name;
    out += "\": ";
    append_int(out, static_cast<std::int64_t>(value));
}

void append_changes(std::string& out, std::string_view name, const Changes& changes) {
    out += ",\n      \"";
    out += name;
    out += "\": {";
    append_member(out, "changed", changes.changed);
    append_member(out, "added", changes.added);
    append_member(out, "removed", changes.removed);
    out += '}';
}

void append_pair(std::string& out, Position position) {
    append_e7(out, position.lon_e7);
    out += ", ";
    append_e7(out, position.lat_e7);
}

}  // namespace

Status write_expected(const std::vector<FileCount>& counts, const std::string& path) {
    OutputFile file(path);
    std::string& out = file.buffer();
    out += "{\"files\": {";
    bool first = true;
    for (const FileCount& each : counts) {
        const Count& count = *each.count;
        out += first ? "\n    \"" : ",\n    \"";
        first = false;
        out += each.source;
        out += '/';
        out += each.file;
        out += "\": {";
        append_member(out, "rows", count.rows());
        append_member(out, "good", count.good);
        out += ",\n      \"bad\": {";
        for (const auto& [kind, number] : count.bad) append_member(out, kind, number);
        out += "},\n      \"odd\": {";
        append_member(out, "newline_in_cell", count.newlines);
        out += "},\n      \"links\": {";
        if (count.linked) {
            constexpr std::string_view kLinks[] = {"parcel", "address", "position", "none"};
            for (std::size_t i = 0; i < std::size(kLinks); ++i) append_member(out, kLinks[i], count.links[i]);
        }
        out += '}';
        append_changes(out, "since_day_0", count.since_start);
        append_changes(out, "since_previous_day", count.since_yesterday);
        out += '}';
    }
    out += "\n}}\n";
    return file.close();
}

Status write_marker(const Marker& marker, const std::string& path) {
    OutputFile file(path);
    std::string& out = file.buffer();
    out += "{\"generator\": \"fieldpost-city\", \"version\": \"";
    out += kVersion;
    out += "\", \"name\": \"";
    out += kCityName;
    out += "\", \"state\": \"";
    out += kState;
    out += "\",\n \"seed\": ";
    // Seeds use all 64 bits; as text they survive readers that keep numbers as doubles.
    out += '"';
    out += std::to_string(marker.seed);
    out += "\", \"properties\": ";
    append_int(out, static_cast<std::int64_t>(marker.properties));
    out += ", \"day\": ";
    append_int(out, marker.day);
    out += ", \"as_of\": \"";
    append_iso(out, kDayZero + marker.day);
    out += "\",\n \"centre\": [";
    append_pair(out, kCentre);
    out += "],\n \"bounds\": [";
    append_pair(out, marker.bounds.south_west);
    out += ", ";
    append_pair(out, marker.bounds.north_east);
    out += "]}\n";
    return file.close();
}

}  // namespace fieldpost::city
