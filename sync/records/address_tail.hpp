// Inside of the address reader: what stands at the end of a mailing address.
#pragma once

#include <string>

#include "sync/records/address_tokens.hpp"

namespace fieldpost::records::reading {

struct MailingTail {
    std::string postal_code;
    bool found = false;  // a country, ZIP or state was taken off
};

// Takes country, ZIP and state off the end of the tokens ("..., MA 02139, USA"), with the commas between
// them.
MailingTail take_mailing_tail(Tokens& tokens);

// "MA", "MASSACHUSETTS": of the United States, by code or by a name of one word.
bool is_state(std::string_view word);

}  // namespace fieldpost::records::reading
