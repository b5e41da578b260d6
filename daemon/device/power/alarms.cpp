#include "daemon/device/power/alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace fieldpost::device {
namespace {

// "sos 2 STARTS RUN PRESSES", or of a supervisor that does not tell its starts "sos 1 RUN PRESSES".
constexpr std::string_view form = "sos 2 ";
constexpr std::string_view form_without_starts = "sos 1 ";

// Reads the number that `text` begins with and takes it away.
bool take_number(std::string_view& text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take(std::string_view& text, std::string_view begin) {
    if (!text.starts_with(begin)) return false;
    text.remove_prefix(begin.size());
    return true;
}

bool take_starts(std::string_view& text, std::uint32_t& starts) {
    if (take(text, form_without_starts)) return true;
    return take(text, form) && take_number(text, starts) && starts != 0 && take(text, " ");
}

}  // namespace

Reported all_of(const hal::SupervisorState& state) {
    return {state.run, state.sos_presses, state.starts};
}

std::string text_of(const Reported& reported) {
    if (reported.starts == 0)
        return fmt::format("{}{} {}\n", form_without_starts, reported.run, reported.presses);
    return fmt::format("{}{} {} {}\n", form, reported.starts, reported.run, reported.presses);
}

Result<Reported> parse_reported(std::string_view text) {
    Reported reported;
    const bool sound = take_starts(text, reported.starts) && take_number(text, reported.run) &&
                       take(text, " ") && take_number(text, reported.presses) && text == "\n";
    if (!sound)
        return fail(ErrorCode::corrupt, "it does not say which presses of the SOS button were reported");
    return reported;
}

std::uint32_t reported_presses(const std::optional<Reported>& before, const hal::SupervisorState& state) {
    if (!before) {
        const bool pressed = state.started_by == hal::StartReason::sos && state.sos_presses > 0;
        return pressed ? state.sos_presses - 1 : state.sos_presses;
    }
    const bool both_tell = before->starts != 0 && state.starts != 0;
    if (both_tell && state.starts != before->starts) return 0;
    if (state.run < before->run || state.sos_presses < before->presses) return 0;
    return before->presses;
}

}  // namespace fieldpost::device
