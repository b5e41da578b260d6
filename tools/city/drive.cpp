#include "tools/city/drive.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "tools/city/calendar.hpp"
#include "tools/city/output_file.hpp"
#include "tools/city/random.hpp"

namespace fieldpost::city {
namespace {

constexpr int kNoFixUntil = 8;                     // a cold start
constexpr int kBridgeFrom = 300, kBridgeTo = 312;  // seconds under a bridge
constexpr int kStart = 14 * 3600;                  // 14:00:00 UTC
constexpr int kSatellites[] = {3, 6, 9, 12, 14, 17, 19, 22, 25, 28, 31};

struct Moment {
    Point at;  // bent
    std::int64_t speed_mm_s = 0;
};

// Walks from crossing to crossing, preferring to go on; turns round only at a dead end.
class Route {
  public:
    explicit Route(const Plan& plan) : plan_(plan), random_(hash(plan.seed(), 0xD41)) {
        for (const Segment& segment : plan.segments()) {
            ways_[segment.from].push_back(segment.to);
            ways_[segment.to].push_back(segment.from);
        }
        const auto nearer = [](const auto& a, const auto& b) {
            return std::abs(a.first.column) + std::abs(a.first.row) <
                   std::abs(b.first.column) + std::abs(b.first.row);
        };
        from_ = std::min_element(ways_.begin(), ways_.end(), nearer)->first;
        to_ = ways_[from_].front();
    }

    Moment next() {
        if (waiting_ > 0) {
            --waiting_;
            return {plan_.bent(here()), 0};
        }
        const std::int64_t length = length_of(from_, to_);
        // Up to 12 m/s, slower near crossings.
        const std::int64_t ahead = std::min(length - along_, along_);
        const std::int64_t speed = std::clamp<std::int64_t>(ahead / 3, 4'000, 12'000);
        along_ += speed;
        if (along_ >= length) {
            along_ -= length;
            turn();
            if (random_.percent(25)) waiting_ = random_.between(4, 20);
        }
        return {plan_.bent(here()), speed};
    }

  private:
    std::int64_t length_of(Node a, Node b) const {
        const Point from = plan_.at(a), to = plan_.at(b);
        return root((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y));
    }
    Point here() const {
        const Point from = plan_.at(from_), to = plan_.at(to_);
        const std::int64_t length = length_of(from_, to_);
        return {from.x + (to.x - from.x) * along_ / length, from.y + (to.y - from.y) * along_ / length};
    }
    void turn() {
        const std::vector<Node>& ways = ways_[to_];
        std::vector<Node> forward;
        for (const Node way : ways) {
            if (way != from_) forward.push_back(way);
        }
        Node next = from_;
        if (!forward.empty()) {
            next = forward[random_.below(static_cast<std::uint32_t>(forward.size()))];
            const Node straight{2 * to_.column - from_.column, 2 * to_.row - from_.row};
            if (random_.percent(55) && std::find(forward.begin(), forward.end(), straight) != forward.end())
                next = straight;
        }
        from_ = to_;
        to_ = next;
    }

    const Plan& plan_;
    Random random_;
    std::map<Node, std::vector<Node>> ways_;
    Node from_, to_;
    std::int64_t along_ = 0;
    int waiting_ = 0;
};

void append_sentence(std::string& out, const std::string& body) {
    unsigned sum = 0;
    for (const char c : body) sum ^= static_cast<unsigned char>(c);
    constexpr char kHex[] = "0123456789ABCDEF";
    out += '$';
    out += body;
    out += '*';
    out += kHex[sum >> 4 & 15];
    out += kHex[sum & 15];
    out += "\r\n";
}

// ddmm.mmmmm,N  (degrees take two digits in latitude, three in longitude)
void append_angle(std::string& out, std::int32_t e7, int degree_digits, char positive, char negative) {
    const std::int64_t size = std::llabs(e7);
    append_padded(out, size / 10'000'000, degree_digits);
    const std::int64_t minutes_e5 = size % 10'000'000 * 60 / 100;
    append_padded(out, minutes_e5 / 100'000, 2);
    out += '.';
    append_padded(out, minutes_e5 % 100'000, 5);
    out += ',';
    out += e7 >= 0 ? positive : negative;
}

void append_hundredths(std::string& out, std::int64_t value) {
    append_int(out, value / 100);
    out += '.';
    append_padded(out, value % 100, 2);
}

// Degrees clockwise from north, times 100, in steps of a quarter.
std::int64_t course_e2(Point from, Point to) {
    const std::int64_t x = to.x - from.x, y = to.y - from.y;
    if (x == 0 && y == 0) return 0;
    // The angle whose sine and cosine match best, in 1/1440 turns.
    std::int64_t best = 0, best_value = INT64_MIN;
    for (std::int64_t step = 0; step < 1440; ++step) {
        const std::int64_t angle = step * 65536 / 1440;
        const std::int64_t value = x * sine(angle) + y * sine(angle + 16384);
        if (value > best_value) {
            best_value = value;
            best = step;
        }
    }
    return best * 25;
}

class Recorder {
  public:
    explicit Recorder(std::string& out) : out_(out) {}

    void second(int at, Point point, std::int64_t speed_mm_s, std::int64_t course) {
        const bool fixed = at >= kNoFixUntil && !(at >= kBridgeFrom && at < kBridgeTo);
        time_.clear();
        const int clock = kStart + at;
        append_padded(time_, clock / 3600, 2);
        append_padded(time_, clock / 60 % 60, 2);
        append_padded(time_, clock % 60, 2);
        time_ += ".00";
        const int used = fixed ? 7 + at / 37 % 5 : 0;
        const int hdop = fixed ? 70 + at / 11 % 40 : 9999;  // hundredths
        where_.clear();
        if (fixed) {
            const Position position = position_of(point);
            append_angle(where_, position.lat_e7, 2, 'N', 'S');
            where_ += ',';
            append_angle(where_, position.lon_e7, 3, 'E', 'W');
        } else {
            where_ = ",,,";
        }
        gga(at, fixed, used, hdop);
        rmc(fixed, speed_mm_s, course);
        gsa(fixed, used, hdop);
        gsv(at);
    }

  private:
    void gga(int at, bool fixed, int used, int hdop) {
        std::string body = "GNGGA," + time_ + "," + where_;
        body += !fixed ? ",0," : at / 120 % 2 == 0 ? ",1," : ",2,";  // GNSS, differential
        append_padded(body, used, 2);
        body += ',';
        append_hundredths(body, hdop);
        if (fixed) {
            body += ",24";
            append_int(body, at / 60 % 10);
            body += ".3,M,-33.5,M,,";
        } else {
            body += ",,,,,,";
        }
        append_sentence(out_, body);
    }

    void rmc(bool fixed, std::int64_t speed_mm_s, std::int64_t course) {
        std::string body = "GNRMC," + time_ + (fixed ? ",A," : ",V,") + where_ + ",";
        if (fixed) {
            append_hundredths(body, speed_mm_s * 3600 / 18'520);  // knots: 1852 m per hour
            body += ',';
            append_hundredths(body, course);
        } else {
            body += ',';
        }
        // Day 0, mode indicator and navigational status (4.10).
        body += fixed ? ",010326,,,A,V" : ",010326,,,N,V";
        append_sentence(out_, body);
    }

    void gsa(bool fixed, int used, int hdop) {
        std::string body = fixed ? "GNGSA,A,3" : "GNGSA,A,1";
        for (int i = 0; i < 12; ++i) {
            body += ',';
            if (i < used && i < static_cast<int>(std::size(kSatellites)))
                append_padded(body, kSatellites[i], 2);
        }
        for (const int dop : {hdop * 17 / 10, hdop, hdop * 14 / 10}) {
            body += ',';
            append_hundredths(body, std::min(dop, 9999));
        }
        body += ",1";  // system id: GPS
        append_sentence(out_, body);
    }

    void gsv(int at) {
        const int seen = at < 4 ? 3 : static_cast<int>(std::size(kSatellites));
        const int sentences = (seen + 3) / 4;
        for (int sentence = 0; sentence < sentences; ++sentence) {
            std::string body = "GPGSV,";
            append_int(body, sentences);
            body += ',';
            append_int(body, sentence + 1);
            body += ',';
            append_padded(body, seen, 2);
            for (int i = sentence * 4; i < std::min(seen, sentence * 4 + 4); ++i) {
                body += ',';
                append_padded(body, kSatellites[i], 2);
                body += ',';
                append_padded(body, 10 + (i * 23 + at / 60) % 75, 2);
                body += ',';
                append_padded(body, (i * 67 + at / 30) % 360, 3);
                body += ',';
                append_padded(body, 22 + (i * 7 + at) % 24, 2);
            }
            body += ",1";  // signal id: L1 C/A
            append_sentence(out_, body);
        }
    }

    std::string& out_;
    std::string time_;
    std::string where_;
};

}  // namespace

Status write_drive(const Plan& plan, const std::string& path) {
    OutputFile file(path);
    Route route(plan);
    Recorder recorder(file.buffer());
    Point before = route.next().at;
    std::int64_t course = 0;
    for (int second = 0; second < kDriveSeconds; ++second) {
        const Moment moment = route.next();
        if (moment.speed_mm_s > 0) course = course_e2(before, moment.at);
        recorder.second(second, moment.at, moment.speed_mm_s, course);
        before = moment.at;
        file.flush_if_full();
    }
    return file.close();
}

}  // namespace fieldpost::city
