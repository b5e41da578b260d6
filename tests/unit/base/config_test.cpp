#include "sync/base/config.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
using namespace std::chrono_literals;

namespace {

// What finish() says after `read` has asked for its keys; empty when it is content.
template <class Read>
std::string complaint(const std::string& text, Read&& read) {
    auto config = Config::parse(text, "/etc/fieldpost/device.toml");
    REQUIRE(config.has_value());
    read(config->root());
    const Status finished = config->finish();
    return finished ? "" : finished.error().message;
}

const std::string file = "/etc/fieldpost/device.toml";

}  // namespace

TEST_CASE("values are read, absent ones take their fallback") {
    const auto config = Config::parse(R"(
        name = "truck 7"
        state = "state"
        [http]
        port = 9000
        ratio = 2
        quick = true
        wait = "1500ms"
        cache = "64MiB"
        log = "warn"
        names = ["a", "b"]
        [gnss]
        driver = "serial"
        baud = 4800
        rate = 0.5
        loop = true
        [[source]]
        id = "lpi"
        [[source]]
        id = "case311"
        [profiles.engine]
        areas = ["north"]
        [profiles.car]
        areas = []
    )",
                                      file);
    REQUIRE(config.has_value());
    const ConfigTable root = config->root();
    CHECK(root.text("name") == "truck 7");
    CHECK(root.path("state") == "/etc/fieldpost/state");
    CHECK(root.path("socket", "run/fieldpostd.sock") == "/etc/fieldpost/run/fieldpostd.sock");
    CHECK(root.path("web", "/usr/share/web") == "/usr/share/web");
    CHECK(root.path("none", "").empty());
    const ConfigTable http = root.table("http");
    CHECK(http.exists());
    CHECK(http.integer("port", {1, 65535}) == 9000);
    CHECK(http.integer("backlog", {}, 7) == 7);
    CHECK(http.number("ratio") == 2.0);
    CHECK(http.flag("quick"));
    CHECK(http.flag("slow", false) == false);
    CHECK(http.duration("wait") == 1500ms);
    CHECK(http.duration("other", 3min) == 3min);
    CHECK(http.size("cache") == 64U << 20U);
    CHECK(http.choice("log", {"info", "warn"}) == "warn");
    CHECK(http.texts("names") == std::vector<std::string>{"a", "b"});
    CHECK(http.texts("more").empty());
    const ConfigTable gnss = root.table("gnss");
    CHECK(gnss.text("driver") == "serial");
    CHECK(gnss.as_text({"driver"}) == std::map<std::string, std::string, std::less<>>{
                                          {"baud", "4800"}, {"rate", "0.5"}, {"loop", "true"}});
    const auto sources = root.tables("source");
    REQUIRE(sources.size() == 2);
    CHECK(sources[0].text("id") == "lpi");
    CHECK(sources[1].text("id") == "case311");
    const ConfigTable profiles = root.table("profiles");
    CHECK(profiles.keys() == std::vector<std::string>{"engine", "car"});
    for (const std::string& name : profiles.keys()) profiles.table(name).texts("areas");
    const ConfigTable mqtt = root.table("mqtt");
    CHECK_FALSE(mqtt.exists());
    CHECK(mqtt.text("host", "localhost") == "localhost");
    const Status finished = config->finish();
    CHECK((finished ? "" : finished.error().message) == "");
}

TEST_CASE("an unknown key is refused with its place and the nearest known one") {
    const auto read = [](const ConfigTable& root) {
        root.text("name", "");
        const ConfigTable http = root.table("http");
        http.integer("port", {}, 8460);
        for (const ConfigTable& source : root.tables("source")) source.text("id");
    };
    CHECK(complaint("nam = \"x\"\n", read) == file + ":1:1: unknown key \"nam\" (did you mean \"name\"?)");
    CHECK(complaint("[http]\n\nprot = 1\n", read) ==
          file + ":3:1: unknown key \"prot\" in [http] (did you mean \"port\"?)");
    CHECK(complaint("[[source]]\nid = \"a\"\n[[source]]\nid = \"b\"\nsteward = \"c\"\n", read) ==
          file + ":5:1: unknown key \"steward\" in [source[2]]");
    CHECK(complaint("[htpp]\nport = 1\n", read) ==
          file + ":1:2: unknown key \"htpp\" (did you mean \"http\"?)");
}

TEST_CASE("a wrong type, range, word, unit or a missing key is refused with its place") {
    const auto port = [](const ConfigTable& root) { root.integer("port", {1, 65535}, 8460); };
    CHECK(complaint("\nport = 0\n", port) == file + ":2:8: port must be from 1 to 65535, not 0");
    CHECK(complaint("port = \"80\"\n", port) == file + ":1:8: port must be a whole number, not a string");
    CHECK(complaint("port = 80.5\n", port) == file + ":1:8: port must be a whole number, not a number");
    CHECK(complaint("", port).empty());

    const auto required = [](const ConfigTable& root) { root.table("hub").text("host"); };
    CHECK(complaint("", required) == file + ": \"host\" is missing in [hub]");
    CHECK(complaint("\n[hub]\n", required) == file + ":2:1: \"host\" is missing in [hub]");
    CHECK(complaint("[hub]\nhost = \"\"\n", required) == file + ":2:8: host must not be empty");
    CHECK(complaint("hub = 1\n", required) == file + ":1:7: hub must be a table, not a whole number");

    CHECK(complaint("level = \"loud\"\n", [](const ConfigTable& root) {
              root.choice("level", {"info", "warn"}, "info");
          }) == file + ":1:9: level must be one of \"info\", \"warn\", not \"loud\"");
    CHECK(complaint("wait = \"15 sec\"\n", [](const ConfigTable& root) { root.duration("wait", 1s); }) ==
          file + ":1:8: wait must be a number and one of ms, s, min, h, d, such as \"15s\", not \"15 sec\"");
    CHECK(complaint("wait = 15\n", [](const ConfigTable& root) { root.duration("wait", 1s); }) ==
          file + ":1:8: wait must be a duration such as \"15s\", not a whole number");
    CHECK(complaint("size = \"64MB\"\n", [](const ConfigTable& root) {
              root.size("size", 1);
          }).starts_with(file + ":1:8: size must be a number and one of B, KiB, MiB, GiB"));
    CHECK(complaint("part = nan\n", [](const ConfigTable& root) {
              root.number("part", {0, 1});
          }) == file + ":1:8: part must be from 0 to 1, not nan");
    CHECK(complaint("names = [\"a\",\n 1]\n", [](const ConfigTable& root) { root.texts("names"); }) ==
          file + ":2:2: names must be an array of strings, not a whole number");
    CHECK(complaint("[gnss]\nports = [1]\n", [](const ConfigTable& root) { root.table("gnss").as_text(); }) ==
          file + ":2:9: ports must be a single value, not an array");
    CHECK(complaint("source = 1\n", [](const ConfigTable& root) { root.tables("source"); }) ==
          file + ":1:10: source must be [[source]], not a whole number");
    CHECK(complaint("\nid = \"A\"\n", [](const ConfigTable& root) {
              root.text("id");
              root.complain("id", "must be in lower case");
          }) == file + ":2:6: id must be in lower case");
}

TEST_CASE("everything that is wrong is told at once, in order of the file") {
    const std::string said = complaint("c = 1\nb = 2\na = 3\n", [](const ConfigTable& root) {
        root.text("a");
        root.integer("b", {5, 9}, 5);
        root.flag("z");
    });
    CHECK(said == file + ": \"z\" is missing\n" + file + ":1:1: unknown key \"c\"\n" + file +
                      ":2:5: b must be from 5 to 9, not 2\n" + file +
                      ":3:5: a must be a string, not a whole number");
}

TEST_CASE("what is not TOML, and a file that is not there, are refused with the place") {
    const auto wrong = Config::parse("a = 1\nb = = 2\n", file);
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == ErrorCode::invalid_argument);
    CHECK(wrong.error().message.starts_with(file + ":2:5: "));
    CHECK_FALSE(Config::parse("a = 1\na = 2\n", file).has_value());
    CHECK_FALSE(Config::parse("\xff\xfe", file).has_value());
    CHECK(Config::load("/does/not/exist.toml").error().code == ErrorCode::not_found);
    const TemporaryFolder folder;
    folder.write("device.toml", "state = \"s\"\n");
    const auto loaded = Config::load(folder.path / "device.toml");
    REQUIRE(loaded.has_value());
    CHECK(loaded->root().path("state") == folder.path / "s");
}
