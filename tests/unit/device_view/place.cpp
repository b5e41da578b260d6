#include "tests/unit/device_view/place.hpp"

namespace fieldpost::test {

const TimeZone& central() {
    static const TimeZone zone = *TimeZone::parse("CST-06");
    return zone;
}

std::vector<snapshot::Source> sources() {
    return {{"fire", "Fire prevention", "Fire Department", 86'400, noon - 3600},
            {"lpi", "Permits", "Inspectional Services", 7 * 86'400, noon - 3600},
            {"once", "Survey", "Planning", 0, noon - 3600}};
}

records::LayerRow row(records::Kind kind, const std::string& key, const google::protobuf::Message& message,
                      int confidence, const std::string& source) {
    records::LayerRow out;
    out.kind = kind;
    out.record = records::record_id(kind, source, key);
    out.layer = {records::INTERNAL, "general"};
    out.version = 1;
    out.source = source;
    out.as_of = noon - 86'400;
    out.property = 7;
    out.link_method = records::LinkMethod::address;
    out.link_confidence = confidence;
    out.body = message.SerializeAsString();
    return out;
}

Place::Place() : now_(central(), noon), origins_(sources(), now_) {}

void Place::add(records::Kind kind, const google::protobuf::Message& message, int confidence,
                const std::string& source) {
    const auto layer = row(kind, std::to_string(records_.size()), message, confidence, source);
    std::unique_ptr<google::protobuf::Message> copy(message.New());
    copy->CopyFrom(message);
    records_.push_back({kind, std::move(copy), origins_.of({layer})});
}

device::QuickSheet Place::sheet(const device::Surroundings& around) const {
    return device::quick_sheet(records_, around, origins_, now_);
}

}  // namespace fieldpost::test
