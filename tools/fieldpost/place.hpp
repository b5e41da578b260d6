// From what a person types for a place to the one property that it means.
#pragma once

#include <string>
#include <string_view>

#include "tools/fieldpost/device.hpp"

namespace fieldpost::cli {

// Thirteen characters of Crockford base32, as ids are written.
bool is_record_id(std::string_view text);

// The id of the property that `text` means: an id, or an address, parcel number or name with one answer. One
// property that everything typed fits is an answer beside others that only come close. Exit::not_found when
// there is none, Exit::usage, naming the candidates, when there are several: a guess would file work at the
// wrong door.
Outcome<std::string> find_place(Device& device, const std::string& text);

}  // namespace fieldpost::cli
