// Which feeds the hub last said this device may hold, kept in a file: whatever city is mounted later, be it
// after a restart and without contact, is held to it. The city's writer thread.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::device {

using Cleared = std::set<records::FeedId>;

struct KeptRights {
    Cleared feeds;
    // Files that may hold other feeds are perhaps there still: each is judged, until none is.
    bool to_be_swept = false;
};

// One feed a line; "to be swept" is the last one, or missing.
std::string text_of(const KeptRights& rights);
// corrupt when it is not such a text.
Result<KeptRights> parse_rights(std::string_view text);

class CityRights {
  public:
    explicit CityRights(std::filesystem::path file) : file_(std::move(file)) {}

    // What an earlier run kept. A damaged file is as none: the hub says it again at the next contact.
    void load();
    // The hub says so. Counts at once; on disk when it returns, or else with keep(). To be swept when a feed
    // is missing that was cleared before, or nobody knows what was.
    void note(Cleared feeds);
    // These are lost, be it noted or not: to be swept.
    void lose(const std::vector<records::FeedId>& feeds);
    // Nothing of ours holds what may not be here.
    void swept();
    // Tries again what the disk refused.
    void keep();

    // Of what the hub has not spoken yet nothing is held back, but for what was lost.
    bool allows(const records::FeedId& feed) const;
    bool to_be_swept() const { return to_be_swept_; }
    // A feed was lost in this run and what may hold it is perhaps there still; not only that nobody knows.
    bool is_loss_known() const { return is_loss_known_; }

  private:
    void change(std::optional<Cleared> cleared, bool to_be_swept);

    const std::filesystem::path file_;
    std::optional<Cleared> cleared_;  // nullopt: the hub has not said it yet; then …
    Cleared lost_;                    // … only these are known not to be
    bool to_be_swept_ = false;
    bool is_loss_known_ = false;
    bool is_kept_ = true;
};

}  // namespace fieldpost::device
