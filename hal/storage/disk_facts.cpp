#include "hal/storage/disk_facts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <sstream>
#include <vector>

namespace fieldpost::hal {
namespace {

namespace json = boost::json;

// Blanks and backslashes stand in mountinfo as \040 and so on, in octal.
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        unsigned value = 0;
        if (text.size() >= 4 && text.front() == '\\' &&
            std::from_chars(text.data() + 1, text.data() + 4, value, 8).ptr == text.data() + 4 &&
            value < 256) {
            plain += static_cast<char>(value);
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

std::vector<std::string> words_of(std::string_view line) {
    std::istringstream in{std::string(line)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(std::move(word));
    return words;
}

bool has_option(const std::string& options, std::string_view wanted) {
    std::istringstream in(options);
    for (std::string option; std::getline(in, option, ',');) {
        if (option == wanted) return true;
    }
    return false;
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" (proc(5)); the number of
// optional words before the dash varies.
std::optional<Mount> read_mount(std::string_view line) {
    const std::vector<std::string> words = words_of(line);
    const auto dash = std::ranges::find(words, "-");
    if (dash - words.begin() < 6 || words.end() - dash < 4) return std::nullopt;
    return Mount{words[2], unescaped(words[4]), unescaped(dash[2]), dash[1],
                 has_option(words[5], "ro") || has_option(dash[3], "ro")};
}

bool leads_to(const std::string& point, std::string_view path) {
    if (point == "/") return path.starts_with('/');
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

std::optional<int> hexadecimal(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
    int value = 0;
    const auto [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    if (problem != std::errc{} || stop != word.data() + word.size() || value < 0 || value > 255)
        return std::nullopt;
    return value;
}

json::value parse(std::string_view text) {
    boost::system::error_code problem;
    json::value value = json::parse(json::string_view(text.data(), text.size()), problem);
    return problem ? json::value() : value;
}

// The value at a path of names ("/a/b"); null when there is none.
const json::value* at(const json::value& value, std::string_view pointer) {
    boost::system::error_code problem;
    return value.find_pointer(json::string_view(pointer.data(), pointer.size()), problem);
}

std::optional<int> percent(const json::value* value) {
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const std::int64_t told = value->as_int64();
    return told >= 0 && told <= 255 ? std::optional(static_cast<int>(told))
                                    : std::nullopt;  // 255: and beyond
}

}  // namespace

std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path) {
    std::optional<Mount> best;
    while (!mountinfo.empty()) {
        const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
        auto mount = read_mount(mountinfo.substr(0, end));
        if (mount && leads_to(mount->point, path) && (!best || mount->point.size() >= best->point.size()))
            best = std::move(mount);
        mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    }
    return best;
}

std::optional<int> wear_of_life_time(std::string_view life_time) {
    int worst = 0;
    for (const std::string& word : words_of(life_time)) {
        const auto tenth = hexadecimal(word);
        if (!tenth || *tenth > 0x0b) return std::nullopt;
        worst = std::max(worst, *tenth);
    }
    return worst == 0 ? std::nullopt : std::optional(worst * 10);
}

std::optional<Spare> spare_of_pre_eol(std::string_view pre_eol_info) {
    const std::vector<std::string> words = words_of(pre_eol_info);
    const auto value = words.empty() ? std::nullopt : hexadecimal(words[0]);
    if (value == 1) return Spare::normal;
    if (value == 2) return Spare::warning;
    if (value == 3) return Spare::urgent;
    return std::nullopt;
}

std::optional<int> wear_of_smart(std::string_view report) {
    const json::value told = parse(report);
    if (const auto used = percent(at(told, "/nvme_smart_health_information_log/percentage_used")))
        return used;
    if (const auto used = percent(at(told, "/endurance_used/current_percent"))) return used;
    const json::value* pages = at(told, "/ata_device_statistics/pages");
    if (pages == nullptr || !pages->is_array()) return std::nullopt;
    for (const json::value& page : pages->as_array()) {
        const json::value* table = at(page, "/table");
        if (table == nullptr || !table->is_array()) continue;
        for (const json::value& entry : table->as_array()) {
            const json::value* name = at(entry, "/name");
            if (name != nullptr && name->is_string() &&
                name->as_string() == "Percentage Used Endurance Indicator")
                return percent(at(entry, "/value"));
        }
    }
    return std::nullopt;
}

std::optional<Spare> spare_of_smart(std::string_view report) {
    const json::value told = parse(report);
    const json::value* passed = at(told, "/smart_status/passed");
    if (passed == nullptr || !passed->is_bool()) return std::nullopt;
    return passed->as_bool() ? Spare::normal : Spare::urgent;
}

}  // namespace fieldpost::hal
