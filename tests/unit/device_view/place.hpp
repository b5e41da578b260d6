// A place for tests of the 360° view, record by record.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/device/view/origin.hpp"
#include "daemon/device/view/quick_sheet.hpp"

namespace fieldpost::test {

inline constexpr UnixSeconds noon = 1'772'388'000;  // 2026-03-01T18:00:00Z, noon in the city

const TimeZone& central();  // UTC-6

// Sources "fire" (daily) and "lpi" (weekly), delivered an hour ago; "once" has no refresh rate.
std::vector<snapshot::Source> sources();

// One layer of a record that is linked with this confidence.
records::LayerRow row(records::Kind kind, const std::string& key, const google::protobuf::Message& message,
                      int confidence = 98, const std::string& source = "fire");

class Place {
  public:
    Place();
    void add(records::Kind kind, const google::protobuf::Message& message, int confidence = 98,
             const std::string& source = "fire");

    device::QuickSheet sheet(const device::Surroundings& around = {}) const;

    const device::Now& now() const { return now_; }
    const device::Origins& origins() const { return origins_; }
    const std::vector<device::HeldRecord>& records() const { return records_; }

  private:
    device::Now now_;
    device::Origins origins_;
    std::vector<device::HeldRecord> records_;
};

}  // namespace fieldpost::test
