#include "daemon/hub/app/crash_guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <sstream>
#include <utility>

#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::hub {

namespace {

constexpr unsigned too_often = 2;
constexpr unsigned far_too_often = 2 * too_often;
constexpr std::size_t most_kept = 100;  // messages in poison/, of 1 MiB at most
constexpr std::size_t watched_messages = 1000;
constexpr std::size_t most_counts = 1000;

// The marker: one byte of state, then what is worked on, filled up with zeros. Always of one size, so that it
// needs no room on a full disk.
constexpr std::size_t marker_bytes = 256;
constexpr char idle = '-';
constexpr char busy = 'b';
constexpr char crashed = 'c';

// What begins so is not acknowledged while it is not read: its device waits for it.
constexpr std::string_view unpacking_words = "unpacking ";
constexpr std::string_view batch_words = "batch ";

constexpr std::array crash_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// What a signal handler can reach: nothing but statics.
volatile sig_atomic_t marker_fd = -1;
volatile sig_atomic_t is_busy = 0;
std::array<struct sigaction, crash_signals.size()> handled_before;

void write_state(int fd, char state) {
    // A marker that cannot be written finds no culprit; there is nothing else to do about it.
    if (::pwrite(fd, &state, 1, 0) != 1) return;
}

// Async-signal-safe. Leaves the signal to whoever had it before: a fault comes again by itself.
extern "C" void note_crash(int signal, siginfo_t* info, void*) {
    if (is_busy != 0 && marker_fd >= 0) write_state(marker_fd, crashed);
    for (std::size_t i = 0; i < crash_signals.size(); ++i) {
        if (crash_signals[i] == signal) ::sigaction(signal, &handled_before[i], nullptr);
    }
    const bool was_sent = info->si_code <= 0;  // by abort() or kill()
    if (was_sent) ::raise(signal);
}

void watch_signals() {
    struct sigaction action {};
    action.sa_sigaction = note_crash;
    // On a stack of its own where there is one: a stack that ran full has no room for a handler.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (std::size_t i = 0; i < crash_signals.size(); ++i) {
        ::sigaction(crash_signals[i], &action, &handled_before[i]);
    }
}

void leave_signals() {
    for (std::size_t i = 0; i < crash_signals.size(); ++i) {
        ::sigaction(crash_signals[i], &handled_before[i], nullptr);
    }
}

}  // namespace

Result<std::unique_ptr<CrashGuard>> CrashGuard::open(const std::filesystem::path& folder) {
    const auto path = folder / "applying";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(ErrorCode::io, "cannot open " + path.string() + ": " + std::strerror(errno));
    std::unique_ptr<CrashGuard> guard(new CrashGuard(folder, fd));
    if (auto counted = guard->count_last(); !counted) return counted.error();
    marker_fd = fd;
    watch_signals();
    return guard;
}

CrashGuard::~CrashGuard() {
    if (marker_fd == fd_) {
        leave_signals();
        marker_fd = -1;
        is_busy = 0;
    }
    ::close(fd_);
}

Status CrashGuard::count_last() {
    auto counts = read_file(folder_ / "crashes");
    if (!counts && counts.error().code != ErrorCode::not_found) return counts.error();
    std::istringstream lines(counts ? *counts : Bytes());
    unsigned times = 0;
    for (std::string what; lines >> times && std::getline(lines >> std::ws, what);) counts_[what] = times;

    std::array<char, marker_bytes> marker{};
    const ssize_t got = ::pread(fd_, marker.data(), marker.size() - 1, 0);
    if (got > 1 && marker[0] == crashed) {
        const std::string what(marker.data() + 1);
        one_by_one_ = watched_messages;
        if (what.empty()) {
            spdlog::error("the hub crashed at the end of a round: messages are taken one by one for a while");
        } else {
            if (counts_.size() >= most_counts) counts_.erase(counts_.begin());
            const unsigned so_often = ++counts_[what];
            spdlog::error("the hub crashed over {}: {}", what,
                          so_often == 1 ? "once" : std::to_string(so_often) + " times");
            if (auto kept = keep_counts(); !kept) return kept;
        }
    } else {
        // Somebody may have looked, or installed a hub that is better.
        const auto forgotten = std::erase_if(counts_, [](const auto& entry) {
            return entry.first.starts_with(unpacking_words) || entry.first.starts_with(batch_words);
        });
        if (forgotten != 0) {
            if (auto kept = keep_counts(); !kept) return kept;
        }
    }
    mark("");
    write_state(fd_, idle);
    is_busy = 0;
    return ok();
}

Status CrashGuard::keep_counts() {
    std::string text;
    for (const auto& [what, times] : counts_) text += std::to_string(times) + " " + what + "\n";
    return write_file_atomic(folder_ / "crashes", text, 0600);
}

void CrashGuard::mark(const std::string& what) {
    std::array<char, marker_bytes> marker{};
    marker[0] = busy;
    std::memcpy(marker.data() + 1, what.data(), std::min(what.size(), marker.size() - 2));
    is_busy = 1;
    if (::pwrite(fd_, marker.data(), marker.size(), 0) < 0) is_busy = 0;
}

bool CrashGuard::handling(std::string_view topic, BytesView payload) {
    message_ = "message of " + protocol::topic::device_of_up(topic) + " " + to_hex(sha256(payload));
    payload_ = payload;
    ++messages_;
    if (one_by_one_ > 0) --one_by_one_;
    mark(message_);
    if (counts_.empty()) return true;
    const auto found = counts_.find(message_);
    if (found == counts_.end()) return true;
    if (found->second < too_often) {
        in_round_.push_back(message_);
        return true;
    }
    keep_message();
    return false;
}

bool CrashGuard::unpacking(std::string_view device, bool with_dictionary) {
    const std::string what = std::string(unpacking_words) + "batches of " + std::string(device) +
                             (with_dictionary ? " with a dictionary" : "");
    mark(what);
    const auto found = counts_.find(what);
    if (found == counts_.end() || found->second < too_often) return true;
    keep_message();
    return false;
}

engine::BatchUse CrashGuard::reading(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                     std::uint64_t first_seq) {
    message_ = std::string(batch_words) + "from " + std::to_string(first_seq) + " of the " +
               protocol::lane_name(lane) + " lane of " + std::string(device) + ", epoch " +
               std::to_string(epoch);
    mark(message_);
    const auto found = counts_.find(message_);
    if (found == counts_.end()) return engine::BatchUse::read;
    if (found->second >= too_often) keep_message();
    if (found->second >= far_too_often) return engine::BatchUse::leave;
    in_round_.push_back(message_);
    return found->second < too_often ? engine::BatchUse::read : engine::BatchUse::keep_unread;
}

void CrashGuard::keep_message() {
    const auto folder = folder_ / "poison";
    const auto file = folder / to_hex(sha256(payload_));
    std::error_code error;
    if (std::filesystem::exists(file, error)) return;
    Status kept = make_folder(folder);
    const auto there = list_folder(folder);
    if (kept && !there) kept = there.error();
    if (kept && there->size() >= most_kept)
        kept = fail(ErrorCode::full, folder.string() + " holds " + std::to_string(most_kept) + " messages");
    if (kept) kept = write_file_atomic(file, payload_, 0600);
    if (kept) {
        spdlog::error("the {} crashed the hub and is not read again: its bytes are in {}", message_,
                      file.string());
    } else {
        spdlog::error("the {} crashed the hub and is not read again; its bytes could not be kept: {}",
                      message_, kept.error().message);
    }
}

bool CrashGuard::applying(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t seq) {
    const std::string what = "operation " + std::to_string(seq) + " of the " + protocol::lane_name(lane) +
                             " lane of " + std::string(device) + ", epoch " + std::to_string(epoch);
    mark(what);
    if (counts_.empty()) return true;
    const auto found = counts_.find(what);
    if (found == counts_.end()) return true;
    in_round_.push_back(what);
    return found->second < too_often;
}

void CrashGuard::committing() {
    mark(messages_ == 1 ? message_ : std::string());
}

void CrashGuard::end(bool committed, bool exception) {
    messages_ = 0;
    payload_ = {};
    const auto in_round = std::exchange(in_round_, {});
    is_busy = 0;
    if (exception) return write_state(fd_, crashed);
    write_state(fd_, idle);
    if (!committed || in_round.empty()) return;
    for (const auto& what : in_round) counts_.erase(what);
    if (auto kept = keep_counts(); !kept) spdlog::warn("{}", kept.error().message);
}

}  // namespace fieldpost::hub
