#include "tools/city/output_folder.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace fieldpost::city {
namespace fs = std::filesystem;
namespace {

bool is_ours(const fs::path& folder) {
    std::ifstream marker(folder / kMarker);
    std::string text(4096, '\0');
    marker.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text.find("\"fieldpost-city\"") != std::string::npos;
}

// What a run that was killed left beside the place.
void remove_leftovers(const fs::path& parent, const std::string& prefix) {
    std::error_code error;
    std::vector<fs::path> leftovers;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(prefix)) continue;
        const long process = std::strtol(name.c_str() + prefix.size(), nullptr, 10);
        const bool ended = process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
        if (ended) leftovers.push_back(entry->path());
    }
    for (const fs::path& leftover : leftovers) fs::remove_all(leftover, error);
}

}  // namespace

Result<OutputFolder> OutputFolder::prepare(const fs::path& wanted) {
    std::error_code error;
    fs::path place = fs::absolute(wanted, error).lexically_normal();
    if (!place.has_filename()) place = place.parent_path();
    if (error || !place.has_filename()) {
        return fail(ErrorCode::invalid_argument,
                    "--out needs the name of a folder, not \"" + wanted.string() + "\"");
    }
    if (fs::exists(place, error)) {
        if (!fs::is_directory(place, error)) {
            return fail(ErrorCode::conflict, place.string() + " is a file; --out needs a folder");
        }
        const bool empty = fs::is_empty(place, error);
        if (error) return fail(ErrorCode::io, "cannot read " + place.string() + ": " + error.message());
        if (!empty && !is_ours(place)) {
            return fail(ErrorCode::conflict,
                        place.string() +
                            " is not empty and was not made by fieldpost-city; choose another "
                            "folder or empty it");
        }
    }
    const fs::path parent = place.parent_path();
    fs::create_directories(parent, error);
    if (error) return fail(ErrorCode::io, "cannot make " + parent.string() + ": " + error.message());
    const std::string prefix = "." + place.filename().string() + ".making-";
    remove_leftovers(parent, prefix);
    const fs::path work = parent / (prefix + std::to_string(::getpid()));
    fs::remove_all(work, error);
    if (!fs::create_directory(work, error)) {
        return fail(ErrorCode::io, "cannot write in " + parent.string() + ": " + error.message());
    }
    return OutputFolder(std::move(place), work);
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : place_(std::move(other.place_)), work_(std::exchange(other.work_, fs::path())) {}

OutputFolder::~OutputFolder() {
    std::error_code ignored;
    if (!work_.empty()) fs::remove_all(work_, ignored);
}

Status OutputFolder::publish() {
    std::error_code error;
    const fs::path old = work_.string() + ".old";
    const bool replaces = fs::exists(place_, error);
    if (replaces) fs::rename(place_, old, error);
    if (!error) fs::rename(work_, place_, error);
    if (error) {
        std::error_code ignored;
        if (replaces && !fs::exists(place_, ignored)) fs::rename(old, place_, ignored);
        return fail(ErrorCode::io, "cannot put the city at " + place_.string() + ": " + error.message());
    }
    work_.clear();
    std::error_code ignored;
    if (replaces) fs::remove_all(old, ignored);
    return ok();
}

}  // namespace fieldpost::city
