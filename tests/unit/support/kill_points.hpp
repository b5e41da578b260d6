// A process that is killed in front of its n-th call that changes what is kept: sync, rename, remove. And
// syncs that fail. A test that uses it has kill_points.cpp among its sources: that stands in front of the C
// library.
#pragma once

#include <functional>

namespace fieldpost::testing {

// Runs `work` in a child process, killed (SIGKILL) just before its n-th such call, counted from 1. True: it
// was killed; false: `work` was done before. Throws when `work` did. No other thread may run in this process.
bool killed_before_call(unsigned n, const std::function<void()>& work);

// The n-th sync of a file or folder from now on fails with EIO; 0: none does.
void fail_sync(unsigned n);

// Memory that a child shares with its parent: what the child said before it was killed.
class SharedFlag {
  public:
    SharedFlag();
    ~SharedFlag();
    SharedFlag(const SharedFlag&) = delete;
    SharedFlag& operator=(const SharedFlag&) = delete;
    void raise();
    bool is_raised() const;
    void lower();

  private:
    void* page_;
};

}  // namespace fieldpost::testing
