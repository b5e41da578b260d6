#include "daemon/support/metrics.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

using namespace fieldpost::support;

TEST_CASE("figures are rendered as OpenMetrics") {
    Metrics metrics;
    metrics.counter("fieldpost_lookups_total", "Look-ups answered").add(3);
    metrics.gauge("fieldpost_waiting", "Says \"how many\"\nwait", {{"lane", "work"}}).set(-1.5);
    metrics.gauge("fieldpost_waiting", "", {{"lane", "a\"b\\c\nd"}}).add(2);
    auto& seconds = metrics.histogram("fieldpost_seconds", "Time", {0.5, 1});
    seconds.observe(0.25);
    seconds.observe(1);
    seconds.observe(7);
    const std::string text = metrics.render();
    for (const char* line :
         {"# TYPE fieldpost_lookups counter\n", "# HELP fieldpost_lookups Look-ups answered\n",
          "fieldpost_lookups_total 3.0\n", "# TYPE fieldpost_waiting gauge\n",
          "# HELP fieldpost_waiting Says \\\"how many\\\"\\nwait\n",
          "fieldpost_waiting{lane=\"work\"} -1.5\n", "fieldpost_waiting{lane=\"a\\\"b\\\\c\\nd\"} 2.0\n",
          "# TYPE fieldpost_seconds histogram\n", "fieldpost_seconds_bucket{le=\"0.5\"} 1\n",
          "fieldpost_seconds_bucket{le=\"1.0\"} 2\n", "fieldpost_seconds_bucket{le=\"+Inf\"} 3\n",
          "fieldpost_seconds_sum 8.25\n", "fieldpost_seconds_count 3\n"}) {
        INFO(line);
        CHECK(text.find(line) != std::string::npos);
    }
    CHECK(text.ends_with("# EOF\n"));
}

TEST_CASE("the same name and labels are the same metric, also from several threads") {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) metrics.counter("fieldpost_saved_total", "Saved").add();
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(metrics.counter("fieldpost_saved_total", "Saved").value() == 4000);
}

TEST_CASE("a metric that breaks the conventions is a programming error") {
    Metrics metrics;
    metrics.gauge("fieldpost_up", "");
    CHECK_THROWS_AS(metrics.counter("fieldpost_saved", ""), std::logic_error);
    CHECK_THROWS_AS(metrics.counter("_total", ""), std::logic_error);
    CHECK_THROWS_AS(metrics.histogram("fieldpost_up", "", {1}), std::logic_error);
    CHECK_THROWS_AS(metrics.gauge("no spaces", ""), std::logic_error);
    CHECK_THROWS_AS(metrics.gauge("fieldpost_x", "", {{"no spaces", "x"}}), std::logic_error);
    CHECK_THROWS_AS(metrics.histogram("fieldpost_y", "", {2, 1}), std::logic_error);
}
