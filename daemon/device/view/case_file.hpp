// What an inspector must know of a place: what is open and by when, what happened, on which conditions, and
// who is responsible. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/device/view/origin.hpp"

namespace fieldpost::device {

// Whether it still waits for somebody. By its status where that says so, otherwise by its dates.
bool is_open(const records::Violation& violation);
bool is_open(const records::Permit& permit);
bool is_open(const records::ServiceRequest& request);
bool is_open(const records::Inspection& inspection);

struct OpenItem {
    std::string title;  // "Violation V-101"
    std::string detail;
    std::string status;       // as the source writes it; may be empty
    std::string due_on;       // may be empty
    int overdue_days = 0;     // by the city's today; 0: not overdue, or nobody knows what day it is
    std::string responsible;  // who must act; may be empty
    Origin origin;
};

struct Event {
    std::string on;  // date
    std::string what;
    std::string detail;
    Origin origin;
};

struct Condition {
    std::string title;
    std::string text;
    std::string on;  // date; may be empty
    Origin origin;
};

// Somebody with a part in the place, by its role.
struct Involved {
    std::string name;
    std::string role;
    Origin origin;
};

struct CaseFile {
    std::vector<OpenItem> open_items;   // overdue ones first, the longest overdue first; then by due date
    std::vector<Event> history;         // newest first, at most history_limit
    std::vector<Condition> conditions;  // newest first
    std::vector<Involved> involved;     // owners first
    bool history_cut = false;
};

inline constexpr std::size_t history_limit = 100;

CaseFile case_file(const std::vector<HeldRecord>& records, const Now& now);

}  // namespace fieldpost::device
