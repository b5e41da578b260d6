#include "daemon/hub/app/conflict_commands.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>

#include "daemon/hub/journal/conflict_inbox.hpp"
#include "daemon/support/scalar_text.hpp"

namespace fieldpost::hub {

namespace json = boost::json;

namespace {

int failed(const Error& error) {
    std::fprintf(stderr, "fieldpost-hub: %s\n", error.message.c_str());
    return 1;
}

// A value as it is sent, and numbers as a person writes them.
std::string value_text(const json::value& value) {
    return value.is_double() ? support::scalar_text(value).value_or("") : json::serialize(value);
}

std::string text(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : value_text(value);
}

std::string side_text(const json::object& side) {
    const auto& by = side.at("by").get_object();
    std::string out =
        value_text(side.at("value")) + "  by " + text(by.at("role")) + " " + text(by.at("name"));
    if (!side.at("at").is_null()) out += " at " + text(side.at("at"));
    if (const auto* where = side.at("where").if_object()) {
        out += ", where " + value_text(where->at("lat")) + "," + value_text(where->at("lon"));
    }
    const auto& saw = side.at("saw").get_object();
    out += ", who saw version " + text(saw.at("version"));
    if (saw.contains("value")) out += ": " + value_text(saw.at("value"));
    return out;
}

void print(const json::object& conflict) {
    std::printf("%s  %s  %s %s, %s\n", text(conflict.at("id")).c_str(), text(conflict.at("state")).c_str(),
                text(conflict.at("kind")).c_str(), text(conflict.at("record")).c_str(),
                text(conflict.at("field")).c_str());
    std::printf("  ours    %s\n", side_text(conflict.at("ours").get_object()).c_str());
    std::printf("  theirs  %s\n", side_text(conflict.at("theirs").get_object()).c_str());
    if (!conflict.at("decision").is_object()) return;
    const auto& decision = conflict.at("decision").get_object();
    std::printf("  decided %s  %s by %s at %s, version %s\n", text(decision.at("choice")).c_str(),
                value_text(decision.at("value")).c_str(), text(decision.at("by")).c_str(),
                text(decision.at("at")).c_str(), text(decision.at("version")).c_str());
}

}  // namespace

ConflictCommands::ConflictCommands(CLI::App& app, std::filesystem::path& store) : store_(store) {
    command_ = app.add_subcommand("conflicts", "What crews and sources disagree about: both values are kept");
    command_->require_subcommand(1);
    list_ = command_->add_subcommand("list", "Show them, the newest first");
    list_->add_option("--state", state_, "open, decided, superseded or all")
        ->check(CLI::IsMember({"open", "decided", "superseded", "all"}))
        ->capture_default_str();
    list_->add_option("--limit", limit_, "At most so many")->capture_default_str();
    show_ = command_->add_subcommand("show", "Show one");
    show_->add_option("id", id_, "Number of the conflict")->required();
    resolve_ = command_->add_subcommand("resolve", "Decide: the choice flows to the fleet");
    resolve_->add_option("id", id_, "Number of the conflict")->required();
    resolve_->add_option("--choice", choice_, "ours: what is shown; theirs: the other; value: --value")
        ->required()
        ->check(CLI::IsMember({"ours", "theirs", "value"}));
    resolve_->add_option("--value", value_, "As JSON, such as '\"closed\"' or 12; null clears the field");
    resolve_->add_option("--by", by_, "Who decides")->required();
    for (CLI::App* each : {list_, show_, resolve_}) {
        each->add_option("--store", store, "Folder of the hub's store")->required();
    }
}

std::optional<int> ConflictCommands::run() {
    if (!*command_) return std::nullopt;
    if (*list_) return list();
    return *show_ ? show() : resolve();
}

int ConflictCommands::list() {
    auto store = Store::open_reader(store_);
    if (!store) return failed(store.error());
    std::optional<ConflictState> wanted;
    for (const auto state : {ConflictState::open, ConflictState::decided, ConflictState::superseded}) {
        if (to_string(state) == state_) wanted = state;
    }
    auto items = ConflictInbox(**store).list(wanted, limit_);
    if (!items) return failed(items.error());
    for (const auto& item : *items) print(item.get_object());
    return 0;
}

int ConflictCommands::show() {
    auto store = Store::open_reader(store_);
    if (!store) return failed(store.error());
    auto found = ConflictInbox(**store).find(id_);
    if (!found) return failed(found.error());
    print(*found);
    return 0;
}

int ConflictCommands::resolve() {
    ConflictInbox::Choice choice{choice_, nullptr, by_, 0};
    if (choice_ == "value") {
        boost::system::error_code error;
        choice.value = json::parse(value_, error);
        if (error)
            return failed(fail(ErrorCode::invalid_argument, "--value must be JSON, such as '\"closed\"'"));
    } else if (!value_.empty()) {
        return failed(fail(ErrorCode::invalid_argument, "--value goes with --choice value"));
    }
    choice.now_us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
    auto store = Store::open(store_);
    if (!store) return failed(store.error());
    auto decided = ConflictInbox(**store).decide(id_, choice);
    if (!decided) return failed(decided.error());
    print(*decided);
    return 0;
}

}  // namespace fieldpost::hub
