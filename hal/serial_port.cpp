#include "hal/serial_port.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace fieldpost::hal {
namespace {

struct Rate {
    std::int64_t baud;
    speed_t code;
};

constexpr std::array rates{
    Rate{4800, B4800},     Rate{9600, B9600},     Rate{19200, B19200},
    Rate{38400, B38400},   Rate{57600, B57600},   Rate{115200, B115200},
    Rate{230400, B230400}, Rate{460800, B460800}, Rate{921600, B921600},
};

std::optional<speed_t> speed_code(std::int64_t baud) {
    for (const Rate& rate : rates) {
        if (rate.baud == baud) return rate.code;
    }
    return std::nullopt;
}

Error open_error(const std::string& path) {
    const int number = errno;
    switch (number) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return fail(ErrorCode::not_found, "there is no serial port " + path);
        case EACCES:
        case EPERM:
            return fail(ErrorCode::refused,
                        "no permission for " + path + ": the user must be in the dialout group");
        case EBUSY:
            return fail(ErrorCode::refused, "another program has " + path + " open");
        default:
            return fail(ErrorCode::io, "cannot open " + path + ": " + std::strerror(number));
    }
}

}  // namespace

bool is_serial_baud(std::int64_t baud) {
    return speed_code(baud).has_value();
}

Result<Fd> open_serial_port(const std::string& path, std::int64_t baud, SerialUse use) {
    const auto speed = speed_code(baud);
    if (!speed) return fail(ErrorCode::invalid_argument, std::to_string(baud) + " baud is not a serial rate");
    const int access = use == SerialUse::read ? O_RDONLY : O_RDWR;
    Fd port(::open(path.c_str(), access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!port) return open_error(path);

    termios settings{};
    if (::tcgetattr(port.get(), &settings) != 0) {
        return fail(ErrorCode::invalid_argument, path + " is not a serial port");
    }
    ::ioctl(port.get(), TIOCEXCL);  // a wish: a port that cannot be kept exclusive still works
    ::cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (::cfsetspeed(&settings, *speed) != 0 || ::tcsetattr(port.get(), TCSANOW, &settings) != 0) {
        const int number = errno;
        return fail(ErrorCode::io, "cannot set up " + path + ": " + std::strerror(number));
    }
    ::tcflush(port.get(), TCIFLUSH);  // what was read at another rate is noise
    return port;
}

bool is_open_at(int port, const std::string& path) {
    struct stat open {};
    struct stat named {};
    return ::fstat(port, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
           open.st_ino == named.st_ino && open.st_rdev == named.st_rdev;
}

}  // namespace fieldpost::hal
