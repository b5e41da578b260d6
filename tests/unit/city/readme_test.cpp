#include <catch2/catch.hpp>
#include <sstream>

#include "tests/unit/city/exports.hpp"

using namespace fieldpost::city::test;
namespace fs = std::filesystem;

TEST_CASE("The README's header lines are those of the files") {
    std::stringstream readme(read(fs::path(FIELDPOST_SOURCE_DIR) / "tools/city/README.md"));
    std::string line, file;
    std::size_t checked = 0;
    while (std::getline(readme, line)) {
        if (line.starts_with("### ")) file = line.substr(4);
        if (line != "```" || !file.ends_with(".csv")) continue;
        REQUIRE(std::getline(readme, line));
        INFO(file);
        const std::string text = read(city_on_day(0) / file);
        CHECK(text.substr(0, text.find('\n')) == line);
        ++checked;
        file.clear();
    }
    CHECK(checked == 15);
}

TEST_CASE("Every file that is written stands in the README's table") {
    const std::string readme = read(fs::path(FIELDPOST_SOURCE_DIR) / "tools/city/README.md");
    for (const auto& [name, text] : read_tree(city_on_day(0))) {
        INFO(name);
        const bool asset = name.starts_with("assets/");
        const std::string stem = fs::path(name).stem().string();
        CHECK(readme.find(asset ? stem : name) != std::string::npos);
    }
}
