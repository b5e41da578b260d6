// The folder that an export appears in all at once: written beside its place, then renamed.
#pragma once

#include <filesystem>

#include "sync/base/result.hpp"

namespace fieldpost::city {

inline constexpr const char* kMarker = "city.json";  // written last; says that a folder is ours and whole

class OutputFolder {
  public:
    // Refuses a place that holds anything but an earlier city.
    static Result<OutputFolder> prepare(const std::filesystem::path& place);

    OutputFolder(OutputFolder&& other) noexcept;
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;
    ~OutputFolder();  // removes what was not published

    const std::filesystem::path& path() const { return work_; }  // write here

    // Puts the finished folder in its place, in exchange for the earlier city.
    Status publish();

  private:
    OutputFolder(std::filesystem::path place, std::filesystem::path work)
        : place_(std::move(place)), work_(std::move(work)) {}

    std::filesystem::path place_;
    std::filesystem::path work_;  // empty once published
};

}  // namespace fieldpost::city
