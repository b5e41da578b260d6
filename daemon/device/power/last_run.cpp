#include "daemon/device/power/last_run.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

// One line: "fieldpost run 1 running in BOOT" or "fieldpost run 1 ended CODE in BOOT".
constexpr std::string_view file_name = "run";
constexpr std::string_view format = "fieldpost run 1 ";
constexpr std::string_view running = "running";
constexpr std::string_view ended = "ended ";
constexpr std::string_view in = " in ";
constexpr std::uint64_t most_bytes = 256;

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

std::optional<int> take_number(std::string_view& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

Status mark(const std::filesystem::path& folder, std::string_view boot_id, const std::string& state) {
    const std::filesystem::path path = folder / file_name;
    std::string line{format};
    line.append(state).append(in).append(boot_id).append("\n");
    auto written = write_file_atomic(path, line);
    if (written) return ok();
    std::error_code gone;
    std::filesystem::remove(path, gone);
    return written.error().with("the mark of this run");
}

}  // namespace

std::string_view to_string(RunEnd end) {
    switch (end) {
        case RunEnd::clean:
            return "clean";
        case RunEnd::cut_short:
            return "cut_short";
        case RunEnd::unknown:
            break;
    }
    return "unknown";
}

LastRun last_run(const std::filesystem::path& folder, std::string_view boot_id) {
    const auto content = read_file(folder / file_name, most_bytes);
    if (!content) return {};
    std::string_view text = *content;
    LastRun run;
    if (!take(text, format)) return {};
    if (take(text, running)) {
        run.ended = RunEnd::cut_short;
    } else if (take(text, ended)) {
        run.ended = RunEnd::clean;
        run.exit_code = take_number(text);
        if (!run.exit_code) return {};
    } else {
        return {};
    }
    // Without its last character it is only the beginning of a mark.
    if (!take(text, in) || !text.ends_with('\n')) return {};
    text.remove_suffix(1);
    if (!text.empty() && !boot_id.empty()) run.booted_since = text != boot_id;
    return run;
}

Status mark_running(const std::filesystem::path& folder, std::string_view boot_id) {
    return mark(folder, boot_id, std::string(running));
}

Status mark_ended(const std::filesystem::path& folder, std::string_view boot_id, int exit_code) {
    return mark(folder, boot_id, std::string(ended) + std::to_string(exit_code));
}

}  // namespace fieldpost::device
