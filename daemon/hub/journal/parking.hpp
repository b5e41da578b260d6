// Operations that wait for another: kept, bounded, and found again when it comes. Inside the caller's
// transaction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/base/bytes.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

// What an operation can wait for.
struct Cause {
    std::string device;  // empty: of any device
    std::string text;
    static Cause place(std::string device, std::uint64_t epoch, protocol::Lane lane, std::uint64_t seq);
    static Cause observation(const std::string& id);
};

struct ParkedOperation {
    std::int64_t operation = 0;  // row number
    std::string device;
    protocol::Lane lane = protocol::WORK;
};

class Parking {
  public:
    // More of one device are refused: operations, and bytes of them.
    static constexpr std::int64_t limit = 10'000;
    static constexpr std::int64_t limit_bytes = std::int64_t{8} << 20U;

    explicit Parking(Store& store);
    ~Parking();

    enum class Standing { missing, applied, parked, quarantined };
    // What became of the operation at a place of the device's journal, wherever it came from.
    Result<Standing> standing(const std::string& device, const protocol::After& place);

    // Whether anything is parked.
    Result<bool> has_any();
    Result<bool> has_room(const std::string& device, std::size_t bytes);
    // `bytes`: of its body.
    Status park(std::int64_t operation, const std::string& device, std::size_t bytes, const Cause& cause);
    // In the order in which they came; they are not parked any more.
    Result<std::vector<ParkedOperation>> release(const Cause& cause);
    // Its bytes, which release() leaves where they are: many may wait for one.
    Result<Bytes> body(const ParkedOperation& operation);

    // Writes down what became of it, for the record and for take_settled(), and says what may wait for it
    // now.
    Result<std::vector<Cause>> settle(const ParkedOperation& operation, protocol::Outcome outcome,
                                      std::uint64_t version, const std::string& reason);
    // As HubStore's function of this name.
    Result<std::vector<engine::SettledPlace>> take_settled();

  private:
    struct Statements;
    std::unique_ptr<Statements> statements_;
};

}  // namespace fieldpost::hub
