#include "tools/city/output_folder.hpp"

#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace fieldpost::city {
namespace fs = std::filesystem;
namespace {

bool is_ours(const fs::path& folder) {
    std::ifstream marker(folder / kMarker);
    std::string text(4096, '\0');
    marker.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text.find("\"fieldpost-city\"") != std::string::npos;
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
    const fs::path work =
        parent / ("." + place.filename().string() + ".making-" + std::to_string(::getpid()));
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
