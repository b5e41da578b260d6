#include "hal/storage/sim.hpp"

#include <algorithm>
#include <utility>

#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::uint64_t bytes_per_mb = 1'000'000;

struct SimSettings {
    StorageReading first;
    std::uint64_t fill_bytes = 0;
    bool read_only = false;
    std::int64_t interval_us = 0;
};

class SimStorage final : public Storage {
  public:
    explicit SimStorage(SimSettings settings) : settings_(std::move(settings)) {}

    Status start(StorageHandler on_reading) override {
        return worker_.start([this, on_reading = std::move(on_reading)](const StopEvent& stop) {
            StorageReading reading = settings_.first;
            tell(reading, on_reading);
            while (!stop.sleep(settings_.interval_us)) {
                StorageReading next = reading;
                next.free_bytes -= std::min(next.free_bytes, settings_.fill_bytes);
                next.read_only = settings_.read_only;
                if (next != reading) tell(next, on_reading);
                reading = next;
            }
        });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    void tell(const StorageReading& reading, const StorageHandler& on_reading) {
        status_.set(judge(reading));
        on_reading(reading);
    }

    const SimSettings settings_;
    PartStatusCell status_{judge(settings_.first)};
    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Storage>> make_sim_storage(const SettingMap& values) {
    Settings settings("storage driver sim", values);
    SimSettings sim;
    const auto megabytes = [&](const std::string& key, std::int64_t fallback, std::int64_t lowest,
                               std::int64_t highest) {
        return static_cast<std::uint64_t>(settings.integer(key, fallback, lowest, highest)) * bytes_per_mb;
    };
    sim.first.device = "sim";
    sim.first.total_bytes = megabytes("total_mb", 16'000, 1, 1'000'000'000);
    sim.first.free_bytes = std::min(megabytes("free_mb", 8000, 0, 1'000'000'000), sim.first.total_bytes);
    sim.fill_bytes = megabytes("fill_mb", 0, 0, 1'000'000);
    sim.first.wear_percent = static_cast<int>(settings.integer("wear_percent", 0, 0, 110));
    sim.first.spare = Spare::normal;
    sim.read_only = settings.flag("read_only", false);
    sim.interval_us = settings.integer("interval_ms", 1000, 10, 3'600'000) * 1000;
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Storage>(std::make_unique<SimStorage>(std::move(sim)));
}

}  // namespace fieldpost::hal
