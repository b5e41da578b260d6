// Any messages in whole frames, with time and pins between them, to the supervisor's whole firmware: it
// survives, every request with an id is answered once while there is power, its own storage is used as flash
// allows, and no power is cut before a deadline that was told, but by a done.
#include <array>

#include "firmware/supervisor.hpp"
#include "hal/supervisor/frame.hpp"
#include "hal/supervisor/supervisor.pb.h"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/steps.hpp"
#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::firmware;

namespace {

class Counter final : public FrameSender {
  public:
    void send(std::span<const std::uint8_t> frame) override {
        reader_.feed({reinterpret_cast<const char*>(frame.data()), frame.size()}, [this](BytesView message) {
            supervisor::Report report;
            fuzz::must(report.ParseFromArray(message.data(), static_cast<int>(message.size())),
                       "a report can be read");
            answers += report.request() != 0 ? 1 : 0;
        });
    }
    int answers = 0;

  private:
    hal::SupervisorFrameReader reader_;
};

// As another program would write it, with nothing that this version does not know.
bool is_request(BytesView message) {
    supervisor::Request request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
    request.DiscardUnknownFields();
    return request.id() != 0 && request.update_block().data().size() <= 128 &&
           request.SerializeAsString() == message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    testing::MemoryStorage storage(256, 8);
    testing::MemoryStorage slot(1'024, 4);
    testing::PlainCrypto crypto;
    Counter line;
    Retained retained{};
    Supervisor device({storage, slot, crypto, line, retained, "test/board", 1, 0, false});
    RawInputs raw{.ignition = true, .supply_mv = 12'600};
    for (int i = 0; i < 20; ++i) device.tick(10, raw);

    fuzz::Steps steps(data, size);
    while (const auto step = steps.next()) {
        raw.ignition = (step->choice & 1U) == 0;
        raw.sos = (step->choice & 2U) != 0;
        raw.supply_mv = (step->choice & 4U) != 0 ? 7'000 : 12'600;
        const bool long_pause = (step->choice & 8U) != 0;
        for (int i = 0; i < 30; ++i) {
            const bool held = device.power().state == PowerState::hold_up;
            const std::uint64_t deadline = device.power().deadline_ms;
            const Outputs outputs = device.tick(long_pause ? 5'000 : 10, raw);
            fuzz::must(!held || outputs.power || device.now_ms() >= deadline,
                       "no power is cut before the deadline");
        }
        const bool powered = device.power().state != PowerState::off;
        const int before = line.answers;
        const BytesView message = BytesView(step->bytes).substr(0, longest_message);
        for (const char byte : hal::write_supervisor_frame(message))
            device.receive(static_cast<std::uint8_t>(byte));
        fuzz::must(line.answers <= before + (powered ? 1 : 0), "one answer at most, and none without power");
        if (powered && is_request(message)) fuzz::must(line.answers == before + 1, "a request is answered");
    }
    fuzz::must(storage.misuses == 0 && slot.misuses == 0, "flash is erased before it is programmed");
    return 0;
}
