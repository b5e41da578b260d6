// A serial port whose other end the test holds; the port's path stays the same when it is unplugged and
// plugged in.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "hal/fd.hpp"

namespace fieldpost::hal::testing {

class PseudoPort {
  public:
    explicit PseudoPort(std::filesystem::path path) : path_(std::move(path)) {}

    const std::filesystem::path& path() const { return path_; }

    void plug_in() {
        receiver_end_ = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
        if (!receiver_end_ || ::grantpt(receiver_end_.get()) != 0 || ::unlockpt(receiver_end_.get()) != 0) {
            throw std::runtime_error("no pseudo terminal");
        }
        char name[128];
        if (::ptsname_r(receiver_end_.get(), name, sizeof name) != 0) throw std::runtime_error("no pty name");
        std::filesystem::remove(path_);
        std::filesystem::create_symlink(name, path_);
    }

    // The device node goes, and whoever has it open reads its end.
    void unplug() {
        std::filesystem::remove(path_);
        receiver_end_.reset();
    }

    // Another device takes the path while the old one is still open, silent and never reads its end: kept by
    // the caller for so long.
    Fd take_over() {
        Fd old = std::move(receiver_end_);
        plug_in();
        return old;
    }

    // What the receiver says; bytes that nobody reads are dropped, as on a wire.
    void say(std::string_view bytes) {
        [[maybe_unused]] const auto written = ::write(receiver_end_.get(), bytes.data(), bytes.size());
    }

    termios settings() const {
        termios settings{};
        if (::tcgetattr(receiver_end_.get(), &settings) != 0)
            throw std::runtime_error("no terminal settings");
        return settings;
    }

  private:
    std::filesystem::path path_;
    Fd receiver_end_;
};

}  // namespace fieldpost::hal::testing
