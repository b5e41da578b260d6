// Parsing the parts of a mapping file that say how one value is made.
#pragma once

#include "daemon/hub/sources/toml_table.hpp"

namespace fieldpost::hub {

// "column", ["first", "second"], or a table with the keys of ValueRule. `title` names it in messages.
ValueRule parse_value(TomlFile& file, const toml::node& node, const std::string& title);
AddressRule parse_address_rule(TomlFile& file, const toml::node& node, const std::string& title);
PositionRule parse_position_rule(TomlFile& file, const toml::table& table, const std::string& title);

// [dataset.fields]: each key must be a field of the kind, each value fit its type.
std::vector<FieldRule> parse_fields(TomlTable& table, records::Kind kind);

DateFormat parse_date_format(TomlTable& table);

}  // namespace fieldpost::hub
