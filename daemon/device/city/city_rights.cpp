#include "daemon/device/city/city_rights.hpp"

#include <spdlog/spdlog.h>

#include <sstream>
#include <utility>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

constexpr std::string_view title = "fieldpost city rights 1";
constexpr std::uint64_t longest_file = 1U << 20U;

}  // namespace

std::string text_of(const Cleared& feeds) {
    std::string out(title);
    out += '\n';
    for (const auto& feed : feeds) out += records::feed_text(feed) + '\n';
    return out;
}

Result<Cleared> parse_cleared(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string line;
    if (!std::getline(lines, line) || line != title) {
        return fail(ErrorCode::corrupt, "it does not say what this device may hold");
    }
    Cleared out;
    while (std::getline(lines, line)) {
        auto feed = records::parse_feed(line);
        if (!feed) return fail(ErrorCode::corrupt, "a line of it is no feed: " + line);
        out.insert(std::move(*feed));
    }
    return out;
}

void CityRights::load() {
    if (cleared_) return;
    auto text = read_file(file_, longest_file);
    if (!text && text.error().code == ErrorCode::not_found) return;
    auto kept = text ? parse_cleared(*text) : Result<Cleared>(text.error());
    if (kept) {
        cleared_ = std::move(*kept);
    } else {
        spdlog::error("{}: {}", file_.string(), kept.error().message);
    }
}

void CityRights::note(Cleared feeds) {
    if (cleared_ == feeds) return keep();
    cleared_ = std::move(feeds);
    is_kept_ = false;
    keep();
}

void CityRights::keep() {
    if (is_kept_ || !cleared_) return;
    const auto kept = write_file_atomic(file_, text_of(*cleared_));
    if (!kept) spdlog::error("what this device may hold is not kept: {}", kept.error().message);
    is_kept_ = kept.has_value();
}

}  // namespace fieldpost::device
