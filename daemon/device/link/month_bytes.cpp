#include "daemon/device/link/month_bytes.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace fieldpost::device {

namespace {

constexpr std::string_view title = "fieldpost link bytes 1";
constexpr std::string_view unknown_month = "unknown";
constexpr std::size_t kept_months = 3;

bool is_month(std::string_view name) {
    return name.size() == 7 && name[4] == '-' &&
           std::ranges::all_of(name, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

std::optional<std::uint64_t> read_count(const std::string& word) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string month_of(UnixMicros utc_us) {
    return format_date(utc_us / 1'000'000).substr(0, 7);
}

MonthBytes::Month& MonthBytes::open(const std::optional<std::string>& month) {
    if (!month) {
        if (months_.empty()) months_.emplace_back();
        return months_.back();
    }
    const auto found = std::ranges::find(months_, *month, &Month::name);
    if (found != months_.end()) {
        std::rotate(found, found + 1, months_.end());
    } else if (!months_.empty() && months_.back().name.empty()) {
        months_.back().name = *month;
    } else {
        months_.push_back({*month, {}});
        if (months_.size() > kept_months) months_.erase(months_.begin());
    }
    return months_.back();
}

void MonthBytes::add(const std::optional<std::string>& month, engine::LinkKind kind, engine::SendClass what,
                     std::uint64_t bytes) {
    engine::LinkBytes& count = open(month).kinds[static_cast<std::size_t>(kind)];
    count.all += bytes;
    if (what == engine::SendClass::attachments) count.attachments += bytes;
}

engine::LinkBytes MonthBytes::of(const std::optional<std::string>& month, engine::LinkKind kind) const {
    if (months_.empty()) return {};
    const auto at = static_cast<std::size_t>(kind);
    if (!month) return months_.back().kinds[at];
    const auto found = std::ranges::find(months_, *month, &Month::name);
    if (found != months_.end()) return found->kinds[at];
    return months_.back().name.empty() ? months_.back().kinds[at] : engine::LinkBytes();
}

std::string MonthBytes::text() const {
    std::ostringstream out;
    out << title << '\n';
    for (const Month& month : months_) {
        for (const engine::LinkKind kind : engine::link_kinds) {
            const auto& count = month.kinds[static_cast<std::size_t>(kind)];
            if (count == engine::LinkBytes()) continue;
            out << (month.name.empty() ? unknown_month : month.name) << ' ' << to_string(kind) << ' '
                << count.all << ' ' << count.attachments << '\n';
        }
    }
    return out.str();
}

Result<MonthBytes> MonthBytes::parse(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string line;
    if (!std::getline(lines, line) || line != title) {
        return fail(ErrorCode::corrupt, "it is no count of link bytes");
    }
    MonthBytes out;
    while (std::getline(lines, line)) {
        std::istringstream in(line);
        std::string month;
        std::string kind_name;
        std::string all;
        std::string attachments;
        std::string more;
        in >> month >> kind_name >> all >> attachments;
        const auto kind = engine::parse_link_kind(kind_name);
        const auto bytes = read_count(all);
        const auto part = read_count(attachments);
        if (!(is_month(month) || month == unknown_month) || !kind || !bytes || !part || in >> more) {
            return fail(ErrorCode::corrupt, "a line of it cannot be read: " + line);
        }
        const std::string name = month == unknown_month ? std::string() : month;
        if (out.months_.empty() || out.months_.back().name != name) out.months_.push_back({name, {}});
        out.months_.back().kinds[static_cast<std::size_t>(*kind)] = {*bytes, *part};
        if (out.months_.size() > kept_months) return fail(ErrorCode::corrupt, "it holds too many months");
    }
    return out;
}

}  // namespace fieldpost::device
