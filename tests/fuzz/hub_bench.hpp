// A hub as a fuzzer meets it: the engine over a store in memory, with one registered device. Whatever comes
// up:
//  - the store sees no operation twice, out of order or without the one before it, is asked for nothing that
//  it does not hold, and names no gap where there is none (MemoryHub::violations)
//  - a lane goes forward by exactly the operations of a batch that its device signed and that joins its chain
//  - a hello that its device signed is answered; it begins a new generation only with an alarm
//  - anything else changes nothing in the store
//  - every answer is signed, no larger than a message may be, goes to the device that asked, and holds only
//  entries of feeds that the device's profile clears; answers and notices are few
#pragma once

#include "sync/engine/hub_engine.hpp"
#include "tests/fuzz/sealing.hpp"
#include "tests/fuzz/world.hpp"
#include "tests/unit/engine/memory_hub.hpp"

namespace fieldpost::fuzz {

class HubBench {
  public:
    HubBench();

    // One message of "truck-1" that it did not sign, or one on another topic.
    void receive(const protocol::Up& up);
    void receive(std::string_view topic, BytesView payload);
    // A hello that "truck-1" signed, or a batch or hello that it did not: of the latter nothing of the store
    // may change, and the hub does not answer.
    void receive_hello(const protocol::Signed& sealed);
    void receive_forged(const protocol::Up& up);
    // `joins`: it is placed by join(), and must be applied to its end.
    void receive_batch(const protocol::Signed& sealed, bool joins = false);

    // Puts the batch behind what is applied, led by up to `overlap` operations that are applied already: the
    // place in the chain that no fuzzer guesses.
    void join(protocol::Batch& batch, std::size_t overlap) const;

  private:
    engine::HubActions take(std::string_view topic, BytesView payload);
    void check_answer(const engine::HubPublish& answer);

    using Lane = std::pair<std::uint64_t, int>;  // epoch, lane
    std::map<Lane, std::vector<Bytes>> applied_;
    engine::testing::MemoryHub& store_;
    engine::HubEngine engine_;
};

}  // namespace fieldpost::fuzz
