#include "sync/snapshot/nearest.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "sync/snapshot/dictionary.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::size_t set_bytes = (spot_class_limit + 100) / 8 + 1;

// What one query asks, kept by SQLite between the calls for its boxes.
struct Question {
    Point from;
    Bytes classes;

    bool wants(std::int64_t number) const {
        const auto at = static_cast<std::size_t>(number);
        return at / 8 < classes.size() && (static_cast<unsigned char>(classes[at / 8]) >> (at % 8) & 1U) != 0;
    }
    bool wants_any(std::int64_t low, std::int64_t high) const {
        for (std::int64_t number = std::max<std::int64_t>(low, 0); number <= high; ++number) {
            if (wants(number)) return true;
        }
        return false;
    }
};

// Called by SQLite for every box it comes upon; nothing may be thrown through it.
int judge_box(sqlite3_rtree_query_info* query) noexcept {
    if (query->nParam != 3 || query->nCoord != 6) return SQLITE_ERROR;
    if (query->pUser == nullptr) {
        auto question = std::make_unique<Question>();
        question->from = {query->aParam[0], query->aParam[1]};
        const auto* bytes = static_cast<const char*>(sqlite3_value_blob(query->apSqlParam[2]));
        const int size = sqlite3_value_bytes(query->apSqlParam[2]);
        if (bytes != nullptr) question->classes.assign(bytes, static_cast<std::size_t>(size));
        query->pUser = question.release();
        query->xDelUser = [](void* user) { delete static_cast<Question*>(user); };
    }
    const auto& question = *static_cast<const Question*>(query->pUser);
    const auto low = static_cast<std::int64_t>(query->aCoord[4]) / spot_class_step;
    const auto high = static_cast<std::int64_t>(query->aCoord[5]) / spot_class_step;
    if (!question.wants_any(low, high)) {
        query->eWithin = NOT_WITHIN;
        return SQLITE_OK;
    }
    const Point at{std::clamp(question.from.lat, query->aCoord[0] * 1e-7, query->aCoord[1] * 1e-7),
                   std::clamp(question.from.lon, query->aCoord[2] * 1e-7, query->aCoord[3] * 1e-7)};
    const double metres = distance_m(question.from, at);
    // The nearest point of a wide box lies not quite where its edges are clamped: inner boxes are let in
    // early.
    query->rScore = query->iLevel == 0 ? metres : metres * 0.99;
    query->eWithin = PARTLY_WITHIN;
    return SQLITE_OK;
}

}  // namespace

Status add_nearest(Database& database) {
    if (sqlite3_rtree_query_callback(database.getHandle(), "nearest", judge_box, nullptr, nullptr) !=
        SQLITE_OK) {
        return fail(ErrorCode::io, database.getErrorMsg());
    }
    return ok();
}

Bytes class_set(const std::vector<std::int64_t>& classes) {
    Bytes set(set_bytes, '\0');
    for (const std::int64_t number : classes) {
        const auto at = static_cast<std::size_t>(number);
        if (at / 8 < set.size())
            set[at / 8] = static_cast<char>(static_cast<unsigned char>(set[at / 8]) | 1U << (at % 8));
    }
    return set;
}

}  // namespace fieldpost::snapshot
