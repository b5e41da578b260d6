#include "daemon/hub/sources/fields.hpp"

#include <algorithm>

namespace fieldpost::hub {

namespace {

namespace pb = google::protobuf;

void read_replacements(TomlTable& table, ValueRule& rule) {
    const auto* node = table.node("replace");
    if (node == nullptr) return;
    const auto* pairs = node->as_array();
    bool sound = pairs != nullptr;
    for (std::size_t i = 0; sound && i < pairs->size(); ++i) {
        const auto* pair = pairs->get(i)->as_array();
        const auto from = pair && pair->size() == 2 ? pair->get(0)->value_exact<std::string>() : std::nullopt;
        const auto to = from ? pair->get(1)->value_exact<std::string>() : std::nullopt;
        sound = to.has_value();
        if (!sound) break;
        auto replacement = Replacement::make(*from, *to);
        if (!replacement) return table.complain("replace", "holds " + replacement.error().message);
        rule.replace.push_back(std::move(*replacement));
    }
    if (!sound) table.complain("replace", "must be an array of [regular expression, text] pairs");
}

// The keys of a ValueRule, out of a table that may have others.
ValueRule read_value(TomlTable& table) {
    ValueRule rule;
    rule.place = table.place();
    rule.columns = table.texts("column");
    rule.pattern = table.text("template");
    if (table.has("constant")) rule.constant = table.text("constant");
    rule.split = table.text("split");
    rule.letter_case =
        static_cast<ValueRule::LetterCase>(table.choice("case", {"as_is", "upper", "lower", "title"}));
    for (auto& [from, to] : table.text_pairs("map")) rule.map.emplace(std::move(from), std::move(to));
    rule.otherwise =
        static_cast<ValueRule::Otherwise>(table.choice("otherwise", {"keep", "drop", "quarantine"}));
    read_replacements(table, rule);
    const int ways =
        (rule.columns.empty() ? 0 : 1) + (rule.pattern.empty() ? 0 : 1) + (rule.constant ? 1 : 0);
    if (ways != 1) {
        table.file().complain(table.place(),
                              table.title() + " needs exactly one of: column, template, constant");
    }
    return rule;
}

// nullopt when the node is a table, whose keys the caller reads.
std::optional<ValueRule> short_form(TomlFile& file, const toml::node& node, const std::string& title) {
    if (node.is_table()) return std::nullopt;
    ValueRule rule;
    rule.place = file.place(node);
    if (const auto column = node.value_exact<std::string>()) {
        rule.columns = {*column};
        return rule;
    }
    if (const auto* columns = node.as_array()) {
        for (const auto& item : *columns) {
            if (const auto column = item.value_exact<std::string>()) rule.columns.push_back(*column);
        }
        if (!rule.columns.empty() && rule.columns.size() == columns->size()) return rule;
    }
    file.complain(node, title + " must be a column's name, an array of them, or a table");
    return rule;
}

AddressRule read_address(TomlTable& table) {
    AddressRule rule;
    rule.text = read_value(table);
    if (const auto* place = table.node("place")) {
        rule.place = parse_value(table.file(), *place, table.title() + ".place");
    }
    if (const auto* code = table.node("postal_code")) {
        rule.postal_code = parse_value(table.file(), *code, table.title() + ".postal_code");
    }
    rule.each = table.text("each");
    return rule;
}

PositionRule read_position(TomlTable& table) {
    PositionRule rule;
    rule.lat.place = rule.lon.place = table.place();
    if (table.flag("geometry", false)) {
        rule.lat.columns = {"@lat"};
        rule.lon.columns = {"@lon"};
    } else {
        rule.lat.columns = table.texts("lat");
        rule.lon.columns = table.texts("lon");
        if (rule.lat.columns.empty()) table.required_text("lat");
        if (rule.lon.columns.empty()) table.required_text("lon");
    }
    rule.repair_swapped = table.choice("swapped", {"quarantine", "repair"}) == 1;
    rule.drop_outside = table.choice("outside", {"quarantine", "drop"}) == 1;
    return rule;
}

bool is_message(const pb::FieldDescriptor& field, const pb::Descriptor* type) {
    return field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE && field.message_type() == type;
}

AttributesRule read_attributes(TomlFile& file, const toml::node& node, const std::string& title) {
    AttributesRule rule;
    const auto* table = node.as_table();
    if (table == nullptr) {
        file.complain(node, title + " must be a table: name = \"column\"");
        return rule;
    }
    TomlTable names(file, *table, title);
    for (const auto& [name, value] : names.all()) {
        rule.emplace_back(name, parse_value(file, *value, title + "." + name));
    }
    return rule;
}

// What follows the value in a field's table.
void read_checks(TomlTable& table, FieldRule& rule) {
    rule.required = table.flag("required", false);
    rule.drop_bad = table.choice("on_error", {"quarantine", "drop"}) == 1;
    rule.minimum = table.number("min");
    rule.maximum = table.number("max");
    rule.scale = table.number("scale").value_or(1);
    rule.dates = parse_date_format(table);
}

FieldRule read_field(TomlFile& file, const pb::FieldDescriptor& field, const toml::node& node) {
    FieldRule rule;
    rule.place = file.place(node);
    rule.field = field.name();
    const std::string title = "[dataset.fields." + field.name() + "]";
    if (is_message(field, records::Attribute::descriptor())) {
        rule.value = read_attributes(file, node, title);
        return rule;
    }
    if (is_message(field, records::Address::descriptor()) && field.is_repeated() && node.is_array()) {
        std::vector<AddressRule> several;
        for (const auto& one : *node.as_array()) several.push_back(parse_address_rule(file, one, title));
        rule.value = std::move(several);
        return rule;
    }
    const auto* inside = node.as_table();
    if (is_message(field, records::Address::descriptor())) {
        if (inside == nullptr) {
            rule.value = parse_address_rule(file, node, title);
        } else {
            TomlTable table(file, *inside, title);
            rule.value = read_address(table);
            read_checks(table, rule);
            table.finish();
        }
        if (field.is_repeated()) rule.value = std::vector{std::get<AddressRule>(rule.value)};
        return rule;
    }
    if (is_message(field, records::Position::descriptor())) {
        if (inside == nullptr) {
            file.complain(node, title + " must be a table with lat and lon, or geometry = true");
            return rule;
        }
        TomlTable table(file, *inside, title);
        if (field.is_repeated()) {
            if (!table.flag("geometry", false))
                table.file().complain(node, title + " can only be geometry = true");
            rule.value = LineRule{};
        } else {
            rule.value = read_position(table);
        }
        read_checks(table, rule);
        table.finish();
        return rule;
    }
    if (is_message(field, records::Ring::descriptor())) {
        if (inside == nullptr) {
            file.complain(node, title + " can only be geometry = true");
            return rule;
        }
        TomlTable table(file, *inside, title);
        if (!table.flag("geometry", false)) file.complain(node, title + " can only be geometry = true");
        rule.value = RingsRule{};
        read_checks(table, rule);
        table.finish();
        return rule;
    }
    if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        file.complain(node,
                      title + ": a field of type " + field.message_type()->name() + " cannot be mapped");
        return rule;
    }
    if (auto value = short_form(file, node, title)) {
        rule.value = std::move(*value);
        return rule;
    }
    TomlTable table(file, *inside, title);
    rule.value = read_value(table);
    read_checks(table, rule);
    table.finish();
    return rule;
}

}  // namespace

DateFormat parse_date_format(TomlTable& table) {
    return static_cast<DateFormat>(table.choice("format", {"detect", "day_first", "epoch_s", "epoch_ms"}));
}

ValueRule parse_value(TomlFile& file, const toml::node& node, const std::string& title) {
    if (auto rule = short_form(file, node, title)) return *rule;
    TomlTable table(file, *node.as_table(), title);
    ValueRule rule = read_value(table);
    table.finish();
    return rule;
}

AddressRule parse_address_rule(TomlFile& file, const toml::node& node, const std::string& title) {
    if (auto text = short_form(file, node, title)) return {std::move(*text), {}, {}, {}};
    TomlTable table(file, *node.as_table(), title);
    AddressRule rule = read_address(table);
    table.finish();
    return rule;
}

PositionRule parse_position_rule(TomlFile& file, const toml::table& inside, const std::string& title) {
    TomlTable table(file, inside, title);
    PositionRule rule = read_position(table);
    table.finish();
    return rule;
}

std::vector<FieldRule> parse_fields(TomlTable& table, records::Kind kind) {
    std::vector<FieldRule> out;
    const auto message = records::new_message(kind);
    for (const auto& [name, node] : table.all()) {
        const auto* field = message ? message->GetDescriptor()->FindFieldByName(name) : nullptr;
        if (field == nullptr) {
            table.file().complain(*node, "a " + records::kind_name(kind) + " has no field '" + name + "'");
            break;
        }
        out.push_back(read_field(table.file(), *field, *node));
    }
    return out;
}

}  // namespace fieldpost::hub
