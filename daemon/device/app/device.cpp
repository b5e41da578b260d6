#include "daemon/device/app/device.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/support/keystore_signer.hpp"
#include "daemon/support/static_files.hpp"
#include "hal/clock/system.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"
#include "sync/base/sqlite.hpp"

namespace fieldpost::device {

namespace {

constexpr std::chrono::seconds status_pace{1};
constexpr std::chrono::seconds status_anyway{15};
constexpr std::int64_t position_look_us = 900'000;  // as often as most receivers tell of a fix
// A journal is rewritten when it was full, a large city is checked for minutes; a count is one small file.
constexpr std::chrono::minutes journal_limit{10};
constexpr std::chrono::minutes city_limit{30};
constexpr std::chrono::minutes read_limit{10};  // a new city is opened by who reads it
constexpr std::chrono::minutes count_limit{2};
constexpr std::chrono::minutes driver_limit{2};  // hardware answers within seconds, or has failed
// Nothing from elsewhere; the map's workers and images are made by the page itself.
constexpr const char* page_policy =
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'";

// In place of a key that cannot be used.
class NoSigner final : public protocol::Signer {
  public:
    Result<Bytes> sign(BytesView) override {
        return fail(ErrorCode::unavailable, "this device has no key to sign with");
    }
};

Result<Bytes> read_hub_key(const std::filesystem::path& file) {
    auto text = read_file(file, 1024);
    if (!text) return text.error().with("the hub's public key");
    auto key = from_hex(BytesView(*text).substr(0, text->find_last_not_of(" \n\r\t") + 1));
    if (key && key->size() == 32) return std::move(*key);
    return fail(ErrorCode::invalid_argument,
                file.string() + " must hold the hub's public key: 64 hexadecimal digits");
}

// Urgent messages and what people recorded, and what keeps the data on board fresh.
engine::SendRights without_bulk(engine::SendRights rights) {
    for (const auto what : {engine::SendClass::attachments, engine::SendClass::bulk}) rights.forbid(what);
    return rights;
}

}  // namespace

Device::Device(Settings settings) : settings_(std::move(settings)) {}

Device::~Device() {
    if (gnss_) gnss_->stop();
}

Result<std::unique_ptr<Device>> Device::create(Settings settings) {
    std::unique_ptr<Device> device(new Device(std::move(settings)));
    if (auto opened = device->open(); !opened) {
        return opened.error();
    }
    return device;
}

Status Device::open() {
    clock_ = hal::make_system_clock(FIELDPOST_BUILD_TIME * 1'000'000LL);
    started_us_ = clock_->now().utc_us;
    began_us_ = clock_->boottime_us();
    if (!settings_.board.empty()) spdlog::info("board: {}", settings_.board);
    if (settings_.memory) limit_database_memory(*settings_.memory / 2);
    if (!settings_.board_problem.empty()) {
        fault(board_part, fail(ErrorCode::not_found, settings_.board_problem));
    }
    // The journal first: whatever else is broken, recording works.
    journal_ = Journal::closed(settings_.state / "journal.db", settings_.device,
                               [this](std::function<void()> event) { loop_.post(std::move(event)); });
    if (auto locked = lock_state(); !locked && locked.error().code == ErrorCode::conflict) return locked;
    open_power();  // before what may take long: a supervisor resets a computer that it does not hear of
    if (lock_) open_journal();
    blobs_tried(make_blobs());
    recorder_ = std::make_unique<Recorder>(*journal_, *clock_, blobs_);
    open_gnss();
    open_uplinks();
    open_link(open_city());
    open_storage();
    open_api();
    open_watchdog();
    return listen();
}

// The program goes on without this part.
void Device::fault(const std::string& part, const Error& error) {
    auto& why = faults_[part];
    if (why == error.message) return;
    why = error.message;
    spdlog::error("{}: {}", part, why);
}

Status Device::lock_state() {
    auto made = make_folder(settings_.state);
    auto lock = made ? FolderLock::take(settings_.state) : Result<FolderLock>(made.error());
    if (!lock) {
        fault(journal_part, lock.error());
        return lock.error();
    }
    lock_.emplace(std::move(*lock));
    last_run_ = last_run(settings_.state, clock_->boot_id());
    auto marked = mark_running(settings_.state, clock_->boot_id());
    if (!marked) spdlog::warn("how this run ends is not kept: {}", marked.error().message);
    return ok();
}

void Device::open_journal() {
    journal_tried(journal_->reopen());
}

void Device::journal_tried(const Status& opened) {
    if (!opened) {
        const ErrorCode code = opened.error().code;
        journal_may_open_ =
            code != ErrorCode::corrupt && code != ErrorCode::refused && code != ErrorCode::conflict;
        return fault(journal_part, opened.error());
    }
    faults_.erase(journal_part);
}

Result<std::unique_ptr<BlobStore>> Device::make_blobs() {
    const auto steady_ms = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    };
    BlobBudget budget;
    budget.bytes = settings_.storage.attachments;
    budget.keep_free = settings_.storage.low_disk / 4;
    return BlobStore::open(settings_.state / "blobs", budget, steady_ms,
                           [this](std::function<void()> event) { loop_.post(std::move(event)); });
}

void Device::blobs_tried(Result<std::unique_ptr<BlobStore>> blobs) {
    if (!blobs) return fault(blobs_part, blobs.error());
    blobs_.opened(std::move(*blobs));
    faults_.erase(blobs_part);
}

void Device::open_power() {
    const auto post = [this](std::function<void()> event) { loop_.post(std::move(event)); };
    const auto changed = [this] { status_changed(); };
    fittings_ = std::make_unique<Fittings>(settings_.disk, settings_.indicator, settings_.installer, *clock_,
                                           post, changed);
    auto supervisor = hal::make_supervisor(settings_.supervisor, *clock_);
    if (!supervisor) return fault(supervisor_part, supervisor.error().with("[supervisor]"));
    // It is the last to go, and needs the clock.
    supervisor_ = std::shared_ptr<hal::Supervisor>(supervisor->release(),
                                                   [clock = clock_](hal::Supervisor* last) { delete last; });
    PowerEvents events;
    events.work = [this] {
        std::uint64_t waiting = 0;
        for (const auto lane : {protocol::URGENT, protocol::WORK}) {
            const auto of_lane = journal_->waiting(lane);
            waiting += of_lane.count - of_lane.positions;
        }
        return PowerWork{link_->engine().in_contact(), waiting, fittings_->installs()};
    };
    events.works = [this] { return !watchdog_.hanging(); };
    events.changed = [this] {
        take_link();
        status_changed();
    };
    events.stop = [this] { end(); };
    events.sos = [this](std::function<void(bool)> saved) { report_sos(std::move(saved)); };
    events.settings_refused = [this](const Error& error) {
        fault(supervisor_settings, error);
        status_changed();
    };
    power_ = std::make_unique<PowerWatch>(loop_, supervisor_, settings_.power, settings_.supervisor_settings,
                                          settings_.state / "sos-reported", *clock_, std::move(events));
    if (auto started = power_->start(); !started) fault(supervisor_part, started.error());
}

// What the fleet's admin is told of the box; the recorder knows when it is due.
void Device::report_health() {
    NewHealth health;
    health.version = FIELDPOST_VERSION;
    health.start = NewStart{last_run_, settings_.board_id, settings_.revision};
    for (const NamedPart& part : parts()) {
        if (part.status.state == hal::PartState::broken)
            health.broken.push_back({part.name, part.status.detail});
    }
    if (power_) {
        health.supervisor = power_->state();
        health.has_supervisor = power_->status().state != hal::PartState::not_fitted;
    }
    health.storage = fittings_->disk();
    health.uptime = std::chrono::seconds((clock_->boottime_us() - began_us_) / 1'000'000);
    recorder_->report_health(std::move(health));
}

// The button at the box says what the crew's screen would.
void Device::report_sos(std::function<void(bool saved)> saved) {
    NewStatus status;
    status.status = "sos";
    status.note = "SOS button";
    recorder_->report_status(std::move(status), [this, saved](const Result<Recorded>& recorded) {
        if (!recorded) spdlog::error("the SOS is not saved: {}", recorded.error().message);
        saved(recorded.has_value());
        uplinks_->set_sos(recorder_->asks_for_help());
        link_->appended();
        status_changed();
    });
}

// A receiver whose week number rolled over tells of a time before this program was built.
void Device::open_gnss() {
    hal::GnssConfig config = settings_.gnss;
    if (config.driver == "serial") {
        config.settings.try_emplace("date_floor", std::to_string(FIELDPOST_BUILD_TIME * 1'000'000LL));
    }
    auto gnss = hal::make_gnss(config, *clock_);
    if (!gnss) return fault(gnss_part, gnss.error().with("[gnss]"));
    gnss_ = std::move(*gnss);
}

std::optional<Mounted> Device::open_city() {
    city_ = std::make_unique<CityCache>(
        settings_.state / "city", [this](std::function<void()> event) { loop_.post(std::move(event)); });
    readers_ = std::make_unique<Readers>();
    auto mounted = city_->open();
    city_opened(mounted);
    return mounted ? std::move(*mounted) : std::nullopt;
}

void Device::city_opened(const Result<std::optional<Mounted>>& city) {
    if (!city) return fault(city_part, city.error());
    if (*city && !(*city)->read_only.empty()) {
        return fault(city_part, fail(ErrorCode::unavailable,
                                     "it can be read, but not brought up to date: " + (*city)->read_only));
    }
    faults_.erase(city_part);
}

void Device::open_uplinks() {
    auto link = hal::make_link(settings_.link, *clock_);
    if (!link) fault(uplinks_part, link.error().with("[link]"));
    uplinks_ = std::make_unique<LinkWatch>(
        link ? std::move(*link) : nullptr, settings_.link_rules, settings_.state / "link-bytes", *clock_,
        [this](std::function<void()> event) { loop_.post(std::move(event)); },
        [this] {
            if (link_) take_link();
            status_changed();
        });
}

void Device::open_link(const std::optional<Mounted>& city) {
    auto keystore = hal::make_keystore(settings_.keystore);
    auto hub_key = read_hub_key(settings_.hub_key);
    if (!keystore) {
        fault(link_part, keystore.error());
    } else if (!hub_key) {
        fault(link_part, hub_key.error());
    }
    if (keystore) {
        keystore_ = std::move(*keystore);
        signer_ = std::make_unique<support::KeystoreSigner>(*keystore_);
    } else {
        signer_ = std::make_unique<NoSigner>();
    }
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
    events.sources_noted = [this] {
        api_->broadcast("data", boost::json::object{{"feed", nullptr}, {"cursor", nullptr}});
    };
    events.blob_noted = [this](const engine::NoteBlob& note) {
        if (auto* store = blobs_.store()) store->note(note);
    };
    events.hub_noted = [this](const engine::NoteHub& hub) {
        auto* store = blobs_.store();
        if (store != nullptr && store->hub_is(hub)) link_->blobs_offered_again();
    };
    events.allows_bulk = [this](std::uint64_t bytes) {
        return !spares_power() && uplinks_->policy().allows_bulk(bytes);
    };
    events.wall_clock = [this] { return recorder_->time_now(); };
    events.carried = [this](engine::SendClass what, std::size_t bytes) { uplinks_->count(what, bytes); };
    link_ =
        std::make_unique<HubLink>(loop_,
                                  engine::DeviceIdentity{settings_.device, hub_key ? *hub_key : Bytes(),
                                                         FIELDPOST_VERSION, random_u64()},
                                  broker, *journal_, blobs_, *city_, *readers_, *signer_, std::move(events));
    take_link();
    if (city) link_->mount(*city);
}

void Device::take_link() {
    link_->set_link(uplinks_->policy().kind());
    link_->set_rights(spares_power() ? without_bulk(uplinks_->rights()) : uplinks_->rights());
}

void Device::open_storage() {
    storage_ = std::make_unique<StorageWatch>(
        settings_.storage, settings_.state, *journal_, *city_, [this] { return recorder_->time_now(); },
        StorageEvents{[this] { status_changed(); }, [this] { link_->epoch_opened(); }});
}

void Device::open_api() {
    api_ = std::make_unique<Api>(ApiParts{
        settings_.device, *readers_, *journal_, *recorder_, blobs_, metrics_, [this] { return status(); },
        [this] {
            uplinks_->set_sos(recorder_->asks_for_help());
            link_->appended();
            status_changed();
        },
        [this] {
            link_->blobs_added();
            status_changed();
        },
        [this] { link_->nudge(); },
        [this](engine::LinkKind kind, bool paused) { uplinks_->pause(kind, paused); },
        [this](std::function<void()> event) { loop_.post(std::move(event)); }});
    api_->add_routes(router_);
    if (settings_.web.empty()) return;
    support::StaticFilesOptions options;
    options.headers = {{"content-security-policy", page_policy}};
    auto page = support::static_files(settings_.web, options);
    if (!page) return fault("No page", page.error().with("[http] web"));
    router_.otherwise(std::move(*page));
}

// A disk may take its time, and each part its own; what takes longer comes back by a restart alone.
void Device::open_watchdog() {
    watchdog_.watch("the journal", journal_limit, [this] { return journal_->busy_for(); });
    watchdog_.watch("the city's writer", city_limit, [this] { return city_->busy_for(); });
    watchdog_.watch("the look-ups", read_limit, [this] { return readers_->busy_for(); });
    watchdog_.watch("the attachments", journal_limit, [this] { return blobs_.busy_for(); });
    watchdog_.watch("the uplinks' count", count_limit, [this] { return uplinks_->busy_for(); });
    watchdog_.watch("the mender", city_limit, [this] { return mender_.busy_for(); });
    watchdog_.watch("the uplinks", driver_limit, [this] { return uplinks_->driver_busy_for(); });
    if (gnss_) watchdog_.watch("the receiver", driver_limit, [this] { return gnss_->busy_for(); });
    if (power_) {
        watchdog_.watch("the supervisor", driver_limit, [this] { return power_->driver_busy_for(); });
        watchdog_.watch("the supervisor's answers", driver_limit, [this] { return power_->busy_for(); });
    }
    fittings_->watch([this](std::string part, support::Watchdog::Busy busy) {
        watchdog_.watch(std::move(part), driver_limit, std::move(busy));
    });
}

// One way to reach the program is enough to record.
Status Device::listen() {
    http_ = std::make_unique<support::HttpServer>(loop_, router_);
    Status by_port = fail(ErrorCode::invalid_argument, "[http] gives neither a port nor a socket");
    Status by_socket = by_port;
    if (settings_.http_port != 0) by_port = listen_tcp();
    if (!settings_.socket.empty()) by_socket = listen_socket();
    if (by_port || by_socket) return ok();
    return settings_.http_port != 0 ? by_port : by_socket;
}

Status Device::listen_tcp() {
    auto port = http_->listen_tcp(settings_.http_address, settings_.http_port);
    if (port) {
        faults_.erase(port_part);
        return ok();
    }
    fault(port_part, port.error());
    return port.error();
}

Status Device::listen_socket() {
    auto listening = http_->listen_unix(settings_.socket);
    if (listening) {
        faults_.erase(socket_part);
    } else {
        fault(socket_part, listening.error());
    }
    return listening;
}

// Without the journal the hub would be told of one that is empty.
void Device::start_link() {
    if (link_started_ || faults_.contains(link_part) || !journal_->is_open()) return;
    link_started_ = true;
    link_->start();
}

void Device::mend() {
    mend_journal();
    mend_blobs();
    mend_city();
    // Whoever was in the way may be gone.
    if (faults_.contains(port_part)) static_cast<void>(listen_tcp());
    if (faults_.contains(socket_part)) static_cast<void>(listen_socket());
}

void Device::mend_journal() {
    if (journal_->is_open() || !journal_may_open_ || mending_journal_) return;
    if (!lock_ && !lock_state()) return;
    mending_journal_ = mender_.post([this] {
        auto files = std::make_shared<Result<Journal::Files>>(journal_->open_files());
        loop_.post([this, files] {
            mending_journal_ = false;
            if (!*files) return journal_tried(files->error());
            journal_->adopt(std::move(**files));
            journal_tried(ok());
            spdlog::info("the journal is open: records are saved");
            recorder_->recall();
            uplinks_->set_sos(recorder_->asks_for_help());
            start_link();
            status_changed();
        });
    });
}

void Device::mend_blobs() {
    if (blobs_.store() != nullptr || mending_blobs_) return;
    mending_blobs_ = mender_.post([this] {
        auto blobs = std::make_shared<Result<std::unique_ptr<BlobStore>>>(make_blobs());
        loop_.post([this, blobs] {
            mending_blobs_ = false;
            blobs_tried(std::move(*blobs));
            auto* store = blobs_.store();
            if (store == nullptr) return;
            if (const auto& hub = link_->engine().hub(); hub.generation != 0) store->hub_is(hub);
            link_->blobs_added();
            status_changed();
        });
    });
}

// On the thread that writes the city.
void Device::mend_city() {
    city_->mend([this](const Result<std::optional<Mounted>>& city) {
        if (city && !*city) return;
        city_opened(city);
        if (!city) return;
        spdlog::info("the city can be changed again: {}", (*city)->file.filename().string());
        link_->mount(**city);
        if (link_started_) link_->nudge();
        count_records();
    });
}

Status Device::run() {
    auto signals = loop_.on_stop_signal([this] {
        spdlog::info("stopping");
        end();
    });
    if (!signals) return signals;
    start_parts();
    if (auto started = uplinks_->start(); !started) fault(uplinks_part, started.error());
    loop_.post([this] { start_link(); });  // behind what the uplinks tell at once
    count_records();
    if (gnss_) {
        auto started = gnss_->start([this](const hal::Fix& fix) { take_fix(fix); });
        if (!started) fault(gnss_part, started.error());
    }
    storage_->tick();
    uplinks_->set_sos(recorder_->asks_for_help());
    heartbeat_ = loop_.every(status_anyway, [this] {
        uplinks_->set_sos(recorder_->asks_for_help());
        uplinks_->tick();
        storage_->tick();
        recorder_->check_time();
        mend();
        report_health();
        fittings_->works(journal_->writable() && !watchdog_.hanging());
        fittings_->show(indication());
        status_changed();
    });
    spdlog::info("fieldpostd {} ready: device {}, http {}:{}", FIELDPOST_VERSION, settings_.device,
                 settings_.http_address, settings_.http_port);
    support::tell_ready("device " + settings_.device);
    watchdog_.start();
    loop_.run();
    if (gnss_) gnss_->stop();
    uplinks_->stop();
    link_->stop();
    return ok();
}

// On the receiver's thread. Some tell of ten fixes a second; nobody wants to know so often.
void Device::take_fix(const hal::Fix& fix) {
    recorder_->fix(fix);
    if (!settings_.positions || !fix.position) return;
    if (looked_us_ && fix.received_us - *looked_us_ < position_look_us) return;
    looked_us_ = fix.received_us;
    // One that is not urgent the engine sees at its next tick.
    loop_.post([this] { recorder_->check_position([this] { link_->appended(); }); });
}

void Device::start_parts() {
    fittings_->start();
    fittings_->show(indication());
}

void Device::end() {
    support::tell_stopping();
    http_->stop([this] { loop_.stop(); });
}

std::shared_ptr<hal::Supervisor> Device::power_goes_to() const {
    return power_ && power_->stopping() ? supervisor_ : nullptr;
}

std::function<bool()> Device::power_goes() const {
    return power_ ? power_->power_goes() : nullptr;
}

bool Device::spares_power() const {
    return power_ && power_->spares();
}

// What concerns a crew most.
hal::Indication Device::indication() const {
    const auto all = parts();
    const bool broken = std::ranges::any_of(
        all, [](const NamedPart& part) { return part.status.state == hal::PartState::broken; });
    if (broken || !faults_.empty() || !journal_->writable()) return hal::Indication::fault;
    if (gnss_ && gnss_->status().state == hal::PartState::ok && !recorder_->fix_now().position) {
        return hal::Indication::no_fix;
    }
    const auto& engine = link_->engine();
    const bool sending = std::ranges::any_of(
        engine::lanes_by_priority, [this](protocol::Lane lane) { return journal_->waiting(lane).count > 0; });
    if (engine.in_contact() && (sending || engine.fetcher().fetching())) return hal::Indication::syncing;
    return hal::Indication::ready;
}

// Counts what is on board, off the loop; one count at a time.
void Device::count_records() {
    if (counting_) {
        count_again_ = true;
        return;
    }
    const std::uint64_t generation = link_->city().snapshot_generation;
    counting_ = readers_->run([this, generation](const Result<CityView*>& view) {
        if (!view) {
            loop_.post([this] { counting_ = false; });
            return;
        }
        const auto counts = (*view)->reader.counts();
        const auto meta = (*view)->reader.meta();
        loop_.post([this, generation, counts, meta] {
            counting_ = false;
            if (counts) {
                counted_generation_ = generation;
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
        if (link_->city().snapshot_generation != counted_generation_) count_records();
        fittings_->show(indication());
        api_->broadcast("status", status());
    });
}

}  // namespace fieldpost::device
