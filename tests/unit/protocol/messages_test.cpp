// Another end is written from sync/protocol/MESSAGES.md: its tables name all that the .proto files do, and
// nothing else.
#include <google/protobuf/descriptor.h>
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <sstream>

#include "sync/base/file.hpp"
#include "sync/protocol/journal.pb.h"
#include "sync/protocol/wire.pb.h"
#include "sync/records/common.pb.h"
#include "sync/records/label.pb.h"
#include "sync/records/records.pb.h"

using namespace fieldpost;
namespace pb = google::protobuf;

namespace {

// By what is named in a heading "### `Name`": the rows of the tables below it, as "| number | `name`".
using Rows = std::map<std::string, std::set<std::string>>;

std::string row(int number, const std::string& name) {
    return "| " + std::to_string(number) + " | `" + name + "`";
}

Rows told() {
    const auto text =
        read_file(std::filesystem::path(FIELDPOST_SOURCE_DIR) / "sync/protocol/MESSAGES.md").value();
    Rows rows;
    std::istringstream lines(text);
    std::string heading;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#")) {
            const auto name = line.find('`');
            heading = line.starts_with("### `") ? line.substr(name + 1, line.rfind('`') - name - 1) : "";
            if (!heading.empty()) rows[heading];
        }
        const bool is_numbered =
            line.starts_with("| ") && line.size() > 2 && line[2] >= '0' && line[2] <= '9';
        if (heading.empty() || !is_numbered) continue;
        const auto name = line.find('`');
        REQUIRE(name != std::string::npos);
        rows[heading].insert(line.substr(0, line.find('`', name + 1) + 1));
    }
    return rows;
}

void add(const pb::EnumDescriptor& type, Rows& rows) {
    auto& values = rows[type.name()];
    for (int i = 0; i < type.value_count(); ++i)
        values.insert(row(type.value(i)->number(), type.value(i)->name()));
}

void add(const pb::Descriptor& type, Rows& rows) {
    auto& fields = rows[type.name()];
    for (int i = 0; i < type.field_count(); ++i)
        fields.insert(row(type.field(i)->number(), type.field(i)->name()));
    for (int i = 0; i < type.enum_type_count(); ++i) add(*type.enum_type(i), rows);
    for (int i = 0; i < type.nested_type_count(); ++i) add(*type.nested_type(i), rows);
}

void add(const pb::FileDescriptor& file, Rows& rows) {
    for (int i = 0; i < file.enum_type_count(); ++i) add(*file.enum_type(i), rows);
    for (int i = 0; i < file.message_type_count(); ++i) add(*file.message_type(i), rows);
}

}  // namespace

TEST_CASE("The tables of the protocol have each message, field and value, by its number", "[protocol]") {
    Rows declared;
    add(*protocol::Signed::descriptor()->file(), declared);
    add(*protocol::Operation::descriptor()->file(), declared);
    add(*records::Position::descriptor()->file(), declared);
    add(*records::Label::descriptor()->file(), declared);
    add(*records::Kind_descriptor(), declared);  // the records themselves are described in records.proto
    const Rows rows = told();
    for (const auto& [name, expected] : declared) {
        INFO("### `" << name << "` of sync/protocol/MESSAGES.md");
        const auto found = rows.find(name);
        REQUIRE(found != rows.end());
        CHECK(found->second == expected);
    }
    for (const auto& [name, ignored] : rows) {
        INFO(name << " stands in sync/protocol/MESSAGES.md, and in no .proto file");
        CHECK(declared.contains(name));
    }
}
