#include "daemon/device/view/case_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <tuple>

#include "daemon/device/view/text.hpp"
#include "sync/lookup/describe.hpp"

namespace fieldpost::device {

namespace {

constexpr int expires_soon_days = 30;

bool says_closed(std::string_view status) {
    return mentions(status, {"closed", "complied", "resolved", "dismissed", "corrected", "completed",
                             "complete", "finaled", "final", "void", "voided", "withdrawn", "denied",
                             "cancelled", "canceled", "expired", "abated"});
}

std::string title_of(const HeldRecord& record) {
    return lookup::describe(record.kind, *record.message).title;
}

class CaseWriter {
  public:
    explicit CaseWriter(const Now& now) : now_(now) {}

    void add(const HeldRecord& record) {
        switch (record.kind) {
            case records::VIOLATION:
                return violation(record, record.as<records::Violation>());
            case records::PERMIT:
                return permit(record, record.as<records::Permit>());
            case records::LICENSE:
                return license(record, record.as<records::License>());
            case records::INSPECTION:
                return inspection(record, record.as<records::Inspection>());
            case records::SERVICE_REQUEST:
                return request(record, record.as<records::ServiceRequest>());
            case records::PREPLAN:
                return preplan(record, record.as<records::Preplan>());
            case records::INCIDENT:
                return incident(record, record.as<records::Incident>());
            case records::VISIT:
                return visit(record, record.as<records::Visit>());
            case records::OBSERVATION:
                return observation(record, record.as<records::Observation>());
            case records::PARTY:
                return party(record, record.as<records::Party>());
            default:
                return;
        }
    }

    CaseFile finish() {
        std::ranges::stable_sort(out_.open_items, {}, [](const OpenItem& item) {
            return std::tuple(-item.overdue_days, item.due_on.empty(), item.due_on);
        });
        std::ranges::stable_sort(out_.history, std::greater<>(), &Event::on);
        out_.history_cut = out_.history.size() > history_limit;
        if (out_.history_cut) out_.history.erase(out_.history.begin() + history_limit, out_.history.end());
        std::ranges::stable_sort(out_.conditions, std::greater<>(), &Condition::on);
        std::ranges::stable_sort(out_.involved, {},
                                 [](const Involved& one) { return !mentions(one.role, {"owner"}); });
        return std::move(out_);
    }

  private:
    void open(const HeldRecord& record, std::string detail, std::string status, const std::string& due_on,
              std::string responsible) {
        OpenItem item{title_of(record),       std::move(detail), std::move(status), due_on, 0,
                      std::move(responsible), record.origin};
        if (const auto late = days_between(due_on, now_.today()); late && *late > 0)
            item.overdue_days = *late;
        out_.open_items.push_back(std::move(item));
    }
    void event(const HeldRecord& record, const std::string& on, std::string what, std::string detail = {}) {
        if (on.empty()) return;
        out_.history.push_back({on, std::move(what), std::move(detail), record.origin});
    }
    void condition(const HeldRecord& record, std::string text, std::string on) {
        if (text.empty()) return;
        out_.conditions.push_back({title_of(record), std::move(text), std::move(on), record.origin});
    }
    void involve(const HeldRecord& record, const std::string& name, std::string role) {
        const bool known = std::ranges::any_of(out_.involved, [&](const Involved& one) {
            return same_word(one.name, name) && same_word(one.role, role);
        });
        if (!name.empty() && !known) out_.involved.push_back({name, std::move(role), record.origin});
    }

    void violation(const HeldRecord& record, const records::Violation& said) {
        if (is_open(said)) {
            open(record, joined({said.description(), said.code(), said.severity()}), said.status(),
                 said.due_on(), said.responsible());
        }
        event(record, said.found_on(), "Violation found", joined({said.description(), said.code()}));
        event(record, said.resolved_on(), "Violation settled", said.description());
    }

    void permit(const HeldRecord& record, const records::Permit& said) {
        const std::string what = joined({said.type(), said.project_name(), said.description()});
        if (is_open(said)) {
            open(record, what, said.status(), said.expires_on(),
                 said.contractor_name().empty() ? said.applicant() : said.contractor_name());
            involve(record, said.contractor_name(), "contractor");
        }
        const std::string title = title_of(record);
        event(record, said.applied_on(), title + " applied for", what);
        event(record, said.issued_on(), title + " issued", what);
        event(record, said.completed_on(), title + " completed", what);
        if (is_void(said.status()) || is_void(said.status_mapped())) return;
        // What has come to its end binds nobody any more, unless that was on conditions.
        const bool mapped_says = mentions(said.status_mapped(), {"with conditions"});
        const bool says = mapped_says || mentions(said.status(), {"with conditions"});
        if (!is_open(said) && !says) return;
        const auto& since = said.issued_on().empty() ? said.applied_on() : said.issued_on();
        if (says && said.conditions().empty()) {
            condition(
                record,
                (mapped_says ? said.status_mapped() : said.status()) + ": the source does not say which",
                since);
        }
        condition(record, said.conditions(), since);
    }

    void license(const HeldRecord& record, const records::License& said) {
        const auto left = days_between(now_.today(), said.expires_on());
        const bool gone = mentions(said.status(), {"closed", "withdrawn", "revoked", "void"});
        const bool due =
            (left && *left <= expires_soon_days) || mentions(said.status(), {"suspended", "pending"});
        const std::string& holder = said.business_name().empty() ? said.holder() : said.business_name();
        if (due && !gone) open(record, said.type(), said.status(), said.expires_on(), holder);
        event(record, said.issued_on(), title_of(record) + " issued", holder);
        if (!gone) {
            condition(record, said.description(), said.issued_on());
            involve(record, said.holder(), "licence holder");
        }
    }

    void inspection(const HeldRecord& record, const records::Inspection& said) {
        const std::string what = joined({said.type(), said.description()});
        if (is_open(said)) open(record, what, "scheduled", said.scheduled_on(), said.inspector());
        event(record, said.inspected_on(), "Inspection: " + joined({said.result()}), what);
        const bool passed = mentions(joined({said.result_mapped(), said.result()}), {"passed", "pass", "ok"});
        if (!said.inspected_on().empty() && !passed) condition(record, said.notes(), said.inspected_on());
    }

    void request(const HeldRecord& record, const records::ServiceRequest& said) {
        if (is_open(said)) {
            open(record, said.status_notes(), said.status(), now_.day_of(said.expected_at()),
                 said.agency_responsible());
        }
        event(record, now_.day_of(said.requested_at()), "Request: " + said.service_name(), said.status());
    }

    void preplan(const HeldRecord& record, const records::Preplan& said) {
        if (const auto late = days_between(said.next_review_on(), now_.today()); late && *late > 0)
            open(record, "Due for review", said.status(), said.next_review_on(), "");
        event(record, said.surveyed_on(), "Pre-plan surveyed");
    }

    void incident(const HeldRecord& record, const records::Incident& said) {
        event(record, now_.day_of(said.call_at()), "Incident: " + plain_words(said.type()),
              plain_words(said.disposition()));
    }

    void visit(const HeldRecord& record, const records::Visit& said) {
        event(record, now_.day_of(said.started_at()), "Visit: " + said.purpose(),
              joined({plain_words(said.result()), said.note()}));
    }

    void observation(const HeldRecord& record, const records::Observation& said) {
        if (!said.corrected_by().empty()) return;
        const std::string on = now_.day_of(said.recorded_at());
        event(record, on, title_of(record), said.note());
        if (same_word(said.kind(), "condition")) condition(record, said.note(), on);
    }

    void party(const HeldRecord& record, const records::Party& said) {
        involve(record, said.name(), plain_words(said.role()));
    }

    const Now& now_;
    CaseFile out_;
};

}  // namespace

bool is_open(const records::Violation& violation) {
    return violation.resolved_on().empty() && !says_closed(violation.status());
}

bool is_open(const records::Permit& permit) {
    return permit.completed_on().empty() && !says_closed(permit.status()) &&
           !says_closed(permit.status_mapped());
}

bool is_open(const records::ServiceRequest& request) {
    return request.closed_at() == 0 && !says_closed(request.status());
}

bool is_open(const records::Inspection& inspection) {
    return inspection.inspected_on().empty() && inspection.result().empty() &&
           !inspection.scheduled_on().empty();
}

CaseFile case_file(const std::vector<HeldRecord>& records, const Now& now) {
    CaseWriter writer(now);
    for (const auto& record : records) writer.add(record);
    return writer.finish();
}

}  // namespace fieldpost::device
