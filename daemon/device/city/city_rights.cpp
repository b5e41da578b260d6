#include "daemon/device/city/city_rights.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

constexpr std::string_view title = "fieldpost city rights 1";
constexpr std::string_view sweep = "to be swept";
constexpr std::uint64_t longest_file = 1U << 20U;

}  // namespace

std::string text_of(const KeptRights& rights) {
    std::string out(title);
    out += '\n';
    for (const auto& feed : rights.feeds) out += records::feed_text(feed) + '\n';
    if (rights.to_be_swept) out += std::string(sweep) + '\n';
    return out;
}

Result<KeptRights> parse_rights(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string line;
    if (!std::getline(lines, line) || line != title) {
        return fail(ErrorCode::corrupt, "it does not say what this device may hold");
    }
    KeptRights out;
    while (std::getline(lines, line)) {
        if (line == sweep) {
            out.to_be_swept = true;
            continue;
        }
        auto feed = records::parse_feed(line);
        if (!feed) return fail(ErrorCode::corrupt, "a line of it is no feed: " + line);
        out.feeds.insert(std::move(*feed));
    }
    return out;
}

void CityRights::load() {
    if (cleared_) return;
    auto text = read_file(file_, longest_file);
    if (!text && text.error().code == ErrorCode::not_found) return;
    auto kept = text ? parse_rights(*text) : Result<KeptRights>(text.error());
    if (kept) {
        cleared_ = std::move(kept->feeds);
        to_be_swept_ = to_be_swept_ || kept->to_be_swept;
    } else {
        spdlog::error("{}: {}", file_.string(), kept.error().message);
    }
}

void CityRights::note(Cleared feeds) {
    const bool nobody_knows = !cleared_;
    if (cleared_ && !std::ranges::includes(feeds, *cleared_)) is_loss_known_ = true;
    lost_.clear();
    change(std::move(feeds), to_be_swept_ || is_loss_known_ || nobody_knows);
}

void CityRights::lose(const std::vector<records::FeedId>& feeds) {
    is_loss_known_ = true;
    auto cleared = cleared_;
    for (const auto& feed : feeds) {
        if (cleared) cleared->erase(feed);
        lost_.insert(feed);
    }
    change(std::move(cleared), true);
}

void CityRights::swept() {
    is_loss_known_ = false;
    change(cleared_, false);
}

bool CityRights::allows(const records::FeedId& feed) const {
    return cleared_ ? cleared_->contains(feed) : !lost_.contains(feed);
}

void CityRights::change(std::optional<Cleared> cleared, bool to_be_swept) {
    if (cleared != cleared_ || to_be_swept != to_be_swept_) is_kept_ = false;
    cleared_ = std::move(cleared);
    to_be_swept_ = to_be_swept;
    keep();
}

void CityRights::keep() {
    if (is_kept_ || !cleared_) return;
    const auto kept = write_file_atomic(file_, text_of({*cleared_, to_be_swept_}));
    if (!kept) spdlog::error("what this device may hold is not kept: {}", kept.error().message);
    is_kept_ = kept.has_value();
}

}  // namespace fieldpost::device
