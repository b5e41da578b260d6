// fieldpostd, put together: the one place where its parts meet.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>

#include "daemon/device/api/api.hpp"
#include "daemon/device/app/box_status.hpp"
#include "daemon/device/app/fittings.hpp"
#include "daemon/device/app/settings.hpp"
#include "daemon/device/link/link_watch.hpp"
#include "daemon/device/power/last_run.hpp"
#include "daemon/device/power/power_watch.hpp"
#include "daemon/device/storage/storage_watch.hpp"
#include "daemon/device/uplink/hub_link.hpp"
#include "daemon/support/http_server.hpp"
#include "daemon/support/service_manager.hpp"
#include "daemon/support/worker_thread.hpp"
#include "hal/clock/clock.hpp"
#include "hal/keystore/keystore.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::device {

class Device {
  public:
    // Opens everything. An Error, which says what to mend, only when another program works in the state
    // folder, or when nobody could reach this one. What else is broken, be it the journal, is named in
    // /status and in the log, and the program goes on without: look-up works on a full and on a read-only
    // disk. What a disk refused is tried again every few seconds. The settings' state folder is made if it is
    // missing.
    static Result<std::unique_ptr<Device>> create(Settings settings);
    ~Device();

    // Until SIGINT or SIGTERM, or until power goes.
    Status run();

    // After run(): who is to be told once everything is closed, since power goes; null when it does not.
    std::shared_ptr<hal::Supervisor> power_goes_to() const;
    // Whether it does still, as PowerWatch; empty without a supervisor. May be asked when the device is gone.
    std::function<bool()> power_goes() const;

  private:
    // Faults that are looked up again; the words are what /status says.
    static constexpr const char* board_part = "Board";
    static constexpr const char* gnss_part = "GPS";
    static constexpr const char* uplinks_part = "Uplinks";
    static constexpr const char* supervisor_part = "Supervisor";
    static constexpr const char* supervisor_settings = "Supervisor's settings";
    static constexpr const char* link_part = "No link to the hub";
    static constexpr const char* port_part = "No page and API";
    static constexpr const char* socket_part = "No command line";
    static constexpr const char* journal_part = "Journal";
    static constexpr const char* city_part = "City data";
    static constexpr const char* blobs_part = "Attachments";

    explicit Device(Settings settings);
    Status open();
    Status lock_state();
    void open_journal();
    void journal_tried(const Status& opened);
    Result<std::unique_ptr<BlobStore>> make_blobs();
    void blobs_tried(Result<std::unique_ptr<BlobStore>> blobs);
    void open_power();
    void open_gnss();
    std::optional<Mounted> open_city();
    void open_uplinks();
    void open_link(const std::optional<Mounted>& city);
    void take_link();
    void open_storage();
    void open_api();
    void open_watchdog();
    Status listen();
    Status listen_tcp();
    Status listen_socket();
    // Tries again what the disk refused: on threads of their own, for a large file is checked for seconds.
    void mend();
    void mend_journal();
    void mend_blobs();
    void mend_city();
    void city_opened(const Result<std::optional<Mounted>>& city);
    void start_parts();
    void take_fix(const hal::Fix& fix);
    void start_link();
    void end();
    // What the next run will know of this one's end.
    void report_health();
    void report_sos(std::function<void(bool saved)> saved);
    // Nothing large is to be begun.
    bool spares_power() const;
    hal::Indication indication() const;
    void fault(const std::string& part, const Error& error);
    void count_records();
    void status_changed();
    hal::PartStatus gnss_status() const;
    hal::PartStatus uplinks_status() const;
    hal::PartStatus supervisor_status() const;
    hal::PartStatus keystore_status() const;
    std::vector<NamedPart> parts() const;
    hal::PartStatus kept_status(const char* part) const;
    std::string why_not_saved() const;
    boost::json::object status();

    const Settings settings_;
    std::optional<FolderLock> lock_;  // two programs would number the same journal
    support::EventLoop loop_;
    support::Metrics metrics_;
    std::shared_ptr<hal::Clock> clock_;
    std::shared_ptr<hal::Supervisor> supervisor_;  // null when its settings are wrong
    std::unique_ptr<hal::Keystore> keystore_;      // null when its key cannot be used
    std::unique_ptr<protocol::Signer> signer_;
    std::unique_ptr<Journal> journal_;
    LateBlobs blobs_;
    std::unique_ptr<Recorder> recorder_;
    std::unique_ptr<hal::Gnss> gnss_;  // null when its settings are wrong
    std::unique_ptr<CityCache> city_;
    std::unique_ptr<Readers> readers_;
    std::unique_ptr<LinkWatch> uplinks_;
    std::unique_ptr<HubLink> link_;
    std::unique_ptr<StorageWatch> storage_;
    std::unique_ptr<PowerWatch> power_;  // null without a supervisor_
    std::unique_ptr<Fittings> fittings_;
    std::unique_ptr<Api> api_;
    support::Router router_;
    std::unique_ptr<support::HttpServer> http_;

    std::map<std::string, std::string> faults_;  // what does not work -> why, in sentences
    bool journal_may_open_ = true;               // false: only a person can mend it
    bool link_started_ = false;
    std::int64_t started_us_ = 0;
    std::int64_t began_us_ = 0;             // the same, CLOCK_BOOTTIME
    std::uint64_t counted_generation_ = 0;  // of the city that the next ones are of; 0: of none
    std::int64_t properties_ = 0;
    std::int64_t records_ = 0;
    std::int64_t as_of_ = 0;
    std::string city_name_;
    bool counting_ = false;
    bool count_again_ = false;
    LastRun last_run_;  // how the run before ended
    bool status_due_ = false;
    std::optional<std::int64_t> looked_us_;  // the fix that was looked at last; the receiver's thread alone
    bool mending_journal_ = false;           // the mender is at it
    bool mending_blobs_ = false;
    support::Timer status_timer_;
    support::Timer heartbeat_;
    support::Watchdog watchdog_{loop_};
    support::WorkerThread mender_{"mender", 2};  // last: joined before the rest goes
};

}  // namespace fieldpost::device
