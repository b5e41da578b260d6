// The device's HTTP API, /api/v1: looks up, records, tells how things are. openapi.json beside this file
// describes it and the tests hold it to that. Loop thread; look-ups run on the readers.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <list>
#include <string>

#include "daemon/device/api/record_json.hpp"
#include "daemon/device/blobs/late_blobs.hpp"
#include "daemon/device/city/readers.hpp"
#include "daemon/device/record/recorder.hpp"
#include "daemon/device/view/opened_lately.hpp"
#include "daemon/support/metrics.hpp"
#include "daemon/support/router.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

struct ApiParts {
    std::string device;
    Readers& readers;
    Journal& journal;
    Recorder& recorder;
    const LateBlobs& blobs;
    support::Metrics& metrics;
    std::function<boost::json::object()> status;
    std::function<void()> recorded;                     // an operation was appended
    std::function<void()> attached;                     // an attachment is on disk
    std::function<void()> nudge;                        // sync now, please
    std::function<void(engine::LinkKind, bool)> pause;  // over links of that kind only urgent messages go
    std::function<void(std::function<void()>)> post;    // runs it in the loop; any thread
};

class Api {
  public:
    explicit Api(ApiParts parts);

    void add_routes(support::Router& router);

    // To every open event stream; those that are gone are forgotten.
    void broadcast(std::string_view event, const boost::json::object& data);
    std::size_t streams() const { return streams_.size(); }

  private:
    void add_lookup_routes(support::Router& router);
    void add_record_routes(support::Router& router);
    void add_change_routes(support::Router& router);
    void add_attachment_routes(support::Router& router);
    void add_system_routes(support::Router& router);

    void search(const support::Request& request, const support::Reply& reply);
    void property(const support::Request& request, const support::Reply& reply);
    void near(const support::Request& request, const support::Reply& reply);
    void responsible(const support::Request& request, const support::Reply& reply);
    void map(const support::Request& request, const support::Reply& reply);
    void correct(const support::Request& request, const support::Reply& reply);
    void edit(const support::Request& request, const support::Reply& reply);
    // In the loop again, with what the cache holds of the record.
    void edit_held(NewEdit edit, const boost::json::object& fields,
                   const std::vector<records::LayerRow>& layers, const support::Reply& reply);
    void pause(const support::Request& request, const support::Reply& reply);
    void report_status(const support::Request& request, const support::Reply& reply);
    void list(const support::Request& request, const support::Reply& reply, std::vector<int> effects,
              const char* name);

    // Runs on a reader thread and answers with what `job` gives.
    void look_up(const support::Reply& reply, std::function<Result<boost::json::value>(CityView&)> job);
    // Answers 201 (200 when it was there already, 409 when its id is another record's) once the journal has
    // it on disk.
    Journal::Saved answer_saved(const support::Reply& reply);

    ApiParts parts_;
    std::list<support::EventStream> streams_;
    OpenedLately opened_lately_;
    support::Counter& lookups_;
    support::Histogram& lookup_seconds_;
    support::Counter& recorded_;
    support::Counter& not_saved_;
};

}  // namespace fieldpost::device
