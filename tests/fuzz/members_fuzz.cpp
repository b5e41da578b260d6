// What clients of the device's API send to record, correct and edit: a JSON object, its members, and fields
// of a record as JSON. It is read, or refused with a sentence; what the API writes of a field it reads as the
// same.
#include "daemon/device/api/members.hpp"
#include "daemon/support/field_json.hpp"
#include "daemon/support/http_message.hpp"
#include "sync/engine/merge.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

void check(const Status& read) {
    must(read.has_value() ||
             (read.error().code == ErrorCode::invalid_argument && !read.error().message.empty()),
         "what is refused is refused with a sentence");
}

// As the routes for observations, corrections and edits do, all members at once.
boost::json::object read_members(boost::json::object body) {
    device::Members members(std::move(body));
    for (const char* name : {"id", "visit", "kind", "note", "reason", "status"}) members.text(name);
    must(members.record("property") >= 0, "the id of a record is a number of ours");
    const auto version = members.version("version");
    must(!version || *version >= 0, "a version is a whole number from 0");
    members.values("values");
    const auto attachments = members.attachments("attachments");
    auto fields = members.object("fields");
    const auto read = members.finish();
    check(read);
    for (const auto& attachment : attachments) {
        must(!read || attachment.sha256.size() == 32, "an attachment is named by its SHA-256");
    }
    return fields;
}

void check_field(const google::protobuf::Message& record, const google::protobuf::FieldDescriptor& field,
                 const boost::json::value& value) {
    const std::unique_ptr<google::protobuf::Message> one(record.New());
    const auto set = support::set_field_from_json(*one, field, value);
    check(set);
    if (!set) return;
    const auto number = static_cast<engine::FieldNumber>(field.number());
    const Bytes bytes = engine::field_value(*one, number);
    must(engine::canonical_value(*one, number, bytes).value() == bytes, "what was read is a field's value");
    const std::unique_ptr<google::protobuf::Message> other(record.New());
    const auto again = support::set_field_from_json(*other, field, support::field_json(*one, field));
    if (!again) return;  // an attachment is shown, and not set
    must(engine::field_value(*other, number).size() <= bytes.size() + 64,
         "what is shown is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(32U << 20U);
    support::Request request;
    request.body.assign(reinterpret_cast<const char*>(data), size);
    const auto body = request.json_body();
    if (!body) {
        must(body.error().code == ErrorCode::invalid_argument, "a body is JSON, or its client is told");
        return 0;
    }
    const auto fields = read_members(*body);
    for (int number = records::PROPERTY; number <= records::Kind_MAX; ++number) {
        const auto record = records::new_message(static_cast<records::Kind>(number));
        if (!record) continue;
        for (const auto& member : fields) {
            const auto* field = record->GetDescriptor()->FindFieldByName(std::string(member.key()));
            if (field != nullptr) check_field(*record, *field, member.value());
        }
    }
    return 0;
}
