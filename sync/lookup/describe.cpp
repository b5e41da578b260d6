#include "sync/lookup/describe.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "sync/base/time.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t part_limit = 120;  // bytes; long descriptions are for the record's own page

// One line of at most part_limit bytes, cut at a character and never inside one.
std::string line(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, part_limit + 1)) {
        const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (!space) out.push_back(c);
        if (space && !out.empty() && out.back() != ' ') out.push_back(' ');
    }
    if (text.size() > part_limit) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0U) == 0x80U) out.pop_back();
        if (!out.empty()) out.pop_back();
        out += "…";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) {
        const std::string shown = line(part);
        if (shown.empty()) continue;
        if (!out.empty()) out += " · ";
        out += shown;
    }
    return out;
}

// "Permit BP-12", "Permit" without a number.
std::string numbered(std::string_view what, std::string_view number) {
    return number.empty() ? std::string(what) : fmt::format("{} {}", what, line(number));
}

std::string dated(std::string_view what, std::string_view date) {
    return date.empty() ? std::string() : fmt::format("{} {}", what, date);
}

std::string dated(std::string_view what, std::int64_t unix_seconds) {
    return unix_seconds == 0 ? std::string() : fmt::format("{} {}", what, format_date(unix_seconds));
}

// "in_service" -> "in service"
std::string plain(std::string_view code) {
    std::string out(code);
    for (char& c : out) {
        if (c == '_') c = ' ';
    }
    return out;
}

// "fire_hydrant" -> "Fire hydrant"
std::string headed(std::string_view code) {
    std::string out = plain(code);
    if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
        out.front() = static_cast<char>(out.front() - 'a' + 'A');
    return out;
}

std::string first_of(std::initializer_list<std::string_view> candidates) {
    for (const std::string_view candidate : candidates) {
        if (std::string shown = line(candidate); !shown.empty()) return shown;
    }
    return {};
}

Description property(const records::Property& record) {
    const std::string address = record.has_address() ? records::display(record.address()) : std::string();
    const std::string parcel =
        record.parcel_id().empty() ? std::string() : numbered("Parcel", record.parcel_id());
    const std::string name = first_of({record.place_name(), record.address().building()});
    Description out;
    out.title = first_of({address, name, parcel, "Property without address"});
    out.subtitle = joined({out.title == name ? std::string() : name, record.use_description(),
                           out.title == parcel ? std::string() : parcel});
    return out;
}

Description asset(const records::Asset& record) {
    const std::string named = record.asset_class() == "street" ? record.description() : std::string();
    const std::string what = record.asset_class().empty() ? "Asset" : headed(record.asset_class());
    const bool unusable = out_of_service(record);
    const std::string flow =
        record.flow_gpm() > 0 ? fmt::format("{:.0f} gpm", record.flow_gpm()) : std::string();
    return {
        first_of({named, numbered(what, record.asset_id())}),
        joined({unusable ? "OUT OF SERVICE" : plain(record.status()), unusable ? record.reason() : "", flow,
                dated("inspected", record.last_inspected_on()), named.empty() ? record.description() : ""})};
}

Description hazard(const records::Hazard& record) {
    const bool rated = record.health() + record.flammability() + record.instability() > 0;
    const std::string diamond =
        rated ? fmt::format("NFPA 704 {}-{}-{} {}", record.health(), record.flammability(),
                            record.instability(), record.special())
              : record.special();
    return {first_of({record.product(), numbered("Hazard", record.hazard_id())}),
            joined({diamond, record.quantity(), record.location(), record.notes()})};
}

Description account(const records::Account& record) {
    const std::string what = record.type().empty() ? "Account" : headed(record.type()) + " account";
    return {numbered(what, record.account_number()), joined({record.holder(), record.status()})};
}

Description license(const records::License& record) {
    const std::string what = record.type().empty() ? "License" : headed(record.type()) + " license";
    return {numbered(what, record.license_number()),
            joined({record.business_name(), record.holder(), record.status(),
                    dated("expires", record.expires_on())})};
}

Description inspection(const records::Inspection& record) {
    const std::string score =
        record.score() > 0 ? fmt::format("score {:.0f}", record.score()) : std::string();
    return {
        numbered(first_of({record.type(), record.type_mapped(), "Inspection"}), record.inspection_number()),
        joined({record.result(), score,
                record.inspected_on().empty() ? dated("scheduled", record.scheduled_on())
                                              : record.inspected_on(),
                record.description()})};
}

Description observation(const records::Observation& record) {
    return {record.kind().empty() ? "Observation" : headed(record.kind()),
            joined({record.corrected_by().empty() ? "" : "corrected since", record.note(), record.severity(),
                    record.recorded_at() == 0 ? "" : format_date(record.recorded_at())})};
}

// `message` is of the kind that the caller has checked.
template <class T>
const T& as(const google::protobuf::Message& message) {
    return static_cast<const T&>(message);
}

}  // namespace

Description describe(records::Kind kind, const google::protobuf::Message& message) {
    switch (kind) {
        case records::PROPERTY:
            return property(as<records::Property>(message));
        case records::ASSET:
            return asset(as<records::Asset>(message));
        case records::HAZARD:
            return hazard(as<records::Hazard>(message));
        case records::ACCOUNT:
            return account(as<records::Account>(message));
        case records::LICENSE:
            return license(as<records::License>(message));
        case records::INSPECTION:
            return inspection(as<records::Inspection>(message));
        case records::OBSERVATION:
            return observation(as<records::Observation>(message));
        case records::PARTY: {
            const auto& record = as<records::Party>(message);
            return {first_of({record.name(), "Party"}), headed(line(record.role()))};
        }
        case records::PERMIT: {
            const auto& record = as<records::Permit>(message);
            return {numbered("Permit", record.permit_number()),
                    joined({record.type(), record.project_name(), record.description(), record.status(),
                            dated("issued", record.issued_on())})};
        }
        case records::VIOLATION: {
            const auto& record = as<records::Violation>(message);
            return {numbered("Violation", record.violation_number()),
                    joined({record.status(), record.description(), record.code(),
                            dated("found", record.found_on())})};
        }
        case records::SERVICE_REQUEST: {
            const auto& record = as<records::ServiceRequest>(message);
            return {
                numbered(first_of({record.service_name(), "Service request"}), record.service_request_id()),
                joined({record.status(), dated("requested", record.requested_at()), record.status_notes()})};
        }
        case records::PREPLAN: {
            const auto& record = as<records::Preplan>(message);
            return {numbered("Pre-plan", record.plan_id()),
                    joined({record.quick_sheet(), record.construction(),
                            dated("surveyed", record.surveyed_on())})};
        }
        case records::INCIDENT: {
            const auto& record = as<records::Incident>(message);
            return {numbered(first_of({record.type(), "Incident"}), record.incident_number()),
                    joined({dated("called", record.call_at()), record.disposition()})};
        }
        case records::FORM: {
            const auto& record = as<records::Form>(message);
            return {first_of({record.title(), numbered("Form", record.form_id())}), line(record.topic())};
        }
        case records::DOCUMENT: {
            const auto& record = as<records::Document>(message);
            return {first_of({record.title(), numbered("Document", record.document_id())}),
                    joined({record.type(), record.dated_on()})};
        }
        case records::BOUNDARY: {
            const auto& record = as<records::Boundary>(message);
            return {first_of({record.name(), numbered("District", record.boundary_id())}),
                    joined({headed(line(record.layer())), record.agency(), record.phone()})};
        }
        case records::VISIT: {
            const auto& record = as<records::Visit>(message);
            return {first_of({record.purpose(), "Visit"}),
                    joined({plain(record.result()), dated("on", record.started_at()), record.note()})};
        }
        default:
            return describe_unknown(kind);
    }
}

Description describe_unknown(records::Kind kind) {
    const std::string what =
        records::Kind_IsValid(kind) ? headed(records::kind_name(kind)) : std::string("Record");
    return {what, "cannot be shown by this version"};
}

std::string section_title(records::Kind kind) {
    switch (kind) {
        case records::PROPERTY:
            return "Property";
        case records::PARTY:
            return "People and organisations";
        case records::PERMIT:
            return "Permits";
        case records::LICENSE:
            return "Licenses";
        case records::INSPECTION:
            return "Inspections";
        case records::VIOLATION:
            return "Violations";
        case records::SERVICE_REQUEST:
            return "Service requests";
        case records::ASSET:
            return "Assets";
        case records::ACCOUNT:
            return "Accounts";
        case records::PREPLAN:
            return "Pre-plans";
        case records::HAZARD:
            return "Hazards";
        case records::INCIDENT:
            return "Incidents";
        case records::FORM:
            return "Forms";
        case records::DOCUMENT:
            return "Documents";
        case records::VISIT:
            return "Visits";
        case records::OBSERVATION:
            return "Observations";
        case records::BOUNDARY:
            return "Districts";
        default:
            return "Other records";
    }
}

}  // namespace fieldpost::lookup
