#include "hal/settings.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::hal;

namespace {

std::string complaint(const SettingMap& values) {
    Settings settings("driver", values);
    settings.required_text("path");
    settings.number("rate", 1, 0.5, 10);
    settings.integer("baud", 9600, 1, 100'000);
    settings.flag("loop", false);
    const Status checked = settings.finish();
    return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("settings are read, and absent ones take their default") {
    const SettingMap values{{"path", "/dev/x"}, {"rate", "2.5"}, {"loop", "true"}};
    Settings settings("driver", values);
    CHECK(settings.required_text("path") == "/dev/x");
    CHECK(settings.number("rate", 1, 0.5, 10) == 2.5);
    CHECK(settings.integer("baud", 9600, 1, 100'000) == 9600);
    CHECK(settings.flag("loop", false));
    CHECK(settings.finish().has_value());
}

TEST_CASE("what is wrong with a setting is said in a sentence") {
    CHECK(complaint({{"path", "x"}}).empty());
    CHECK(complaint({}) == "driver: setting 'path' is missing");
    CHECK(complaint({{"path", ""}}) == "driver: setting 'path' is missing");
    CHECK(complaint({{"path", "x"}, {"rate", "11"}}) ==
          "driver: setting 'rate' must be a number from 0.5 to 10");
    CHECK(complaint({{"path", "x"}, {"rate", "nan"}}) ==
          "driver: setting 'rate' must be a number from 0.5 to 10");
    CHECK(complaint({{"path", "x"}, {"baud", "9600x"}}) ==
          "driver: setting 'baud' must be a number from 1 to 100000");
    CHECK(complaint({{"path", "x"}, {"loop", "yes"}}) == "driver: setting 'loop' must be true or false");
    CHECK(complaint({{"path", "x"}, {"rat", "1"}}) ==
          "driver: setting 'rat' is unknown; known are baud, loop, path, rate");
}
