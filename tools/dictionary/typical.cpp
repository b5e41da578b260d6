#include "tools/dictionary/typical.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "sync/base/bytes.hpp"
#include "tools/dictionary/words.hpp"

namespace fieldpost::dictionary {

namespace {

// splitmix64 (Steele, Lea, Flood 2014) and integer arithmetic: the same on every machine.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed * 0xD1342543DE82EF95U) {}

    std::uint64_t next() {
        std::uint64_t value = state_ += 0x9E3779B97F4A7C15U;
        value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
        value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
        return value ^ (value >> 31U);
    }
    // low <= result <= high.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool percent(int share) { return between(0, 99) < share; }
    template <class List>
    std::string pick(const List& list) {
        return std::string(
            list[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(list.size()) - 1))]);
    }
    Bytes bytes(std::size_t count) {
        Bytes out;
        while (out.size() < count) append_u64(out, next());
        out.resize(count);
        return out;
    }
    std::string uuid() {
        std::string text = to_hex(bytes(16));
        text[12] = '4';
        text[16] = "89ab"[static_cast<std::size_t>(between(0, 3))];
        for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
        return text;
    }

  private:
    std::uint64_t state_;
};

enum class Answer { judged, yes_no, measured, numbered, dated, chosen };

struct Question {
    std::string name;
    Answer answer;
};

struct Form {
    std::string kind;
    std::vector<Question> questions;
};

Question question(Random& random) {
    const std::string thing = random.pick(things);
    const std::int64_t drawn = random.between(0, 99);
    if (drawn < 50) return {thing + "_" + random.pick(judged), Answer::judged};
    if (drawn < 62) return {thing + "_" + random.pick(judged), Answer::yes_no};
    if (drawn < 80) return {thing + "_" + random.pick(measured), Answer::measured};
    if (drawn < 86) return {thing + "_" + random.pick(numbered), Answer::numbered};
    if (drawn < 92) return {thing + "_" + random.pick(dated), Answer::dated};
    return {thing + "_" + random.pick(chosen), Answer::chosen};
}

// The forms of one city: those of another seed ask other things.
std::vector<Form> city_forms(Random& random) {
    std::vector<Form> out;
    for (const std::string_view kind : forms) {
        Form& form = out.emplace_back(Form{std::string(kind), {}});
        for (std::int64_t left = random.between(12, 28); left > 0; --left)
            form.questions.push_back(question(random));
    }
    return out;
}

// One draw in each expression: where there are two, compilers differ in which comes first.

std::string measured_value(Random& random) {
    if (random.percent(60)) return std::to_string(random.between(0, 240));
    const std::int64_t tenths = random.between(0, 9);
    return fmt::format("{}.{}", random.between(0, 180), tenths);
}

std::string some_day(Random& random) {
    const std::int64_t day = random.between(1, 28);
    const std::int64_t month = random.between(1, 12);
    return fmt::format("20{}-{:02}-{:02}", random.between(15, 29), month, day);
}

std::string serial(Random& random) {
    const std::int64_t number = random.between(0, 999'999);
    return random.pick(prefixes) + fmt::format("{:06}", number);
}

std::string answer(Random& random, Answer kind) {
    switch (kind) {
        case Answer::judged:
            return random.percent(82) ? "pass" : random.percent(50) ? "fail" : "na";
        case Answer::yes_no:
            return random.percent(70) ? "yes" : "no";
        case Answer::measured:
            return measured_value(random);
        case Answer::numbered:
            return serial(random);
        case Answer::dated:
            return some_day(random);
        case Answer::chosen:
            return random.pick(choices);
    }
    return {};
}

std::string note(Random& random) {
    std::string out;
    for (std::int64_t left = random.between(1, 3); left > 0; --left) {
        std::string what = random.pick(whats);
        if (random.percent(70)) {
            const std::string_view then = random.percent(50) ? ": " : ", ";
            out += random.pick(wheres);
            out += then;
        } else {
            what[0] = static_cast<char>(what[0] - 'a' + 'A');
        }
        out += what + " " + random.pick(states);
        if (random.percent(20)) out += fmt::format(", {} inches", random.between(2, 96));
        out += ". ";
    }
    out += random.pick(furthers);
    if (random.percent(20)) {
        const std::int64_t phone = random.between(0, 9999);
        out += " Spoke with " + random.pick(people) + fmt::format(", 555-{:04}.", phone);
    }
    return out;
}

class Vehicle {
  public:
    explicit Vehicle(std::uint64_t seed) : random_(seed), forms_(city_forms(random_)) { boot(); }

    void visit(std::vector<protocol::Operation>& out) {
        if (random_.percent(8)) boot();
        property_ = random_.next() >> 1U;
        visit_ = random_.uuid();
        lat_ += random_.between(-90'000, 90'000);
        lon_ += random_.between(-110'000, 110'000);
        for (std::int64_t left = random_.between(0, 6); left > 0; --left) position(out);
        if (random_.percent(30)) status(out);
        auto& started = stamped(out, visit_);
        started.mutable_visit_started()->set_purpose(random_.pick(purposes));
        const Form& form = forms_[static_cast<std::size_t>(
            random_.between(0, static_cast<std::int64_t>(forms_.size()) - 1))];
        for (std::int64_t left = random_.between(1, 3); left > 0; --left) checklist(out, form);
        for (std::int64_t left = random_.between(0, 2); left > 0; --left) remark(out);
        auto& finished = *stamped(out, random_.uuid()).mutable_visit_finished();
        finished.set_result(
            random_.pick(std::array<std::string_view, 4>{"passed", "failed", "partial", "no_access"}));
        if (random_.percent(40)) finished.set_note(note(random_));
    }

  private:
    void boot() {
        boot_ = random_.bytes(16);
        boottime_us_ = random_.between(30'000'000, 400'000'000);
        utc_us_ += random_.between(20'000'000'000, 90'000'000'000);
    }

    protocol::Operation& stamped(std::vector<protocol::Operation>& out, std::string id) {
        const std::int64_t pause = random_.between(2'000'000, 500'000'000);
        utc_us_ += pause + random_.between(-40, 40);  // the clock is kept right by small steps
        boottime_us_ += pause;
        auto& operation = out.emplace_back();
        operation.set_id(std::move(id));
        operation.set_visit_id(visit_);
        operation.set_property(property_);
        auto& time = *operation.mutable_time();
        time.set_utc_us(utc_us_);
        time.set_quality(random_.percent(90) ? protocol::TIME_GNSS : protocol::TIME_NTP);
        time.set_boot_id(boot_);
        time.set_boottime_us(boottime_us_);
        auto& gnss = *operation.mutable_gnss();
        gnss.set_satellites(static_cast<std::uint32_t>(random_.between(0, 24)));
        if (random_.percent(4)) return operation;
        gnss.set_fix(random_.percent(85) ? protocol::FIX_3D : protocol::FIX_DGNSS);
        gnss.mutable_position()->set_lat_e7(static_cast<std::int32_t>(lat_ + random_.between(-400, 400)));
        gnss.mutable_position()->set_lon_e7(static_cast<std::int32_t>(lon_ + random_.between(-400, 400)));
        gnss.set_hdop(static_cast<float>(static_cast<double>(random_.between(5, 300)) / 100));
        gnss.set_accuracy_m(static_cast<float>(static_cast<double>(random_.between(8, 120)) / 10));
        gnss.set_age_ms(static_cast<std::uint32_t>(random_.between(0, 999)));
        return operation;
    }

    void checklist(std::vector<protocol::Operation>& out, const Form& form) {
        auto& made = *stamped(out, random_.uuid()).mutable_observation_made();
        made.set_kind(form.kind);
        if (random_.percent(70)) made.set_note(note(random_));
        made.set_severity(random_.pick(severities));
        for (const Question& asked : form.questions) {
            auto& value = *made.add_values();
            value.set_name(asked.name);
            value.set_value(answer(random_, asked.answer));
        }
    }

    void remark(std::vector<protocol::Operation>& out) {
        auto& made = *stamped(out, random_.uuid()).mutable_observation_made();
        made.set_kind(random_.pick(std::array<std::string_view, 3>{"note", "condition", "hazard"}));
        made.set_note(note(random_));
        made.set_severity(random_.pick(severities));
        for (std::int64_t left = random_.between(0, 2); left > 0; --left) {
            auto& file = *made.add_attachments();
            file.set_sha256(random_.bytes(32));
            file.set_bytes(static_cast<std::uint64_t>(random_.between(200'000, 6'000'000)));
            file.set_media_type(random_.percent(85) ? "image/jpeg" : "audio/ogg");
            file.set_name(fmt::format("IMG_{:04}.jpg", random_.between(1, 9999)));
            file.set_thumbnail(random_.bytes(32));
        }
    }

    void position(std::vector<protocol::Operation>& out) {
        auto& operation = stamped(out, random_.uuid());
        operation.clear_visit_id();
        operation.clear_property();
        auto& moving = *operation.mutable_position_reported();
        moving.set_speed_mps(static_cast<double>(random_.between(0, 250)) / 10);
        moving.set_course_deg(static_cast<double>(random_.between(0, 3599)) / 10);
        moving.set_has_motion(true);
    }

    void status(std::vector<protocol::Operation>& out) {
        auto& operation = stamped(out, random_.uuid());
        operation.clear_visit_id();
        operation.clear_property();
        operation.mutable_status_reported()->set_status(random_.pick(
            std::array<std::string_view, 5>{"sos", "responding", "on_scene", "available", "out_of_service"}));
    }

    static constexpr std::array<std::string_view, 5> severities = {"info", "info", "minor", "major",
                                                                   "critical"};

    Random random_;
    std::vector<Form> forms_;
    Bytes boot_;
    std::int64_t boottime_us_ = 0;
    std::int64_t utc_us_ = 1'780'000'000'000'000;
    std::int64_t lat_ = random_.between(250'000'000, 480'000'000);
    std::int64_t lon_ = random_.between(-1'220'000'000, -700'000'000);
    std::uint64_t property_ = 0;
    std::string visit_;
};

}  // namespace

std::vector<protocol::Operation> typical_operations(std::uint64_t seed, std::size_t count) {
    Vehicle vehicle(seed);
    std::vector<protocol::Operation> out;
    while (out.size() < count) vehicle.visit(out);
    out.resize(count);
    return out;
}

}  // namespace fieldpost::dictionary
