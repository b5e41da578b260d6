// Which satellites sentences speak of, so that one that several sentences name is counted once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fieldpost::hal {

// 'P' GPS (and SBAS), 'L' GLONASS, 'A' Galileo, 'B' BeiDou, 'Q' QZSS, 'I' NavIC; 'N' when a talker speaks for
// several systems at once or is not a receiver's own. BeiDou and QZSS have had several talkers each;
// Qualcomm's modems call BeiDou PQ.
char system_of_talker(std::string_view talker);

// The system of a satellite that a GSA sentence lists: by its system id (4.11, field 18), else by its number
// where the talker speaks for all of them, as receivers number beyond GPS.
char system_of_used(std::string_view talker, char system_id, int number);

// Satellites, each once; bounded, whatever a line says.
class SatelliteSet {
  public:
    static constexpr std::size_t most = 128;  // no receiver tracks more

    // False if it is listed already, or the set is full.
    bool add(char system, int number);
    int count() const { return static_cast<int>(satellites_.size()); }

  private:
    std::vector<std::uint32_t> satellites_;
};

}  // namespace fieldpost::hal
