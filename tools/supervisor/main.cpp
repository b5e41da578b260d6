// fieldpost-supervisor: talks to a supervisor without fieldpostd, from a workbench or while a box is not
// ready. README.md lists its commands.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <utility>
#include <vector>

#include "hal/clock/system.hpp"
#include "hal/supervisor/supervisor.hpp"

namespace {

namespace hal = fieldpost::hal;
namespace json = boost::json;

constexpr std::chrono::seconds longest_silence{12};  // it tells of itself every five

int complain(const std::string& sentence) {
    std::cerr << "fieldpost-supervisor: " << sentence << "\n";
    return 1;
}

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

bool failed(const json::object& answer) {
    return answer.contains("error");
}

// Commands from standard input, with every state that is told meanwhile.
int converse(hal::Supervisor& supervisor, const hal::Clock& clock) {
    Output output;
    const auto started = supervisor.start([&](const std::optional<hal::SupervisorState>& state) {
        output.line(state ? json::object{{"state", state_json(*state, clock.boottime_us())}}
                          : json::object{{"lost", supervisor.status().detail}});
    });
    if (!started) return complain(started.error().message);
    for (std::string line; std::getline(std::cin, line);) {
        if (!line.empty()) output.line(run(supervisor, line));
    }
    supervisor.stop();
    return 0;
}

// One command, once the supervisor is heard.
int run_one(hal::Supervisor& supervisor, const std::string& line) {
    std::promise<void> heard;
    auto is_heard = heard.get_future();
    const auto started =
        supervisor.start([&, told = false](const std::optional<hal::SupervisorState>& state) mutable {
            if (state && !std::exchange(told, true)) heard.set_value();
        });
    if (!started) return complain(started.error().message);
    if (is_heard.wait_for(longest_silence) != std::future_status::ready) {
        const std::string detail = supervisor.status().detail;
        supervisor.stop();
        return complain("no supervisor is heard: " + detail);
    }
    json::object answer = run(supervisor, line);
    // Nobody answers a feed: what is answered behind it shows that it has gone out.
    if (line.starts_with("feed") && !failed(answer)) answer = outcome("feed", supervisor.settings());
    supervisor.stop();
    std::cout << json::serialize(answer) << std::endl;
    return failed(answer) ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Talks to a Fieldpost supervisor: one command, or states as JSON lines and commands from "
        "standard input."};
    std::string path;
    std::string baud = "115200";
    std::vector<std::string> words;
    app.add_option("port", path, "the serial port, or a socket")->required();
    app.add_option("command", words,
                   "feed, done, wake, log, settings, set, update or confirm, and what belongs to it");
    app.add_option("--baud", baud, "of a serial port")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const auto clock = hal::make_system_clock(0);
    auto supervisor = hal::make_supervisor({"serial", {{"path", path}, {"baud", baud}}}, *clock);
    if (!supervisor) {
        complain(supervisor.error().message);
        return 2;
    }
    if (words.empty()) return converse(**supervisor, *clock);
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    return run_one(**supervisor, line);
}
