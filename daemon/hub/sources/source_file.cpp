#include "daemon/hub/sources/source_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/hub/sources/fields.hpp"
#include "daemon/hub/sources/toml_table.hpp"

namespace fieldpost::hub {

namespace {

// "15m", "1d", "2w" as seconds; 0 when there is none.
std::int64_t read_refresh(TomlTable& table) {
    const auto text = table.text("refresh");
    if (text.empty()) return 0;
    constexpr std::array<std::pair<char, std::int64_t>, 5> units{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}}};
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const auto* unit = std::ranges::find(units, end < text.data() + text.size() ? *end : ' ',
                                         &std::pair<char, std::int64_t>::first);
    if (error != std::errc() || end + 1 != text.data() + text.size() || unit == units.end() || count <= 0 ||
        count > 100000) {
        table.complain("refresh", "must be a number with s, m, h, d or w, such as \"1d\"");
        return 0;
    }
    return count * unit->second;
}

bool is_word(const std::string& text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string read_word(TomlTable& table, std::string_view key) {
    auto word = table.required_text(key);
    if (!word.empty() && !is_word(word)) table.complain(key, "must be 1 to 64 characters of a-z 0-9 _ -");
    return word;
}

Condition read_condition(TomlFile& file, const toml::table& inside) {
    TomlTable table(file, inside, "[[where]]");
    Condition condition;
    condition.place = table.place();
    condition.value.place = table.place();
    condition.value.columns = {table.required_text("column")};
    int tests = 0;
    const auto words = [&](std::string_view key, Condition::Test test) {
        if (!table.has(key)) return;
        ++tests;
        condition.test = test;
        condition.words = table.texts(key);
    };
    words("is", Condition::Test::is);
    words("is_not", Condition::Test::is_not);
    if (table.has("present")) {
        ++tests;
        condition.test = table.flag("present", true) ? Condition::Test::present : Condition::Test::absent;
    }
    if (table.has("differs_from")) {
        ++tests;
        condition.test = Condition::Test::differs;
        condition.other.place = table.place();
        condition.other.columns = {table.required_text("differs_from")};
    }
    table.finish();
    if (tests != 1) {
        file.complain(condition.place, "[[where]] needs exactly one of: is, is_not, present, differs_from");
    }
    return condition;
}

Check read_check(TomlFile& file, const toml::table& inside) {
    TomlTable table(file, inside, "[[dataset.check]]");
    Check check;
    check.place = table.place();
    check.value.place = table.place();
    check.value.columns = {table.required_text("column")};
    check.type = static_cast<Check::Type>(table.choice("type", {"text", "date", "number", "flag"}));
    check.required = table.flag("required", false);
    check.minimum = table.number("min");
    check.maximum = table.number("max");
    check.dates = parse_date_format(table);
    table.finish();
    return check;
}

JoinRule read_join(TomlFile& file, const toml::table& inside) {
    TomlTable table(file, inside, "[[dataset.join]]");
    JoinRule join;
    join.place = table.place();
    join.name = read_word(table, "name");
    join.file = table.required_text("file");
    join.layer = table.text("layer");
    const auto side = [&](std::string_view key) {
        const auto* node = table.node(key);
        if (node != nullptr) return parse_value(file, *node, table.title() + " '" + std::string(key) + "'");
        table.required_text(key);
        return ValueRule{};
    };
    join.here = side("here");
    join.there = side("there");
    join.ignore = table.text("ignore");
    join.by_address = table.choice("match", {"text", "address"}) == 1;
    for (const auto* one : table.tables("where")) join.where.push_back(read_condition(file, *one));
    table.finish();
    return join;
}

// A rule for the link alone, or { field = "name" } for what a field of the record holds already.
template <class Rule, class Parse>
std::variant<std::monostate, std::string, Rule> read_link_part(TomlFile& file, const toml::node* node,
                                                               records::Kind kind,
                                                               const google::protobuf::Descriptor* type,
                                                               const std::string& title, Parse&& parse) {
    if (node == nullptr) return std::monostate{};
    const auto* inside = node->as_table();
    if (inside == nullptr || !inside->contains("field")) return parse(*node);
    TomlTable table(file, *inside, title);
    const auto name = table.required_text("field");
    table.finish();
    const auto message = records::new_message(kind);
    const auto* field = message ? message->GetDescriptor()->FindFieldByName(name) : nullptr;
    if (field == nullptr || field->is_repeated() || field->message_type() != type) {
        file.complain(*node, title + ": a " + records::kind_name(kind) + " has no " + type->name() +
                                 " field '" + name + "'");
    }
    return name;
}

LinkRule read_link(TomlFile& file, const toml::table& inside, records::Kind kind) {
    TomlTable table(file, inside, "[dataset.link]");
    LinkRule link;
    if (const auto* parcel = table.node("parcel")) {
        link.parcel = parse_value(file, *parcel, "[dataset.link] 'parcel'");
    }
    link.learn_parcels = table.flag("learn_parcels", false);
    if (const auto* node = table.table("record")) {
        TomlTable reference(file, *node, "[dataset.link.record]");
        RecordReference record;
        record.kind = records::parse_kind(reference.required_text("kind"));
        if (record.kind == records::KIND_UNSET) reference.complain("kind", "is no kind of record");
        record.source = reference.text("source");
        if (const auto* key = reference.node("key")) {
            record.key = parse_value(file, *key, "[dataset.link.record] 'key'");
        } else {
            reference.required_text("key");
        }
        reference.finish();
        link.record = std::move(record);
    }
    link.address = read_link_part<AddressRule>(
        file, table.node("address"), kind, records::Address::descriptor(), "[dataset.link] 'address'",
        [&](const toml::node& node) { return parse_address_rule(file, node, "[dataset.link] 'address'"); });
    link.position = read_link_part<PositionRule>(
        file, table.node("position"), kind, records::Position::descriptor(), "[dataset.link] 'position'",
        [&](const toml::node& node) {
            if (const auto* position = node.as_table()) {
                return parse_position_rule(file, *position, "[dataset.link] 'position'");
            }
            file.complain(node, "[dataset.link] 'position' must be a table");
            return PositionRule{};
        });
    table.finish();
    return link;
}

// field = "confidential/fire", or { label = "...", reason = "..." } to lower it or to give it to other hands.
void read_label(TomlFile& file, const std::string& name, const toml::node& node, DatasetMapping& dataset) {
    const auto message = records::new_message(dataset.kind);
    const auto* field = message ? message->GetDescriptor()->FindFieldByName(name) : nullptr;
    if (field == nullptr) {
        return file.complain(node, "a " + records::kind_name(dataset.kind) + " has no field '" + name + "'");
    }
    std::string text = node.value_exact<std::string>().value_or("");
    std::string reason;
    if (const auto* inside = node.as_table()) {
        TomlTable table(file, *inside, "[dataset.labels." + name + "]");
        text = table.required_text("label");
        reason = table.text("reason");
        table.finish();
    }
    const auto slash = text.find('/');
    const records::LayerKey wanted{records::parse_classification(text.substr(0, slash)),
                                   slash == std::string::npos ? "" : text.substr(slash + 1)};
    if (wanted.classification == records::CLASSIFICATION_UNSET || !is_word(wanted.compartment)) {
        return file.complain(node, "the label of '" + name + "' must look like \"confidential/general\"");
    }
    const auto floor = records::field_label(*field).layer;
    const bool raised =
        wanted.compartment == floor.compartment && wanted.classification >= floor.classification;
    if (!raised && reason.empty()) {
        return file.complain(node, "the label of '" + name + "' goes below or beside its floor " +
                                       std::string(records::classification_name(floor.classification)) + "/" +
                                       floor.compartment + " and needs a reason: { label = \"" + text +
                                       "\", reason = \"...\" }");
    }
    dataset.labels.emplace(name, wanted);
}

void check_areas(TomlTable& table, DatasetMapping& dataset, const City& city) {
    dataset.areas = table.texts("areas");
    if (dataset.areas.empty()) dataset.areas = {"city"};
    for (const auto& area : dataset.areas) {
        if (!city.areas.contains(area))
            table.complain("areas", "names '" + area + "', which city.toml does not have");
    }
}

DatasetMapping read_dataset(TomlFile& file, const toml::table& inside, const City& city) {
    TomlTable table(file, inside, "[[dataset]]");
    DatasetMapping dataset;
    dataset.place = table.place();
    dataset.name = read_word(table, "name");
    const auto kind = table.required_text("kind");
    dataset.kind = records::parse_kind(kind);
    if (dataset.kind == records::KIND_UNSET) table.complain("kind", "is no kind of record");
    dataset.file = table.required_text("file");
    if (dataset.file.starts_with('/') || dataset.file.find("..") != std::string::npos) {
        table.complain("file", "must lie in the data folder");
    }
    dataset.layer = table.text("layer");
    dataset.optional = table.flag("optional", false);
    const auto mode = table.required_text("mode");
    dataset.mode = mode == "full" ? Mode::full : Mode::changes;
    if (mode != "full" && mode != "changes") table.complain("mode", "must be one of: full, changes");
    dataset.delete_limit = table.number("delete_limit").value_or(dataset.delete_limit);
    if (dataset.delete_limit < 0 || dataset.delete_limit > 1)
        table.complain("delete_limit", "must be 0 to 1");
    dataset.key = table.texts("key");
    dataset.key_from_content = dataset.key == std::vector<std::string>{"@content"};
    if (dataset.key.empty()) table.required_text("key");
    dataset.key_prefix = table.text("key_prefix");
    check_areas(table, dataset, city);
    dataset.null_words = table.texts("null");
    if (const auto* node = table.node("as_of")) {
        if (const auto* with_format = node->as_table()) {
            TomlTable as_of(file, *with_format, "[dataset.as_of]");
            dataset.as_of_dates = parse_date_format(as_of);
            ValueRule rule;
            rule.place = as_of.place();
            rule.columns = as_of.texts("column");
            if (rule.columns.empty()) as_of.required_text("column");
            as_of.finish();
            dataset.as_of = std::move(rule);
        } else {
            dataset.as_of = parse_value(file, *node, "[dataset.as_of]");
        }
    }
    for (const auto* one : table.tables("where")) dataset.where.push_back(read_condition(file, *one));
    for (const auto* one : table.tables("join")) dataset.joins.push_back(read_join(file, *one));
    for (const auto* one : table.tables("check")) dataset.checks.push_back(read_check(file, *one));
    if (const auto* fields = table.table("fields")) {
        TomlTable rules(file, *fields, "[dataset.fields]");
        dataset.fields = parse_fields(rules, dataset.kind);
    }
    if (dataset.fields.empty()) file.complain(dataset.place, "dataset '" + dataset.name + "' maps no fields");
    if (const auto* link = table.table("link")) dataset.link = read_link(file, *link, dataset.kind);
    if (const auto* labels = table.table("labels")) {
        TomlTable rules(file, *labels, "[dataset.labels]");
        for (const auto& [name, node] : rules.all()) read_label(file, name, *node, dataset);
    }
    table.finish();
    return dataset;
}

}  // namespace

Result<SourceMapping> parse_source(const std::string& name, std::string_view text, const City& city) {
    TomlFile file(name, text);
    SourceMapping mapping;
    if (auto parsed = file.status(); !parsed) return parsed.error();
    TomlTable root(file, file.root(), "the file");
    if (const auto* head = root.table("source")) {
        TomlTable source(file, *head, "[source]");
        mapping.source.id = read_word(source, "id");
        mapping.source.title = source.required_text("title");
        mapping.source.steward = source.required_text("steward");
        mapping.source.meaning = source.required_text("meaning");
        mapping.source.refresh_s = read_refresh(source);
        source.finish();
    } else {
        file.complain(root.place(), "the file lacks [source]");
    }
    for (const auto* one : root.tables("dataset")) {
        mapping.datasets.push_back(read_dataset(file, *one, city));
        const auto& last = mapping.datasets.back();
        const auto same = std::ranges::count(mapping.datasets, last.name, &DatasetMapping::name);
        if (same > 1) file.complain(last.place, "there are two datasets named '" + last.name + "'");
    }
    root.finish();
    if (auto sound = file.status(); !sound) return sound.error();
    return mapping;
}

}  // namespace fieldpost::hub
