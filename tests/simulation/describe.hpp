// Messages and operations in a few words, for traces and reports.
#pragma once

#include <string>

#include "tests/simulation/stores.hpp"
#include "tests/simulation/trace.hpp"

namespace fieldpost::simulation {

// The id in a serialised operation; of one that cannot be read, its hash.
std::string operation_id(BytesView body);
std::string outcome_text(protocol::Outcome outcome);
// The first record in which they differ.
std::string difference(const Rows& held, const Rows& right);

// What is signed, unchecked.
Bytes payload_of(const protocol::Signed& sealed);

// What a message on the broker says, with what it is about.
struct Described {
    Subject about;
    std::string text;
};
Described describe(const std::string& topic, BytesView payload);

}  // namespace fieldpost::simulation
