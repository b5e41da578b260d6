#include "tools/bench/observations.hpp"

#include <boost/json/parse.hpp>
#include <fstream>

#include "sync/records/layer.hpp"

namespace fieldpost::bench {

namespace json = boost::json;

namespace {

// Reads an object's members one by one: the first that is missing or of another type is kept as the
// complaint, and so is one that nobody asked for.
class Members {
  public:
    explicit Members(json::object object) : object_(std::move(object)) {}

    bool has(std::string_view name) const { return object_.contains(name); }
    std::string text(std::string_view name) {
        const json::value value = take(name);
        if (value.is_string()) return std::string(value.get_string());
        return complain(name, std::string());
    }
    template <class Number>
    Number number(std::string_view name) {
        const json::value value = take(name);
        boost::system::error_code wrong;
        const auto read = value.to_number<Number>(wrong);
        return wrong ? complain(name, Number()) : read;
    }
    Members object(std::string_view name) {
        const json::value value = take(name);
        if (value.is_object()) return Members(value.get_object());
        return complain(name, Members(json::object()));
    }
    Bytes hex(std::string_view name) {
        const auto read = from_hex(text(name));
        return read ? *read : complain(name, Bytes());
    }
    std::uint64_t record(std::string_view name) {
        const auto read = records::parse_id(text(name));
        return read ? static_cast<std::uint64_t>(*read) : complain(name, std::uint64_t{0});
    }
    // Everything that is left, in its order; each must be a text.
    std::vector<std::pair<std::string, std::string>> texts() {
        std::vector<std::pair<std::string, std::string>> out;
        while (!object_.empty()) {
            const std::string name(object_.begin()->key());
            out.emplace_back(name, text(name));
        }
        return out;
    }
    const std::string& complaint() {
        if (complaint_.empty() && !object_.empty()) {
            complaint_ = "\"" + std::string(object_.begin()->key()) + "\" is not expected";
        }
        return complaint_;
    }

  private:
    json::value take(std::string_view name) {
        const auto found = object_.find(name);
        if (found == object_.end()) return nullptr;
        json::value value = std::move(found->value());
        object_.stable_erase(found);
        return value;
    }
    template <class T>
    T complain(std::string_view name, T nothing) {
        if (complaint_.empty()) complaint_ = "\"" + std::string(name) + "\" is missing or wrong";
        return nothing;
    }

    json::object object_;
    std::string complaint_;
};

protocol::TimeQuality quality_of(std::string_view name) {
    if (name == "gnss") return protocol::TIME_GNSS;
    if (name == "ntp") return protocol::TIME_NTP;
    if (name == "rtc") return protocol::TIME_RTC;
    return protocol::TIME_NONE;
}

protocol::FixType fix_of(std::string_view name) {
    if (name == "2d") return protocol::FIX_2D;
    if (name == "3d") return protocol::FIX_3D;
    if (name == "dgnss") return protocol::FIX_DGNSS;
    return protocol::FIX_NONE;
}

}  // namespace

Result<protocol::Operation> read_observation(std::string_view line) {
    boost::system::error_code wrong;
    const json::value parsed = json::parse(line, wrong);
    if (wrong || !parsed.is_object()) return fail(ErrorCode::invalid_argument, "this is no JSON object");
    Members members(parsed.get_object());
    protocol::Operation out;
    out.set_id(members.text("id"));
    out.set_visit_id(members.text("visit"));
    out.set_property(members.record("property"));

    Members time = members.object("time");
    auto& stamp = *out.mutable_time();
    stamp.set_utc_us(time.number<std::int64_t>("utc_us"));
    stamp.set_quality(quality_of(time.text("quality")));
    stamp.set_boot_id(time.hex("boot_id"));
    stamp.set_boottime_us(time.number<std::int64_t>("boottime_us"));

    Members position = members.object("position");
    auto& gnss = *out.mutable_gnss();
    gnss.set_fix(fix_of(position.text("fix")));
    gnss.set_satellites(position.number<std::uint32_t>("satellites"));
    if (gnss.fix() != protocol::FIX_NONE) {
        gnss.mutable_position()->set_lat_e7(position.number<std::int32_t>("lat_e7"));
        gnss.mutable_position()->set_lon_e7(position.number<std::int32_t>("lon_e7"));
        gnss.set_hdop(static_cast<float>(position.number<double>("hdop")));
        gnss.set_accuracy_m(static_cast<float>(position.number<double>("accuracy_m")));
        gnss.set_age_ms(position.number<std::uint32_t>("age_ms"));
    }

    auto& made = *out.mutable_observation_made();
    made.set_kind(members.text("kind"));
    made.set_note(members.text("note"));
    made.set_severity(members.text("severity"));
    Members values = members.object("values");
    for (auto& [name, value] : values.texts()) {
        auto& added = *made.add_values();
        added.set_name(std::move(name));
        added.set_value(std::move(value));
    }
    for (Members* part : {&members, &time, &position, &values}) {
        if (!part->complaint().empty()) return fail(ErrorCode::invalid_argument, part->complaint());
    }
    return out;
}

Result<std::vector<protocol::Operation>> read_observations(const std::filesystem::path& file,
                                                           std::size_t count) {
    std::ifstream lines(file);
    std::vector<protocol::Operation> out;
    for (std::string line; out.size() < count && std::getline(lines, line);) {
        auto operation = read_observation(line);
        if (!operation) {
            return operation.error().with(file.string() + ":" + std::to_string(out.size() + 1));
        }
        out.push_back(std::move(*operation));
    }
    if (out.size() < count) {
        return fail(ErrorCode::invalid_argument, file.string() + " has only " + std::to_string(out.size()) +
                                                     " observations, " + std::to_string(count) +
                                                     " are asked for");
    }
    return out;
}

}  // namespace fieldpost::bench
