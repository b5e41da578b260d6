// A program's figures for Prometheus: registered once at start, changed by any thread, rendered as
// OpenMetrics 1.0.
//
// Names are those of the Prometheus conventions: base units, a counter ends in _total, and labels have few
// values (never an id, a name or an address).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldpost::support {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Only grows. Any thread.
class Counter {
  public:
    virtual ~Counter() = default;
    virtual void add(double amount = 1) = 0;  // not negative
    virtual double value() const = 0;
};

// Goes up and down. Any thread.
class Gauge {
  public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
    virtual void add(double amount) = 0;
    virtual double value() const = 0;
};

// How often values fell at or under each bound. Any thread.
class Histogram {
  public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // References stay good as long as this object. The same name and labels give the same metric again. A
    // name or label that is not allowed, or a name used for another type, is a programming error
    // (std::logic_error).
    Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
    // `bounds` ascend, without +Inf, which is added.
    Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                         const MetricLabels& labels = {});

    // Any thread.
    std::string render() const;
    static constexpr std::string_view content_type =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fieldpost::support
