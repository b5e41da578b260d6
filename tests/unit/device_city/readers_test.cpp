#include "daemon/device/city/readers.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <thread>

using namespace fieldpost;
using namespace fieldpost::device;
using namespace std::chrono_literals;

TEST_CASE("a look-up that does not end can be seen, whatever the other readers do") {
    Readers readers(2);
    CHECK(readers.busy_for() == 0s);
    std::promise<void> go;
    const auto held = go.get_future().share();
    REQUIRE(readers.run([held](const Result<CityView*>&) { held.wait(); }));
    std::promise<bool> answered;
    REQUIRE(readers.run([&](const Result<CityView*>& view) { answered.set_value(view.has_value()); }));
    CHECK_FALSE(answered.get_future().get());  // no city is mounted
    while (readers.busy_for() < 20ms) std::this_thread::yield();
    go.set_value();
    while (readers.busy_for() != 0s) std::this_thread::yield();
}
