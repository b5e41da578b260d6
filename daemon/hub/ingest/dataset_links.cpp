#include "daemon/hub/ingest/dataset_links.hpp"

#include <limits>

#include "daemon/hub/store/short_transactions.hpp"

namespace fieldpost::hub {

namespace {

constexpr int requests_at_once = 2'000;

}  // namespace

StoredRequest to_stored(const LinkRequest& request) {
    StoredRequest stored;
    stored.parcel = request.parcel;
    if (request.address != nullptr) stored.address = request.address->SerializeAsString();
    if (request.position) stored.place.emplace(request.position->lat_e7, request.position->lon_e7);
    stored.target = request.record;
    return stored;
}

void from_stored(const StoredRequest& stored, LinkRequest& out) {
    out = {};
    out.parcel = stored.parcel;
    if (!stored.address.empty() && out.own_address.ParseFromString(stored.address)) {
        out.address = &out.own_address;
    }
    if (stored.place) out.position = PointE7{stored.place->first, stored.place->second};
    out.record = stored.target;
}

Result<Link> DatasetLinks::find_by_place(const LinkRequest& request) {
    auto linker = context_.properties.linker();
    if (!linker) return linker.error();
    LinkInput input;
    input.parcel_id = request.parcel;
    input.learnt_parcels = dataset_.link.learn_parcels;
    input.address = request.address;
    if (request.address != nullptr) input.text = request.address->text();
    input.position = request.position;
    return (*linker)->link(input);
}

Result<Link> DatasetLinks::find(const LinkRequest& request) {
    if (dataset_.kind == records::PROPERTY) return Link{};
    const bool by_place = !request.parcel.empty() || request.address != nullptr || request.position;
    Link link;
    link.reason = Unlinked::nothing_given;
    if (by_place) {
        auto found = find_by_place(request);
        if (!found) return found.error();
        link = *found;
    }
    if (request.record == 0 || link.method == records::LinkMethod::parcel) return link;
    auto other = context_.records.head(request.record);
    if (!other) return other.error();
    if (!*other || (*other)->deleted || (*other)->property == 0) return link;
    // As sure as the other record's own link, which is at least as sure as ours would be.
    return Link{(*other)->property, records::LinkMethod::source, 95, Unlinked::no};
}

Status DatasetLinks::teach(const LinkRequest& request) {
    if (request.parcel.empty()) return ok();
    auto link = find_by_place(request);
    if (!link) return link.error();
    auto linker = context_.properties.linker();
    if (!linker) return linker.error();
    (*linker)->learn_parcel(request.parcel, *link);
    return ok();
}

Status DatasetLinks::teach_stored(const boost::unordered_flat_set<RecordId>& except) {
    LinkRequest request;
    return for_each_request([&](const Requests& some) -> Status {
        for (const auto& [record, stored] : some) {
            if (except.contains(record)) continue;
            from_stored(stored, request);
            if (auto taught = teach(request); !taught) return taught;
        }
        return ok();
    });
}

Status DatasetLinks::note_moved() {
    if (moved_) return ok();
    moved_ = true;
    return context_.imports.mark_moved(dataset_row_, context_.run);
}

Status DatasetLinks::refresh(bool all_new, DatasetReport& report, const std::function<void()>& tick) {
    if (!can_be_linked(dataset_)) return ok();
    const auto& target = dataset_.link.record;
    auto stale =
        context_.imports.links_are_stale(dataset_row_, target ? target->kind : records::KIND_UNSET,
                                         target && !target->source.empty() ? target->source : source_);
    if (!stale) return stale.error();
    // What was learnt in this run may be other than in the last, too.
    if (!all_new && (*stale || dataset_.link.learn_parcels)) {
        // Built before the first transaction, since that takes long.
        if (auto linker = context_.properties.linker(); !linker) return linker.error();
        report.unlinked_by_reason.clear();
        ShortTransactions transactions(context_.store.database(), context_.options.longest_transaction);
        auto decided = for_each_request([&](const Requests& some) -> Status {
            tick();
            for (const auto& [record, request] : some) {
                if (auto begun = transactions.begin(); !begun) return begun;
                if (auto put = decide(record, request, report); !put) return put;
                if (auto let = transactions.let_others_write(); !let) return let;
            }
            return ok();
        });
        if (!decided) return decided;
        if (auto committed = transactions.commit(); !committed) return committed;
    }
    return *stale ? context_.imports.mark_linked(dataset_row_, context_.run) : ok();
}

Status DatasetLinks::for_each_request(const std::function<Status(const Requests&)>& some) {
    for (auto after = std::numeric_limits<RecordId>::min();;) {
        auto requests = context_.imports.requests(dataset_row_, after, requests_at_once);
        if (!requests) return requests.error();
        if (requests->empty()) return ok();
        if (auto done = some(*requests); !done) return done;
        after = requests->back().first;
    }
}

Status DatasetLinks::decide(RecordId record, const StoredRequest& stored, DatasetReport& report) {
    LinkRequest request;
    from_stored(stored, request);
    auto link = find(request);
    if (!link) return link.error();
    if (link->property == 0) ++report.unlinked_by_reason[std::string(to_string(link->reason))];
    auto before = context_.records.head(record);
    if (!before) return before.error();
    if (!*before || (*before)->deleted) return ok();
    auto outcome = context_.records.relink(record, link->property, link->method, link->confidence);
    if (!outcome) return outcome.error();
    if (outcome->change == Change::unchanged) return ok();
    ++report.relinked;
    report.feed_changes += outcome->feed_changes;
    return (*before)->property == link->property ? ok() : note_moved();
}

}  // namespace fieldpost::hub
