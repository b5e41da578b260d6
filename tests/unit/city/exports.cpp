#include "tests/unit/city/exports.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "tools/city/generate.hpp"

namespace fieldpost::city::test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "fieldpost-city-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::permissions(path_, fs::perms::owner_all, ignored);
    fs::remove_all(path_, ignored);
}

const fs::path& city_on_day(int day) {
    static const TemporaryFolder folder;
    static std::map<int, fs::path> made;
    const auto [place, added] = made.try_emplace(day, folder.path() / std::to_string(day));
    if (added) {
        const auto result =
            generate({7, kProperties, day, place->second}, [](std::uint64_t, std::uint64_t) {});
        if (!result) throw std::runtime_error(result.error().message);
    }
    return place->second;
}

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

boost::json::value read_json(const fs::path& file) {
    return boost::json::parse(read(file));
}

std::map<std::string, std::string> read_tree(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read(entry.path());
    }
    return files;
}

std::vector<Cells> read_csv(const fs::path& file) {
    std::vector<Cells> rows;
    Cells row;
    std::string cell;
    bool quoted = false;
    const std::string text = read(file);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            cell += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == '\n')) {
            row.push_back(std::move(cell));
            cell.clear();
            if (c == '\n') {
                rows.push_back(std::move(row));
                row.clear();
            }
        } else {
            cell += c;
        }
    }
    if (quoted || !cell.empty() || !row.empty())
        throw std::runtime_error(file.string() + " ends within a row");
    return rows;
}

std::size_t column(const Cells& header, const std::string& name) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) throw std::runtime_error("no column " + name);
    return static_cast<std::size_t>(found - header.begin());
}

bool is_utf8(const std::string& text) {
    // Boost.JSON refuses bytes that are not UTF-8; control characters are escaped away first.
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) quoted += c;
    }
    boost::system::error_code error;
    boost::json::parse(quoted + "\"", error);
    return !error;
}

std::map<std::string, std::string> good_rows(const fs::path& file) {
    std::map<std::string, std::string> rows;
    if (file.extension() == ".csv") {
        const std::vector<Cells> all = read_csv(file);
        for (std::size_t i = 1; i < all.size(); ++i) {
            std::string text;
            for (const std::string& cell : all[i]) text += cell + "|";
            const std::string& key = all[i].front();
            if (!key.empty() && !key.ends_with("-R")) rows.try_emplace(key, text);
        }
        return rows;
    }
    const boost::json::value json = read_json(file);
    for (const boost::json::value& feature : json.at("features").as_array()) {
        const boost::json::value& key = feature.at("properties").as_object().begin()->value();
        if (key.is_null() || key.as_string().ends_with("-R")) continue;
        rows.try_emplace(std::string(key.as_string()), boost::json::serialize(feature));
    }
    return rows;
}

}  // namespace fieldpost::city::test
