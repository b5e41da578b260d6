// fieldpost-supervisor: talks to a supervisor from a workbench, without fieldpostd. README.md lists its
// commands.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <sstream>

#include "hal/clock/system.hpp"
#include "hal/supervisor/supervisor.hpp"

namespace {

namespace hal = fieldpost::hal;
namespace json = boost::json;

// One object a line; states come from the driver's thread.
class Output {
  public:
    void line(const json::object& object) {
        const std::lock_guard lock(mutex_);
        std::cout << json::serialize(object) << std::endl;
    }

  private:
    std::mutex mutex_;
};

json::object state_json(const hal::SupervisorState& state, std::int64_t now_us) {
    json::object out{{"power", hal::to_string(state.power)},
                     {"ignition", state.ignition},
                     {"supply", hal::to_string(state.supply)},
                     {"supply_mv", state.supply_mv},
                     {"hold_up_cause", hal::to_string(state.hold_up_cause)},
                     {"run", state.run},
                     {"started_by", hal::to_string(state.started_by)},
                     {"cut_by", hal::to_string(state.cut_by)},
                     {"failed_runs", state.failed_runs},
                     {"unwatched", state.unwatched},
                     {"sos_presses", state.sos_presses},
                     {"tamper", state.tamper},
                     {"tamper_openings", state.tamper_openings},
                     {"wake_left_s", state.wake_left_s},
                     {"uptime_s", state.uptime_s},
                     {"resets", state.resets},
                     {"log_next", state.log_next},
                     {"version", state.version},
                     {"slot", state.slot},
                     {"trial", state.trial},
                     {"update_waits", state.update_waits},
                     {"bad_frames", state.bad_frames}};
    if (state.deadline_us) out["deadline_ms"] = (*state.deadline_us - now_us) / 1000;
    return out;
}

template <class T>
json::object outcome(const std::string& command, const fieldpost::Result<T>& result) {
    if (result.has_error()) return {{"command", command}, {"error", result.error().message}};
    return {{"command", command}, {"ok", true}};
}

json::object run_log(hal::Supervisor& supervisor, std::istringstream& words) {
    std::uint32_t from = 0;
    words >> from;
    const auto events = supervisor.read_log(from);
    json::object out = outcome("log", events);
    if (!events) return out;
    json::array list;
    for (const auto& event : *events) {
        list.push_back(json::object{{"number", event.number},
                                    {"what", event.what},
                                    {"argument", event.argument},
                                    {"value", event.value},
                                    {"uptime_s", event.uptime_s},
                                    {"starts", event.starts}});
    }
    out["log"] = std::move(list);
    return out;
}

json::object run_settings(hal::Supervisor& supervisor) {
    const auto settings = supervisor.settings();
    json::object out = outcome("settings", settings);
    if (!settings) return out;
    for (const auto& [name, value] : *settings) out[name] = value;
    return out;
}

json::object run_set(hal::Supervisor& supervisor, std::istringstream& words) {
    hal::SupervisorSettings changes;
    std::string name;
    std::uint32_t value = 0;
    while (words >> name >> value) changes[name] = value;
    return outcome("set", supervisor.change_settings(changes));
}

json::object run_update(hal::Supervisor& supervisor, std::istringstream& words) {
    std::string path;
    words >> path;
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file) return {{"command", "update"}, {"error", "cannot read " + path}};
    return outcome("update", supervisor.update(bytes));
}

json::object run(hal::Supervisor& supervisor, const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::uint32_t number = 0;
    words >> command;
    if (command == "log") return run_log(supervisor, words);
    if (command == "settings") return run_settings(supervisor);
    if (command == "set") return run_set(supervisor, words);
    if (command == "update") return run_update(supervisor, words);
    if (command == "done") return outcome(command, supervisor.done());
    if (command == "confirm") return outcome(command, supervisor.confirm_update());
    words >> number;
    if (command == "wake") return outcome(command, supervisor.set_wake(number));
    if (command == "feed") {
        supervisor.feed(number);
        return {{"command", command}, {"ok", true}};
    }
    return {{"command", command}, {"error", "not known; see tools/supervisor/README.md"}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Talks to a Fieldpost supervisor: states as JSON lines, commands from standard input."};
    std::string path;
    std::string baud = "115200";
    app.add_option("port", path, "the serial port, or a socket")->required();
    app.add_option("--baud", baud, "of a serial port")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const auto clock = hal::make_system_clock(0);
    auto supervisor = hal::make_supervisor({"serial", {{"path", path}, {"baud", baud}}}, *clock);
    if (!supervisor) {
        std::cerr << "fieldpost-supervisor: " << supervisor.error().message << "\n";
        return 2;
    }
    Output output;
    const auto started = (*supervisor)->start([&](const std::optional<hal::SupervisorState>& state) {
        output.line(state ? json::object{{"state", state_json(*state, clock->boottime_us())}}
                          : json::object{{"lost", (*supervisor)->status().detail}});
    });
    if (!started) {
        std::cerr << "fieldpost-supervisor: " << started.error().message << "\n";
        return 1;
    }
    for (std::string line; std::getline(std::cin, line);) {
        if (!line.empty()) output.line(run(**supervisor, line));
    }
    (*supervisor)->stop();
    return 0;
}
