// No file of this process may grow beyond `bytes` while it lives.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <cstdint>

namespace fieldpost::device::testing {

class FileSizeLimit {
  public:
    explicit FileSizeLimit(std::uint64_t bytes) : ignored_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, ignored_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit before_{};
    void (*ignored_)(int);
};

}  // namespace fieldpost::device::testing
