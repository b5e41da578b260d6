#include "daemon/device/power/alarms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace fieldpost::device {
namespace {

constexpr std::string_view form = "sos 1 ";

// Reads the number that `text` begins with and takes it away.
bool take_number(std::string_view& text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

std::string text_of(const Reported& reported) {
    return fmt::format("{}{} {}\n", form, reported.run, reported.presses);
}

Result<Reported> parse_reported(std::string_view text) {
    Reported reported;
    bool sound = text.starts_with(form);
    if (sound) text.remove_prefix(form.size());
    sound = sound && take_number(text, reported.run) && text.starts_with(' ');
    if (sound) text.remove_prefix(1);
    sound = sound && take_number(text, reported.presses) && text == "\n";
    if (!sound)
        return fail(ErrorCode::corrupt, "it does not say which presses of the SOS button were reported");
    return reported;
}

std::uint32_t reported_presses(const std::optional<Reported>& before, const hal::SupervisorState& state) {
    if (!before) {
        const bool pressed = state.started_by == hal::StartReason::sos && state.sos_presses > 0;
        return pressed ? state.sos_presses - 1 : state.sos_presses;
    }
    if (state.run < before->run || state.sos_presses < before->presses) return 0;
    return before->presses;
}

}  // namespace fieldpost::device
