// A store in a folder of its own that goes with the test, and short ways to put records into it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/hub/store/feeds.hpp"
#include "daemon/hub/store/records.hpp"
#include "daemon/hub/store/store.hpp"

namespace fieldpost::hub::testing {

class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// A store with the sources "lpi" and "assessing".
class ScratchStore {
  public:
    ScratchStore();

    Outcome put(const RecordInput& input);
    // A permit of "lpi" with this number and status, and an applicant, who is internal.
    Outcome put_permit(const std::string& number, const std::string& status, RecordId property = 0,
                       const std::vector<std::string>& areas = {"city"}, std::int64_t as_of = 1000);
    // What a device with these feeds would hold after following each from the start.
    std::vector<FeedChange> changes(const std::string& feed, std::int64_t after = 0);
    std::int64_t head(const std::string& feed);

    ScratchFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<Records> records;
    std::unique_ptr<Feeds> feeds;
};

records::Permit permit(const std::string& number, const std::string& status);

}  // namespace fieldpost::hub::testing
