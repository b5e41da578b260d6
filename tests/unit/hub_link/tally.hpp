// Counts how the rows of a data set were linked, and prints one line of a table.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "daemon/hub/link/linker.hpp"

namespace fieldpost::test {

// The folder of real data, from the environment; tests that need it say so and pass when it is not there.
inline std::optional<std::string> shared_data() {
    const char* folder = std::getenv("FIELDPOST_SHARED_DATA");
    if (folder == nullptr || *folder == 0) {
        std::puts("skipped: no shared data");
        return std::nullopt;
    }
    return std::string(folder) + "/";
}

class Tally {
  public:
    explicit Tally(std::string name) : name_(std::move(name)) {}

    void add(const hub::Link& link) {
        ++rows_;
        if (link.property == 0) {
            ++unlinked_[link.reason];
        } else {
            ++linked_[link.method];
            if (link.confidence < 80) ++doubtful_;
        }
    }

    double linked_share() const {
        std::size_t linked = 0;
        for (const auto& [method, count] : linked_) linked += count;
        return rows_ == 0 ? 0 : static_cast<double>(linked) / static_cast<double>(rows_);
    }

    void print() const {
        std::printf("%-34s %6zu rows, %6.2f %% linked:", name_.c_str(), rows_, 100 * linked_share());
        for (const auto& [method, count] : linked_) {
            std::printf(" %s %zu", std::string(records::link_method_name(method)).c_str(), count);
        }
        std::printf(" (below 80 %%: %zu); not:", doubtful_);
        for (const auto& [reason, count] : unlinked_) {
            std::printf(" %s %zu;", std::string(hub::to_string(reason)).c_str(), count);
        }
        std::printf("\n");
    }

  private:
    std::string name_;
    std::size_t rows_ = 0;
    std::size_t doubtful_ = 0;
    std::map<records::LinkMethod, std::size_t> linked_;
    std::map<hub::Unlinked, std::size_t> unlinked_;
};

}  // namespace fieldpost::test
