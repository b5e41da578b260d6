#include "tests/unit/support/kill_points.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>

namespace {

std::atomic<unsigned> calls_left{0};  // until this process is killed; 0: never
std::atomic<unsigned> syncs_left{0};  // until one fails; 0: none does

void before_call() {
    if (calls_left > 0 && --calls_left == 0) ::kill(::getpid(), SIGKILL);
}

int sync_or_fail(long number, int fd) {
    before_call();
    if (syncs_left > 0 && --syncs_left == 0) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(number, fd));
}

}  // namespace

// In place of the C library's.
extern "C" {

int fsync(int fd) {
    return sync_or_fail(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return sync_or_fail(SYS_fdatasync, fd);
}

int rename(const char* from, const char* to) noexcept {
    before_call();
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int remove(const char* path) noexcept {
    before_call();
    const long done = ::syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (done == 0 || errno != EISDIR) return static_cast<int>(done);
    return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

}  // extern "C"

namespace fieldpost::testing {

bool killed_before_call(unsigned n, const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        calls_left = n;
        int code = 0;
        try {
            work();
        } catch (...) {
            code = 1;
        }
        ::_exit(code);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) throw std::runtime_error("the child is lost");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
    throw std::runtime_error("the child failed");
}

void fail_sync(unsigned n) {
    syncs_left = n;
}

SharedFlag::SharedFlag()
    : page_(::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                   0)) {
    if (page_ == MAP_FAILED) throw std::runtime_error("no shared memory");
    new (page_) std::atomic<bool>(false);
}

SharedFlag::~SharedFlag() {
    ::munmap(page_, sizeof(std::atomic<bool>));
}

void SharedFlag::raise() {
    static_cast<std::atomic<bool>*>(page_)->store(true);
}

bool SharedFlag::is_raised() const {
    return static_cast<const std::atomic<bool>*>(page_)->load();
}

void SharedFlag::lower() {
    static_cast<std::atomic<bool>*>(page_)->store(false);
}

}  // namespace fieldpost::testing
