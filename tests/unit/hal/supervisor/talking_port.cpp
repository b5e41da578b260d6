#include "tests/unit/hal/supervisor/talking_port.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "hal/supervisor/frame.hpp"
#include "hal/supervisor/supervisor.pb.h"

namespace fieldpost::hal::testing {

TalkingPort::TalkingPort(std::filesystem::path path) : path_(std::move(path)) {}

TalkingPort::~TalkingPort() {
    stop();
}

void TalkingPort::start(Answer answer) {
    stop();
    answer_ = std::move(answer);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    std::filesystem::remove(path_);
    listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener_ || ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 4) != 0) {
        throw std::runtime_error("no socket");
    }
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void TalkingPort::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    thread_.join();
    listener_.reset();
    std::filesystem::remove(path_);
}

void TalkingPort::run() {
    while (!stopping_) {
        pollfd watched{.fd = listener_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&watched, 1, 10) <= 0) continue;
        const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection) continue;
        connection_ = connection.get();
        talk(connection.get());
        connection_ = -1;
    }
}

void TalkingPort::talk(int connection) {
    SupervisorFrameReader reader;
    while (!stopping_) {
        pollfd watched{.fd = connection, .events = POLLIN, .revents = 0};
        if (::poll(&watched, 1, 10) <= 0) continue;
        std::array<char, 4096> buffer;
        const ssize_t count = ::read(connection, buffer.data(), buffer.size());
        if (count <= 0) return;
        reader.feed({buffer.data(), static_cast<std::size_t>(count)}, [this](BytesView message) {
            supervisor::Request request;
            if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
            ++requests_;
            supervisor::Report report;
            report.set_request(request.id());
            report.mutable_state()->set_power(supervisor::POWER_ON);
            report.mutable_state()->set_run(1);
            if (request.has_read_settings()) report.mutable_settings()->set_hold_up_ms(120'000);
            if (answer_ && !answer_(request, report)) return;
            say(report);
        });
    }
}

void TalkingPort::say(BytesView bytes) {
    [[maybe_unused]] const auto sent = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void TalkingPort::say(const supervisor::Report& report) {
    say(write_supervisor_frame(report.SerializeAsString()));
}

}  // namespace fieldpost::hal::testing
