#include "daemon/device/app/device.hpp"

#include <spdlog/spdlog.h>

#include "daemon/support/static_files.hpp"
#include "hal/clock/system.hpp"
#include "hal/keystore/file.hpp"
#include "sync/base/file.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace {

constexpr std::chrono::seconds status_pace{1};
constexpr std::chrono::seconds status_anyway{15};
// Nothing from elsewhere; the map's workers and images are made by the page itself.
constexpr const char* page_policy =
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'";

}  // namespace

Device::Device(Settings settings) : settings_(std::move(settings)) {}

Device::~Device() {
    if (gnss_) gnss_->stop();
}

Result<std::unique_ptr<Device>> Device::create(Settings settings) {
    std::unique_ptr<Device> device(new Device(std::move(settings)));
    if (auto opened = device->open(); !opened) return opened.error();
    return device;
}

Status Device::open() {
    const auto post = [this](std::function<void()> event) { loop_.post(std::move(event)); };
    clock_ = hal::make_system_clock(FIELDPOST_BUILD_TIME * 1'000'000LL);
    started_us_ = clock_->now().utc_us;
    if (auto made = make_folder(settings_.state); !made) return made;

    auto keystore = hal::open_file_keystore(settings_.key, hal::IfMissing::refuse);
    if (!keystore) return keystore.error();
    keystore_ = std::move(*keystore);
    signer_ = std::make_unique<support::KeystoreSigner>(*keystore_);
    auto hub_key_text = read_file(settings_.hub_key, 1024);
    if (!hub_key_text) return hub_key_text.error().with("the hub's public key");
    const auto hub_key =
        from_hex(BytesView(*hub_key_text).substr(0, hub_key_text->find_last_not_of(" \n\r\t") + 1));
    if (!hub_key || hub_key->size() != 32) {
        return fail(ErrorCode::invalid_argument,
                    settings_.hub_key.string() + " must hold the hub's public key: 64 hexadecimal digits");
    }

    // The journal first: whatever else is broken, recording works.
    auto journal = Journal::open(settings_.state / "journal.db", settings_.device, post);
    if (!journal) return journal.error();
    journal_ = std::move(*journal);
    recorder_ = std::make_unique<Recorder>(*journal_, *clock_);

    auto gnss = hal::make_gnss(settings_.gnss, *clock_);
    if (!gnss) return gnss.error().with("[gnss]");
    gnss_ = std::move(*gnss);

    city_ = std::make_unique<CityCache>(settings_.state / "city", post);
    readers_ = std::make_unique<Readers>();
    auto mounted = city_->open();
    if (!mounted) return mounted.error();
    mounted_at_start_ = std::move(*mounted);

    mqtt::Options broker;
    broker.host = settings_.broker_host;
    broker.port = settings_.broker_port;
    broker.client_id = settings_.device;
    broker.will =
        mqtt::Message{protocol::topic::device_presence(settings_.device), Bytes(protocol::absent), true};
    HubLinkEvents events;
    events.changed = [this] { status_changed(); };
    events.noted = [this] {
        api_->broadcast("operation",
                        boost::json::object{{"id", nullptr}, {"kind", nullptr}, {"state", "accepted"}});
    };
    events.feed_moved = [this](const records::FeedId& feed, std::uint64_t cursor) {
        api_->broadcast("data", boost::json::object{{"feed", records::feed_text(feed)}, {"cursor", cursor}});
        count_records();
    };
    link_ = std::make_unique<HubLink>(loop_,
                                      engine::DeviceIdentity{settings_.device, *hub_key, FIELDPOST_VERSION},
                                      broker, *journal_, *city_, *readers_, *signer_, std::move(events));
    api_ = std::make_unique<Api>(ApiParts{settings_.device, *readers_, *journal_, *recorder_, metrics_,
                                          [this] { return status(); },
                                          [this] {
                                              link_->appended();
                                              status_changed();
                                          },
                                          [this] { link_->nudge(); }});
    api_->add_routes(router_);
    if (!settings_.web.empty()) {
        support::StaticFilesOptions options;
        options.headers = {{"content-security-policy", page_policy}};
        auto page = support::static_files(settings_.web, options);
        if (!page) return page.error().with("[http] web");
        router_.otherwise(std::move(*page));
    }

    http_ = std::make_unique<support::HttpServer>(loop_, router_);
    if (settings_.http_port != 0) {
        if (auto port = http_->listen_tcp(settings_.http_address, settings_.http_port); !port)
            return port.error();
    }
    if (!settings_.socket.empty()) {
        if (auto listening = http_->listen_unix(settings_.socket); !listening) return listening;
    }
    return ok();
}

Status Device::run() {
    auto signals = loop_.on_stop_signal([this] {
        spdlog::info("stopping");
        http_->stop([this] { loop_.stop(); });
    });
    if (!signals) return signals;
    link_->start(std::move(mounted_at_start_));
    count_records();
    if (auto started = gnss_->start([this](const hal::Fix& fix) { recorder_->fix(fix); }); !started) {
        spdlog::error("gnss: {}", started.error().message);  // recording goes on without
    }
    heartbeat_ = loop_.every(status_anyway, [this] { status_changed(); });
    spdlog::info("fieldpostd {} ready: device {}, http {}:{}", FIELDPOST_VERSION, settings_.device,
                 settings_.http_address, settings_.http_port);
    loop_.run();
    gnss_->stop();
    link_->stop();
    return ok();
}

// Counts what is on board, off the loop; one count at a time.
void Device::count_records() {
    if (counting_) {
        count_again_ = true;
        return;
    }
    counting_ = readers_->run([this](const Result<CityView*>& view) {
        if (!view) {
            loop_.post([this] { counting_ = false; });
            return;
        }
        const auto counts = (*view)->reader.counts();
        const auto meta = (*view)->reader.meta();
        loop_.post([this, counts, meta] {
            counting_ = false;
            if (counts) {
                properties_ = counts->properties;
                records_ = counts->records;
            }
            if (meta) {
                as_of_ = meta->as_of;
                city_name_ = meta->city_name;
            }
            status_changed();
            if (count_again_) {
                count_again_ = false;
                count_records();
            }
        });
    });
}

// Tells it at most once a second.
void Device::status_changed() {
    if (status_due_) return;
    status_due_ = true;
    status_timer_ = loop_.after(status_pace, [this] {
        status_due_ = false;
        if (properties_ == 0 && link_->city().snapshot_generation != 0) count_records();
        api_->broadcast("status", status());
    });
}

}  // namespace fieldpost::device
