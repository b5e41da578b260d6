#include "daemon/support/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>

namespace fieldpost::support {
namespace {

constexpr std::string_view total = "_total";

class PrometheusCounter final : public Counter {
  public:
    explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
    void add(double amount) override { counter_.Increment(amount); }
    double value() const override { return counter_.Value(); }

  private:
    prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
  public:
    explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) override { gauge_.Set(value); }
    void add(double amount) override { gauge_.Increment(amount); }
    double value() const override { return gauge_.Value(); }

  private:
    prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
  public:
    explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }

  private:
    prometheus::Histogram& histogram_;
};

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

// OpenMetrics 1.0, "escaped-string".
std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '"') {
            out += "\\\"";
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::string label_set(const std::vector<prometheus::ClientMetric::Label>& labels, std::string_view le = {}) {
    std::string out;
    for (const auto& label : labels) {
        out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", label.name, escape(label.value));
    }
    if (!le.empty()) out += fmt::format("{}le=\"{}\"", out.empty() ? "{" : ",", le);
    return out.empty() ? out : out + "}";
}

void render_histogram(std::string& out, const std::string& name, const prometheus::ClientMetric& metric) {
    const auto& histogram = metric.histogram;
    for (const auto& bucket : histogram.bucket) {
        out += fmt::format("{}_bucket{} {}\n", name, label_set(metric.label, number(bucket.upper_bound)),
                           bucket.cumulative_count);
    }
    const std::string labels = label_set(metric.label);
    out += fmt::format("{}_sum{} {}\n", name, labels, number(histogram.sample_sum));
    out += fmt::format("{}_count{} {}\n", name, labels, histogram.sample_count);
}

void render_family(std::string& out, const prometheus::MetricFamily& family) {
    std::string name = family.name;
    std::string_view type = "gauge";
    if (family.type == prometheus::MetricType::Counter) {
        type = "counter";
        name.resize(name.size() - total.size());
    } else if (family.type == prometheus::MetricType::Histogram) {
        type = "histogram";
    }
    out += fmt::format("# TYPE {} {}\n", name, type);
    if (!family.help.empty()) out += fmt::format("# HELP {} {}\n", name, escape(family.help));
    for (const auto& metric : family.metric) {
        if (type == "counter") {
            out += fmt::format("{}{}{} {}\n", name, total, label_set(metric.label),
                               number(metric.counter.value));
        } else if (type == "gauge") {
            out += fmt::format("{}{} {}\n", name, label_set(metric.label), number(metric.gauge.value));
        } else {
            render_histogram(out, name, metric);
        }
    }
}

prometheus::Labels to_prometheus(const MetricLabels& labels) {
    return {labels.begin(), labels.end()};
}

}  // namespace

struct Metrics::State {
    std::mutex mutex;  // of registration; the library's own types guard their values
    prometheus::Registry registry;
    std::map<std::string, prometheus::MetricType> types;
    // By name and labels.
    std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<Counter>> counters;
    std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<Gauge>> gauges;
    std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<Histogram>> histograms;

    void claim(const std::string& name, prometheus::MetricType type) {
        if (types.emplace(name, type).first->second != type) {
            throw std::logic_error(fmt::format("metric {} is there with another type", name));
        }
    }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
    if (!name.ends_with(total) || name.size() == total.size()) {
        throw std::logic_error(fmt::format("counter {} must end in {}", name, total));
    }
    const std::lock_guard lock(state_->mutex);
    std::pair key(std::string(name), labels);
    state_->claim(key.first, prometheus::MetricType::Counter);
    auto& made = state_->counters[key];
    if (!made) {
        auto& family =
            prometheus::BuildCounter().Name(key.first).Help(std::string(help)).Register(state_->registry);
        made = std::make_unique<PrometheusCounter>(family.Add(to_prometheus(labels)));
    }
    return *made;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
    const std::lock_guard lock(state_->mutex);
    std::pair key(std::string(name), labels);
    state_->claim(key.first, prometheus::MetricType::Gauge);
    auto& made = state_->gauges[key];
    if (!made) {
        auto& family =
            prometheus::BuildGauge().Name(key.first).Help(std::string(help)).Register(state_->registry);
        made = std::make_unique<PrometheusGauge>(family.Add(to_prometheus(labels)));
    }
    return *made;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                              const MetricLabels& labels) {
    if (!std::ranges::is_sorted(bounds))
        throw std::logic_error(fmt::format("bounds of {} must ascend", name));
    const std::lock_guard lock(state_->mutex);
    std::pair key(std::string(name), labels);
    state_->claim(key.first, prometheus::MetricType::Histogram);
    auto& made = state_->histograms[key];
    if (!made) {
        auto& family =
            prometheus::BuildHistogram().Name(key.first).Help(std::string(help)).Register(state_->registry);
        made = std::make_unique<PrometheusHistogram>(family.Add(to_prometheus(labels), bounds));
    }
    return *made;
}

std::string Metrics::render() const {
    std::string out;
    for (const auto& family : state_->registry.Collect()) render_family(out, family);
    return out + "# EOF\n";
}

}  // namespace fieldpost::support
