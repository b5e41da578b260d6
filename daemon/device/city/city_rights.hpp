// Which feeds the hub last said this device may hold, kept in a file: whatever city is mounted later, be it
// after a restart and without contact, is held to it. The city's writer thread.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::device {

using Cleared = std::set<records::FeedId>;

// One feed a line.
std::string text_of(const Cleared& feeds);
// corrupt when it is not such a text.
Result<Cleared> parse_cleared(std::string_view text);

class CityRights {
  public:
    explicit CityRights(std::filesystem::path file) : file_(std::move(file)) {}

    // What an earlier run kept. A damaged file is as none: the hub says it again at the next contact.
    void load();
    // The hub says so. Counts at once; on disk when it returns, or else with keep().
    void note(Cleared feeds);
    // Tries again what the disk refused.
    void keep();

    // nullopt: the hub has not said it yet.
    const std::optional<Cleared>& cleared() const { return cleared_; }

  private:
    const std::filesystem::path file_;
    std::optional<Cleared> cleared_;
    bool is_kept_ = true;
};

}  // namespace fieldpost::device
