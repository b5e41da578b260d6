// Binding a Unix socket path, for the .cpp files of this folder only.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "sync/base/result.hpp"

namespace fieldpost::support {

// A listening socket at a path, which it removes when it ends.
class UnixListener {
  public:
    // See HttpServer::listen_unix. Non-blocking, close-on-exec.
    static Result<UnixListener> bind(const std::filesystem::path& path);

    UnixListener(UnixListener&& other) noexcept;
    UnixListener& operator=(UnixListener&&) = delete;
    ~UnixListener();

    // Hands the descriptor over; the path stays ours.
    int release();

  private:
    explicit UnixListener(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;  // empty: moved from
    int descriptor_ = -1;
    ino_t inode_ = 0;
};

}  // namespace fieldpost::support
