// The whole firmware but its pins, spoken to as the computer does.
#include <catch2/catch.hpp>
#include <optional>

#include "firmware/supervisor.hpp"
#include "hal/supervisor/frame.hpp"
#include "hal/supervisor/supervisor.pb.h"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;
namespace hal = fieldpost::hal;
namespace wire = fieldpost::supervisor;

namespace {

class Line final : public FrameSender {
  public:
    void send(std::span<const std::uint8_t> frame) override {
        reader_.feed({reinterpret_cast<const char*>(frame.data()), frame.size()},
                     [this](fieldpost::BytesView message) {
                         wire::Report report;
                         REQUIRE(report.ParseFromArray(message.data(), static_cast<int>(message.size())));
                         reports.push_back(report);
                     });
    }
    std::vector<wire::Report> reports;

  private:
    hal::SupervisorFrameReader reader_;
};

struct Vehicle {
    MemoryStorage storage{256, 16};
    std::array<MemoryStorage, 2> slots{MemoryStorage{1'024, 8}, MemoryStorage{1'024, 8}};
    PlainCrypto crypto;
    Line line;
    Retained retained{};
    RawInputs raw{.supply_mv = 12'600};
    std::uint32_t version = 1;
    std::uint8_t slot = 0;
    Outputs outputs;
    bool reset_loop = false;
    std::optional<Supervisor> supervisor;

    Vehicle() { boot(); }

    void boot() {
        supervisor.emplace(SupervisorParts{storage, slots[1 - slot], crypto, line, retained, "test/board",
                                           version, slot, outputs.power, reset_loop});
    }
    // The supervisor loses its own power too.
    void lose_battery() {
        outputs = {};
        retained = Retained{};
        boot();
    }
    // The one that was reset was another firmware, which kept its state in another form.
    void boot_after_another() {
        retained = Retained{};
        boot();
    }
    // As the boot stage does.
    void restart() {
        Region region(storage, StorageMap::boot_page, 2);
        Kept<BootRecord> store(region);
        const BootRecord stored = store.load().value_or(BootRecord{});
        const BootChoice choice = choose_slot(stored);
        if (choice.record != stored) store.save(choice.record);
        slot = choice.slot;
        ImageHeader header;
        if (check_image(slots[slot], "test/board", crypto, header) == ImageVerdict::good)
            version = header.version;
        else
            version = 1;
        boot();
    }
    void pass(std::uint32_t ms) {
        for (std::uint32_t passed = 0; passed < ms; passed += 10) {
            outputs = supervisor->tick(10, raw);
            if (outputs.reset) restart();
        }
    }
    wire::Report ask(wire::Request request) {
        static std::uint32_t id = 0;
        request.set_id(++id);
        for (const char byte : hal::write_supervisor_frame(request.SerializeAsString()))
            supervisor->receive(static_cast<std::uint8_t>(byte));
        REQUIRE_FALSE(line.reports.empty());
        REQUIRE(line.reports.back().request() == id);
        return line.reports.back();
    }
    wire::Report feed() {
        wire::Request request;
        request.mutable_feed();
        return ask(request);
    }
    wire::Report done() {
        wire::Request request;
        request.mutable_done()->set_run(supervisor->power().run);
        return ask(request);
    }
    void start() {
        raw.ignition = true;
        pass(1'000);
        feed();
    }
    void park() {
        raw.ignition = false;
        pass(3'000);
        done();
        pass(100);
    }
    // Version 2, which runs from then on, on trial.
    void take_up_update() {
        REQUIRE(update(make_image(2, 2'000)) == wire::RESULT_OK);
        park();
        pass(3'000);
        REQUIRE(version == 2);
    }
    std::vector<wire::LogEntry> log() {
        std::vector<wire::LogEntry> entries;
        for (std::uint32_t from = 0;;) {
            wire::Request request;
            request.mutable_read_log()->set_from(from);
            const auto page = ask(request);
            if (page.log().entries().empty()) return entries;
            for (const auto& entry : page.log().entries()) {
                entries.push_back(entry);
                from = entry.number() + 1;
            }
        }
    }
    int count(wire::Event event) {
        const auto entries = log();
        return static_cast<int>(std::count_if(entries.begin(), entries.end(),
                                              [&](const auto& entry) { return entry.event() == event; }));
    }
    wire::Result update(const std::vector<std::uint8_t>& file) {
        wire::Request request;
        request.mutable_begin_update()->set_size(static_cast<std::uint32_t>(file.size()));
        if (const auto begun = ask(request).result(); begun != wire::RESULT_OK) return begun;
        for (std::size_t offset = 0; offset < file.size(); offset += 128) {
            const std::size_t length = std::min<std::size_t>(128, file.size() - offset);
            request.mutable_update_block()->set_offset(static_cast<std::uint32_t>(offset));
            request.mutable_update_block()->set_data(file.data() + offset, length);
            if (const auto taken = ask(request).result(); taken != wire::RESULT_OK) return taken;
        }
        return finish_update();
    }
    wire::Result finish_update() {
        wire::Request request;
        request.mutable_finish_update();
        return ask(request).result();
    }
    wire::Result confirm() {
        wire::Request request;
        request.mutable_confirm_update();
        return ask(request).result();
    }
};

}  // namespace

TEST_CASE("nothing is said to a computer without power; with power, every change and a sign of life") {
    Vehicle v;
    v.pass(20'000);
    CHECK(v.line.reports.empty());
    v.raw.ignition = true;
    v.pass(200);
    REQUIRE(v.line.reports.size() == 1);
    CHECK(v.line.reports.back().request() == 0);
    CHECK(v.line.reports.back().state().started_by() == wire::START_IGNITION);
    v.pass(4'000);
    CHECK(v.line.reports.size() == 1);
    v.pass(2'000);
    CHECK(v.line.reports.size() == 2);
    v.raw.tamper = true;
    v.pass(100);
    REQUIRE(v.line.reports.size() == 3);
    CHECK(v.line.reports.back().state().tamper());
    v.raw.supply_mv = 12'500;  // no news by itself
    v.pass(100);
    CHECK(v.line.reports.size() == 3);
}

TEST_CASE("the answer to done comes before power goes, and a stale one keeps it") {
    Vehicle v;
    v.start();
    wire::Request stale;
    stale.mutable_done()->set_run(7);
    CHECK(v.ask(stale).result() == wire::RESULT_STALE);
    CHECK(v.supervisor->power().state == PowerState::on);
    CHECK(v.done().result() == wire::RESULT_OK);
    v.pass(10);
    CHECK_FALSE(v.outputs.power);
}

TEST_CASE("noise, messages that are none and requests without id get no answer, and what follows them does") {
    Vehicle v;
    v.start();
    const std::size_t before = v.line.reports.size();
    for (const fieldpost::Bytes& bytes :
         {fieldpost::Bytes("\x07garbage\0\0\xff\xff", 12), hal::write_supervisor_frame("\xff\xff\xff"),
          hal::write_supervisor_frame(""), fieldpost::Bytes(2'000, 'x')}) {
        for (const char byte : bytes) v.supervisor->receive(static_cast<std::uint8_t>(byte));
    }
    CHECK(v.line.reports.size() == before);
    const auto report = v.feed();
    CHECK(report.result() == wire::RESULT_OK);
    CHECK(report.state().bad_frames() > 0);
    CHECK(v.ask(wire::Request()).result() == wire::RESULT_UNKNOWN_COMMAND);
}

TEST_CASE("settings are kept when they are in range, and are those of a new board when storage is damaged") {
    Vehicle v;
    v.start();
    wire::Request read;
    read.mutable_read_settings();
    wire::Request write;
    *write.mutable_write_settings() = v.ask(read).settings();
    write.mutable_write_settings()->set_hold_up_ms(30'000);
    const auto report = v.ask(write);
    CHECK(report.result() == wire::RESULT_OK);
    CHECK(report.settings().hold_up_ms() == 30'000);
    v.lose_battery();
    CHECK(v.supervisor->settings().hold_up_ms == 30'000);
    v.start();
    write.mutable_write_settings()->set_hold_up_ms(1);
    CHECK(v.ask(write).result() == wire::RESULT_OUT_OF_RANGE);
    CHECK(v.supervisor->settings().hold_up_ms == 30'000);
    std::fill_n(v.storage.bytes().begin(), 512, std::uint8_t{0});
    v.lose_battery();
    CHECK(v.supervisor->settings() == Settings{});
}

TEST_CASE(
    "a reset of the supervisor keeps power, deadline and counters, and is told from a lost battery in the "
    "log") {
    Vehicle v;
    v.start();
    v.raw.sos = true;
    v.pass(200);
    v.raw.sos = false;
    v.pass(100);
    const auto before = v.feed().state();
    v.boot();
    v.pass(10);
    CHECK(v.outputs.power);
    const auto after = v.feed().state();
    CHECK(after.resets() == before.resets() + 1);
    CHECK((after.run() == before.run() && after.sos_presses() == 1 && after.uptime_s() == before.uptime_s()));
    v.lose_battery();
    v.pass(10);
    CHECK_FALSE(v.outputs.power);
    v.start();
    const auto log = v.log();
    std::vector<std::uint32_t> starts;
    for (const auto& entry : log) {
        if (entry.event() == wire::EVENT_SUPERVISOR_STARTED) starts.push_back(entry.argument());
    }
    CHECK(starts == std::vector<std::uint32_t>{0, 2, 0});
    CHECK(log.back().starts() == 2);
}

TEST_CASE(
    "an SOS button that is held while the supervisor is reset is one press, and the next one is another") {
    Vehicle v;
    v.start();
    v.raw.sos = true;
    v.pass(200);
    v.boot();
    v.pass(200);
    CHECK(v.feed().state().sos_presses() == 1);
    v.raw.sos = false;
    v.pass(200);
    v.raw.sos = true;
    v.pass(200);
    CHECK(v.feed().state().sos_presses() == 2);
}

TEST_CASE("a supervisor that was reset without end gives power again when it has worked for a minute") {
    Vehicle v;
    v.start();
    CHECK_FALSE(v.outputs.steady);
    v.pass(30'000);
    v.feed();
    v.pass(30'000);
    CHECK(v.outputs.steady);
    // The boot stage takes the power.
    v.outputs.power = false;
    v.reset_loop = true;
    v.boot();
    v.raw.sos = true;
    v.pass(59'900);
    CHECK_FALSE(v.outputs.power);
    v.pass(200);
    CHECK(v.outputs.power);
    CHECK_FALSE(v.outputs.steady);
    auto state = v.feed().state();
    CHECK(state.run() == 2);
    CHECK(state.started_by() == wire::START_SOS);  // pressed meanwhile
    CHECK(state.cut_by() == wire::CUT_NONE);
    // Again it gets nowhere with the computer on: it is still a loop.
    v.outputs.power = false;
    v.boot();
    v.pass(61'000);
    CHECK(v.outputs.power);
    CHECK_FALSE(v.outputs.steady);
    v.feed();
    v.pass(30'000);
    v.feed();
    v.pass(30'000);
    CHECK(v.outputs.steady);
}

TEST_CASE(
    "a computer whose power went without the supervisor's word is off to it, and starts after its rest") {
    Vehicle v;
    v.start();
    v.outputs.power = false;
    v.boot();
    v.pass(v.supervisor->settings().off_ms - 20);
    CHECK_FALSE(v.outputs.power);
    v.pass(40);
    CHECK(v.outputs.power);
    CHECK(v.feed().state().run() == 2);
}

TEST_CASE("each time that the supervisor gets power has a number of its own, which its resets keep") {
    Vehicle v;
    v.start();
    CHECK(v.feed().state().starts() == 1);
    v.lose_battery();
    v.start();
    CHECK(v.feed().state().starts() == 2);
    v.storage.broken = true;
    v.boot();
    CHECK(v.feed().state().starts() == 2);
    v.storage.broken = false;
    v.boot_after_another();  // and it counts presses anew
    CHECK(v.feed().state().starts() == 3);
}

TEST_CASE(
    "a firmware that finds the computer on and knows nothing of it keeps its power and waits to hear of it") {
    Vehicle v;
    v.start();
    v.boot_after_another();
    v.pass(5'000);
    CHECK(v.outputs.power);
    CHECK(v.supervisor->power().state == PowerState::starting);
    CHECK(v.feed().state().power() == wire::POWER_ON);
    CHECK(v.feed().state().run() == 1);
    CHECK(v.count(wire::EVENT_HOLD_UP) == 0);

    // Parked, it is asked to finish as ever.
    v.boot_after_another();
    v.raw.ignition = false;
    v.pass(v.supervisor->settings().ignition_off_ms + 100);
    CHECK(v.outputs.power);
    CHECK(v.feed().state().power() == wire::POWER_HOLD_UP);
    v.pass(v.supervisor->settings().hold_up_ms);
    CHECK_FALSE(v.outputs.power);

    // And one that is never heard of is reset.
    v.pass(v.supervisor->settings().off_ms);
    v.start();
    v.boot_after_another();
    v.pass(v.supervisor->settings().boot_ms + 20);
    CHECK_FALSE(v.outputs.power);
}

TEST_CASE(
    "an update runs from the next power-off on, is kept when confirmed, and then makes room for another") {
    Vehicle v;
    v.start();
    REQUIRE(v.update(make_image(2, 2'000)) == wire::RESULT_OK);
    CHECK(v.finish_update() == wire::RESULT_OK);
    v.pass(60'000);
    CHECK(v.version == 1);
    v.park();
    v.pass(3'000);
    CHECK(v.version == 2);
    v.start();
    CHECK(v.feed().state().trial());
    CHECK(v.update(make_image(3, 2'000)) == wire::RESULT_TRIAL);
    CHECK(v.confirm() == wire::RESULT_OK);
    CHECK_FALSE(v.feed().state().trial());
    v.restart();
    CHECK(v.version == 2);
    v.start();
    CHECK(v.update(make_image(3, 2'000)) == wire::RESULT_OK);
    CHECK(v.update(make_image(1, 2'000)) == wire::RESULT_OLDER);
    CHECK_FALSE(v.feed().state().update_waits());
}

TEST_CASE("an update has its whole trial, however long the one before was on trial") {
    Vehicle v;
    v.start();
    REQUIRE(v.update(make_image(2, 2'000)) == wire::RESULT_OK);
    const auto park_for_hours = [&v](int hours) {
        v.park();
        v.pass(3'000);
        for (int hour = 0; hour < hours; ++hour) v.supervisor->tick(3'600'000, v.raw);
        v.pass(3'000);
    };
    park_for_hours(80);
    REQUIRE(v.version == 2);
    v.start();
    REQUIRE(v.confirm() == wire::RESULT_OK);
    REQUIRE(v.update(make_image(3, 2'000)) == wire::RESULT_OK);
    park_for_hours(20);
    CHECK(v.version == 3);
}

TEST_CASE("an update that is not confirmed in time, or lets the computer fail, gives way to the one before") {
    for (const bool hangs : {false, true}) {
        Vehicle v;
        v.start();
        v.take_up_update();
        v.raw.ignition = true;
        if (hangs) {
            v.pass(v.supervisor->settings().boot_ms + 5'000);
        } else {
            for (std::uint32_t passed = 0; passed < v.supervisor->settings().trial_ms + 5'000;
                 passed += 20'000) {
                v.pass(20'000);
                v.feed();
            }
            CHECK(v.version == 2);  // not under a running computer
            // It was given up: nothing that the computer says keeps it, or touches the slot of the one
            // before.
            CHECK(v.confirm() == wire::RESULT_TRIAL);
            CHECK(v.update(make_image(3, 2'000)) == wire::RESULT_TRIAL);
            CHECK(v.finish_update() == wire::RESULT_TRIAL);
            v.park();
            v.pass(3'000);
        }
        CHECK(v.version == 1);
        v.start();
        CHECK(v.count(wire::EVENT_UPDATE_ROLLED_BACK) == 1);
    }
}

TEST_CASE("an update with which the computer never gets power gives way to the one before after four days") {
    constexpr std::uint32_t hour_ms = 3'600'000;
    Vehicle v;
    v.start();
    v.take_up_update();
    for (int hour = 0; hour < 95; ++hour) {
        v.supervisor->tick(hour_ms, v.raw);
        if (hour == 40) v.boot();  // its watchdog gives it no more time
    }
    v.pass(3'000);
    CHECK(v.version == 2);
    v.supervisor->tick(hour_ms, v.raw);
    v.pass(3'000);
    CHECK(v.version == 1);
    v.start();
    CHECK(v.count(wire::EVENT_UPDATE_ROLLED_BACK) == 1);
}

TEST_CASE("a computer that finishes an update that never began, again and again, does not fill the log") {
    Vehicle v;
    v.start();
    for (int i = 0; i < 100; ++i) {
        CHECK(v.finish_update() == wire::RESULT_OUT_OF_ORDER);
        v.pass(100);
    }
    CHECK(v.count(wire::EVENT_UPDATE_REFUSED) == 2);
}

TEST_CASE("a roll-back that the storage does not take is tried again, once a minute") {
    Vehicle v;
    v.start();
    v.take_up_update();
    v.start();
    const auto pass_fed = [&](std::uint32_t ms) {
        for (std::uint32_t passed = 0; passed < ms; passed += 20'000) {
            v.pass(20'000);
            v.feed();
        }
    };
    pass_fed(v.supervisor->settings().trial_ms - 40'000);
    v.storage.broken = true;
    const int before = v.storage.erases;
    pass_fed(240'000);
    CHECK(v.storage.erases - before >= 3);
    CHECK(v.storage.erases - before <= 5);
    v.storage.broken = false;
    pass_fed(80'000);
    CHECK(v.confirm() == wire::RESULT_TRIAL);
}

TEST_CASE("a slot that waits and is not started is asked for once each time that power goes off") {
    Vehicle v;
    v.start();
    REQUIRE(v.update(make_image(2, 2'000)) == wire::RESULT_OK);
    const auto resets_when_parked = [&] {
        v.raw.ignition = false;
        v.pass(3'000);
        v.done();
        int resets = 0;
        for (int passed = 0; passed < 60'000; passed += 10) {
            v.outputs = v.supervisor->tick(10, v.raw);
            if (!v.outputs.reset) continue;
            ++resets;
            v.boot();  // its slot is damaged, and the boot record takes no other
        }
        return resets;
    };
    CHECK(resets_when_parked() == 1);
    CHECK(v.version == 1);
    v.start();
    CHECK(resets_when_parked() == 1);
}

TEST_CASE("a storage that takes no writes keeps no computer from its power") {
    Vehicle v;
    v.storage.broken = true;
    v.lose_battery();
    v.start();
    CHECK(v.outputs.power);
    v.park();
    CHECK_FALSE(v.outputs.power);
}
