// fieldpostd, put together: the one place where its parts meet.
#pragma once

#include <boost/json/object.hpp>
#include <memory>

#include "daemon/device/api/api.hpp"
#include "daemon/device/app/settings.hpp"
#include "daemon/device/uplink/hub_link.hpp"
#include "daemon/support/http_server.hpp"
#include "daemon/support/keystore_signer.hpp"
#include "hal/clock/clock.hpp"

namespace fieldpost::device {

class Device {
  public:
    // Opens everything; an Error says what to mend. The settings' state folder is made if it is missing.
    static Result<std::unique_ptr<Device>> create(Settings settings);
    ~Device();

    // Until SIGINT or SIGTERM.
    Status run();

  private:
    explicit Device(Settings settings);
    Status open();
    void count_records();
    void status_changed();
    boost::json::object status();

    const Settings settings_;
    support::EventLoop loop_;
    support::Metrics metrics_;
    std::unique_ptr<hal::Clock> clock_;
    std::unique_ptr<hal::Keystore> keystore_;
    std::unique_ptr<support::KeystoreSigner> signer_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Recorder> recorder_;
    std::unique_ptr<hal::Gnss> gnss_;
    std::unique_ptr<CityCache> city_;
    std::unique_ptr<Readers> readers_;
    std::unique_ptr<HubLink> link_;
    std::unique_ptr<Api> api_;
    support::Router router_;
    std::unique_ptr<support::HttpServer> http_;

    std::optional<Mounted> mounted_at_start_;
    std::int64_t started_us_ = 0;
    std::int64_t properties_ = 0;
    std::int64_t records_ = 0;
    std::int64_t as_of_ = 0;
    std::string city_name_;
    bool counting_ = false;
    bool count_again_ = false;
    bool status_due_ = false;
    support::Timer status_timer_;
    support::Timer heartbeat_;
};

}  // namespace fieldpost::device
