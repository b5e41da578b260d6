// What devices recorded: kept byte for byte, applied once, and made into records that the whole fleet
// receives. Everything works inside the caller's transaction.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <vector>

#include "daemon/hub/store/records.hpp"
#include "daemon/hub/store/store.hpp"
#include "sync/engine/hub_engine.hpp"

namespace fieldpost::hub {

// The source under which crews' records stand.
inline constexpr std::string_view field_source = "field";

class Operations {
  public:
    explicit Operations(Store& store);
    ~Operations();

    // Makes the field source known; once before the first apply.
    Status prepare();

    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane);
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position);
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView body);
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last);

    // For people and tests: what was received, newest first, as JSON objects.
    Result<boost::json::array> list(std::size_t limit);
    Result<std::uint64_t> count();

  private:
    struct Statements;
    Result<engine::OperationResult> take_effect(const engine::RegisteredDevice& device,
                                                const protocol::Operation& operation);
    Result<std::vector<std::string>> areas_of(records::RecordId property);

    Store& store_;
    Records records_;
    std::unique_ptr<Statements> statements_;
};

}  // namespace fieldpost::hub
