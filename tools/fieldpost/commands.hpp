// The commands: each asks the device and gives what to print.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/fieldpost/device.hpp"
#include "tools/fieldpost/format.hpp"

namespace fieldpost::cli {

// What a command answers: the device's JSON, and the same for a person.
struct Printed {
    boost::json::value answer;
    std::string text;
};

Outcome<Printed> status(Device& device);

struct SearchCommand {
    std::string text;
    int limit = 10;
};
// Exit::not_found (with the suggestions) when nothing is found.
Outcome<Printed> search(Device& device, const SearchCommand& command);

struct ShowCommand {
    std::string place;
    ShowOptions options;
};
Outcome<Printed> show(Device& device, const ShowCommand& command);

struct NearCommand {
    std::string kind = "hydrant";
    std::string place;  // empty: from `at`, or from the vehicle
    std::string at;     // "LAT,LON", or empty
    int limit = 10;
};
Outcome<Printed> near(Device& device, const NearCommand& command);

struct ObserveCommand {
    std::string property;  // an id, or empty
    std::string address;   // text for exactly one property, or empty
    std::string visit;     // UUID, or empty
    std::string id;        // UUID; empty: a new one
    std::string kind = "note";
    std::string note;
    std::string severity;
    std::vector<std::string> values;       // "name=value"
    std::vector<std::string> attachments;  // files
};
// Sends the files first. Says "saved" only when the device has said so.
Outcome<Printed> observe(Device& device, const ObserveCommand& command);

Outcome<Printed> sync(Device& device);

// Over links of this kind only urgent messages go, or everything again that may go.
Outcome<Printed> pause(Device& device, const std::string& kind, bool paused);

}  // namespace fieldpost::cli
