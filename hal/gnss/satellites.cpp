#include "hal/gnss/satellites.hpp"

#include <algorithm>
#include <array>

namespace fieldpost::hal {
namespace {

struct Talker {
    std::string_view name;
    char system;
};

constexpr std::array talkers{
    Talker{"GP", 'P'}, Talker{"GL", 'L'}, Talker{"GA", 'A'}, Talker{"GB", 'B'}, Talker{"BD", 'B'},
    Talker{"PQ", 'B'}, Talker{"QZ", 'Q'}, Talker{"GQ", 'Q'}, Talker{"GI", 'I'},
};

constexpr std::string_view system_ids = "PLABQI";  // 1 to 6

struct Numbers {
    int first;
    int last;
    char system;
};

// NMEA's own numbers up to 96, makers' habits (u-blox, Quectel, MediaTek) above.
constexpr std::array numbers{
    Numbers{1, 64, 'P'},    Numbers{65, 96, 'L'},   Numbers{193, 200, 'Q'},
    Numbers{201, 264, 'B'}, Numbers{301, 336, 'A'}, Numbers{401, 464, 'B'},
};

}  // namespace

char system_of_talker(std::string_view talker) {
    const auto known = std::ranges::find(talkers, talker, &Talker::name);
    return known == talkers.end() ? 'N' : known->system;
}

char system_of_used(std::string_view talker, char system_id, int number) {
    if (system_id >= '1' && system_id <= '6') return system_ids[static_cast<std::size_t>(system_id - '1')];
    const char system = system_of_talker(talker);
    if (system != 'N' && system != 'P') return system;
    const auto range = std::ranges::find_if(
        numbers, [&](const Numbers& known) { return number >= known.first && number <= known.last; });
    return range == numbers.end() ? 'N' : range->system;
}

bool SatelliteSet::add(char system, int number) {
    const std::uint32_t satellite = static_cast<std::uint32_t>(static_cast<unsigned char>(system)) << 16U |
                                    static_cast<std::uint32_t>(number);
    if (satellites_.size() == most || std::ranges::find(satellites_, satellite) != satellites_.end())
        return false;
    satellites_.push_back(satellite);
    return true;
}

}  // namespace fieldpost::hal
