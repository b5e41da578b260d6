// Where people see what crews and sources disagree about, and decide. One Store and its thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "daemon/hub/store/records.hpp"

namespace fieldpost::hub {

class ConflictInbox {
  public:
    explicit ConflictInbox(Store& store);

    // Newest first, as JSON objects; nullopt: in every state.
    Result<boost::json::array> list(std::optional<ConflictState> state, std::size_t limit);
    // not_found when there is no such conflict.
    Result<boost::json::object> find(std::int64_t id);

    struct Choice {
        std::string choice;  // "ours": what the record shows; "theirs": the other value; "value": `value`
        boost::json::value value;  // as support::field_json() writes the field; null clears it
        std::string by;            // who decided
        std::int64_t now_us = 0;   // unix microseconds
    };
    // A new version of the record, which flows by feed, whatever was chosen. In a transaction of its own. The
    // conflict as it is then. not_found; invalid_argument for a choice that is none; conflict when it is not
    // open any more; unavailable while another program writes.
    Result<boost::json::object> decide(std::int64_t id, const Choice& choice);

  private:
    Result<Conflict> open_conflict(std::int64_t id);
    Result<Bytes> chosen_value(const Conflict& conflict, const Choice& choice, const Bytes& shown);

    Store& store_;
    Records records_;
    ConflictRows rows_;
};

}  // namespace fieldpost::hub
