// A file that only takes room, so that there is some when the disk is full.
#pragma once

#include <atomic>
#include <filesystem>

#include "sync/base/result.hpp"

namespace fieldpost::device {

// renew() and give_up() belong to one thread; held() to any.
class Reserve {
  public:
    // One that an earlier run left is held.
    explicit Reserve(std::filesystem::path file);

    // Takes so many bytes, on disk when it returns. full when there is no room: then nothing is taken.
    // Harmless when held.
    Status renew(std::uint64_t bytes);
    // Gives the room back; false when there was nothing to give.
    bool give_up();
    bool held() const { return held_; }

  private:
    const std::filesystem::path file_;
    std::atomic<bool> held_;
};

}  // namespace fieldpost::device
