#include "tools/fieldpost/program.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <functional>
#include <ostream>

#include "tools/fieldpost/commands.hpp"

namespace fieldpost::cli {
namespace {

constexpr const char* own_socket =
    ".fieldpost/fieldpostd.sock";  // what quickstart makes, from the project's folder
constexpr const char* system_socket = "/run/fieldpost/fieldpostd.sock";

constexpr const char* description =
    "Look up the city and record what you find, on the device that runs beside this command.\n"
    "It talks to fieldpostd over its Unix socket; nothing leaves the computer.";

constexpr const char* examples = R"(
Examples:
  fieldpost status                                    what is on board, what waits for the hub
  fieldpost search 12 main st                         addresses as people type them
  fieldpost search 71-23                              parcel numbers, asset tags, permits, names
  fieldpost show "12 Main St"                         everything known about one place
  fieldpost show 0a1b2c3d4e5f6 --kind permit --full   one kind of record with all its fields
  fieldpost near hydrant --place "12 Main St"         the nearest hydrants, with distance and flow
  fieldpost observe --address "12 Main St" --kind hazard --severity major --note "Stairs are rotten"
  fieldpost observe --property 0a1b2c3d4e5f6 --kind measurement --value co_ppm=12 --value alarm=false
  fieldpost observe --address "12 Main St" --kind condition --attach door.jpg
  fieldpost pause satellite                           only urgent messages go over it, until resumed
  fieldpost status --json | jq .journal.lanes         every command prints the device's JSON with --json

The device's socket is, in this order: --socket, FIELDPOST_SOCKET, ./.fieldpost/fieldpostd.sock,
/run/fieldpost/fieldpostd.sock.

Exit codes:
  0  done
  1  the device answered that it cannot or will not
  2  the command was not understood, or the place could be several
  3  the device cannot be reached
  4  nothing was found
)";

std::string choose_socket(const std::string& given, const std::string& from_environment) {
    if (!given.empty()) return given;
    if (!from_environment.empty()) return from_environment;
    std::error_code error;
    if (!std::filesystem::exists(own_socket, error) && std::filesystem::exists(system_socket, error)) {
        return system_socket;
    }
    return own_socket;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

// Everything that the command line can say.
struct CommandLine {
    CLI::App app{description, "fieldpost"};
    std::string socket;
    bool as_json = false;
    double timeout_s = 30;
    std::vector<std::string> words;  // of a search or a place, that need no quotes
    SearchCommand search_for;
    ShowCommand show_what;
    NearCommand near_what;
    ObserveCommand observation;
    std::string link_kind;
    std::function<Outcome<Printed>(Device&)> run;

    CommandLine() {
        app.require_subcommand(1);
        app.fallthrough();
        app.footer(examples);
        app.add_option("--socket", socket, "The device's Unix socket")->type_name("PATH");
        app.add_flag("--json", as_json, "Print what the device answered, as JSON");
        app.add_option("--timeout", timeout_s, "Seconds to wait for an answer")
            ->check(CLI::Range(0.1, 3600.0))
            ->capture_default_str();
        add_lookups();
        add_observe();
        auto* status_command = app.add_subcommand(
            "status", "What is on board, what waits for the hub, and whether it may be switched off");
        status_command->callback([this] { run = [](Device& device) { return status(device); }; });
        auto* sync_command = app.add_subcommand("sync", "Ask the device to compare with the hub now");
        sync_command->callback([this] { run = [](Device& device) { return sync(device); }; });
        add_pause("pause", "Let only urgent messages go over links of a kind", true);
        add_pause("resume", "Let everything go again that may go over links of a kind", false);
    }

    void add_pause(const char* name, const char* what, bool paused) {
        auto* command = app.add_subcommand(name, what);
        command->add_option("kind", link_kind, "wifi_depot, wifi, ethernet, lte, satellite or unknown")
            ->required()
            ->check(CLI::IsMember({"wifi_depot", "wifi", "ethernet", "lte", "satellite", "unknown"}));
        command->callback([this, paused] {
            run = [this, paused](Device& device) { return pause(device, link_kind, paused); };
        });
    }

    void add_lookups() {
        auto* search_command = app.add_subcommand(
            "search", "Find places by address, parcel number, asset tag, permit number or name");
        search_command->add_option("text", words, "What to look for; misspelt or half typed will do")
            ->required();
        search_command->add_option("--limit", search_for.limit, "At most so many")
            ->check(CLI::Range(1, 50))
            ->capture_default_str();
        search_command->callback([this] {
            search_for.text = joined(words);
            run = [this](Device& device) { return search(device, search_for); };
        });

        auto* show_command = app.add_subcommand("show", "Everything that is known about one place");
        show_command->add_option("place", words, "An id, or an address that means one place")->required();
        show_command->add_option("--kind", show_what.options.kind,
                                 "Only this kind: permit, hazard, inspection, ...");
        show_command->add_flag("--full", show_what.options.full, "Every field of every record");
        show_command->callback([this] {
            show_what.place = joined(words);
            run = [this](Device& device) { return show(device, show_what); };
        });

        auto* near_command =
            app.add_subcommand("near", "What is nearest: to the vehicle, to a point, or to a place");
        near_command->add_option("kind", near_what.kind, "hydrant, street_light, property, asset, ...")
            ->capture_default_str();
        auto* place =
            near_command->add_option("--place", near_what.place, "From this place: an id or an address")
                ->type_name("TEXT");
        near_command->add_option("--at", near_what.at, "From this point, degrees")
            ->type_name("LAT,LON")
            ->excludes(place);
        near_command->add_option("--limit", near_what.limit, "At most so many")
            ->check(CLI::Range(1, 100))
            ->capture_default_str();
        near_command->callback([this] { run = [this](Device& device) { return near(device, near_what); }; });
    }

    void add_observe() {
        auto* command = app.add_subcommand(
            "observe", "Record what you found; \"saved\" means that it is on the device's disk");
        auto* property =
            command->add_option("--property", observation.property, "The property's id")->type_name("ID");
        command->add_option("--address,--near", observation.address, "An address that means one place")
            ->type_name("TEXT")
            ->excludes(property);
        command->add_option("--visit", observation.visit, "The visit that it belongs to")->type_name("UUID");
        command
            ->add_option("--kind", observation.kind, "note, condition, hazard, measurement, occupancy, ...")
            ->capture_default_str();
        command->add_option("--note", observation.note, "What you found, in words");
        command->add_option("--severity", observation.severity, "How bad it is")
            ->check(CLI::IsMember({"info", "minor", "major", "critical"}));
        command->add_option("--value", observation.values, "A result; may be given again")
            ->type_name("NAME=VALUE")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        command
            ->add_option("--attach", observation.attachments, "A photo or another file; may be given again")
            ->type_name("FILE")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        command->add_option("--id", observation.id, "Identity of the observation, to repeat a command safely")
            ->type_name("UUID");
        command->callback([this] { run = [this](Device& device) { return observe(device, observation); }; });
    }
};

}  // namespace

int run_program(std::vector<std::string> arguments, const std::string& socket_from_environment,
                std::ostream& out, std::ostream& error) {
    CommandLine line;
    std::ranges::reverse(arguments);  // as CLI11 takes them
    try {
        line.app.parse(arguments);
    } catch (const CLI::ParseError& wrong) {
        return line.app.exit(wrong, out, error) == 0 ? 0 : static_cast<int>(Exit::usage);
    }

    const std::string socket = choose_socket(line.socket, socket_from_environment);
    support::HttpClient client = support::HttpClient::unix_socket(socket);
    client.set_timeout(std::chrono::milliseconds(static_cast<std::int64_t>(line.timeout_s * 1000)));
    Device device(std::move(client), socket);
    const auto printed = line.run(device);
    if (!printed) {
        const Failure& failed = printed.error();
        if (line.as_json) {
            out << boost::json::serialize(failed.problem) << "\n";
        } else {
            error << "fieldpost: " << failed.sentence << "\n";
        }
        return static_cast<int>(failed.exit);
    }
    out << (line.as_json ? boost::json::serialize(printed->answer) + "\n" : printed->text);
    // Nobody has read the answer: "saved" to a full disk or a closed pipe is no answer at all.
    if (!out.flush()) {
        error << "fieldpost: the answer could not be written out\n";
        return static_cast<int>(Exit::refused);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace fieldpost::cli
