#include "daemon/hub/journal/gaps.hpp"

#include <algorithm>

namespace fieldpost::hub {

namespace {

// A device that names more has other trouble; those that are known stay.
constexpr int most_of_a_device = 100;

std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::uint64_t number(const SQLite::Column& column) {
    return static_cast<std::uint64_t>(column.getInt64());
}

}  // namespace

Result<bool> Gaps::name(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                        std::uint64_t first, std::uint64_t last) {
    return sql([&] {
        SQLite::Statement put(store_.database(),
                              "INSERT INTO gap (device, epoch, lane, first, last, named_at) "
                              "SELECT ?1, ?2, ?3, ?4, ?5, unixepoch() "
                              "WHERE (SELECT count(*) FROM gap WHERE device = ?1) < ?6 "
                              "ON CONFLICT DO UPDATE SET last = excluded.last WHERE last < excluded.last");
        put.bind(1, std::string(device));
        put.bind(2, integer(epoch));
        put.bind(3, static_cast<int>(lane));
        put.bind(4, integer(first));
        put.bind(5, integer(last));
        put.bind(6, most_of_a_device);
        return put.exec() > 0;
    });
}

Result<std::vector<Gap>> Gaps::list(std::size_t limit) {
    return sql([&] {
        std::vector<Gap> out;
        SQLite::Statement get(
            store_.database(),
            "SELECT device, epoch, lane, first, last, named_at, (SELECT count(*) FROM ("
            "SELECT o.seq FROM operation o WHERE o.device = g.device AND o.epoch = g.epoch AND o.lane = "
            "g.lane "
            "AND o.seq BETWEEN g.first AND g.last UNION "
            "SELECT a.seq FROM operation_again a WHERE a.device = g.device AND a.epoch = g.epoch "
            "AND a.lane = g.lane AND a.seq BETWEEN g.first AND g.last)) "
            "FROM gap g ORDER BY named_at DESC, device, epoch, lane, first LIMIT ?");
        get.bind(1, integer(limit));
        while (get.executeStep()) {
            Gap gap;
            gap.device = get.getColumn(0).getString();
            gap.epoch = number(get.getColumn(1));
            gap.lane = static_cast<protocol::Lane>(get.getColumn(2).getInt());
            gap.first = number(get.getColumn(3));
            gap.last = number(get.getColumn(4));
            gap.named_at = get.getColumn(5).getInt64();
            const std::uint64_t places = gap.last - gap.first + 1;
            gap.missing = places - std::min(places, number(get.getColumn(6)));
            out.push_back(std::move(gap));
        }
        return out;
    });
}

}  // namespace fieldpost::hub
