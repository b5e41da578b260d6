// Generated cities for the tests, and readers of their files that know nothing of how they were written.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fieldpost::city::test {

// A folder that is removed with the object.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline constexpr std::uint64_t kProperties = 3'000;

// A city of seed 7 with kProperties properties on this day; made once.
const std::filesystem::path& city_on_day(int day);

std::string read(const std::filesystem::path& file);
boost::json::value read_json(const std::filesystem::path& file);
// The files under a folder, by relative name.
std::map<std::string, std::string> read_tree(const std::filesystem::path& folder);

using Cells = std::vector<std::string>;
std::vector<Cells> read_csv(const std::filesystem::path& file);  // RFC 4180
std::size_t column(const Cells& header, const std::string& name);
bool is_utf8(const std::string& text);

// A CSV or GeoJSON file as key -> row (as text), leaving out what is planted.
std::map<std::string, std::string> good_rows(const std::filesystem::path& file);

}  // namespace fieldpost::city::test
