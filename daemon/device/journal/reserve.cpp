#include "daemon/device/journal/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

// A file with a hole in it takes no room: what counts is blocks.
bool takes_room(const std::filesystem::path& file) {
    struct stat is {};
    return ::stat(file.c_str(), &is) == 0 && is.st_blocks > 0;
}

}  // namespace

Reserve::Reserve(std::filesystem::path file) : file_(std::move(file)), held_(takes_room(file_)) {}

Status Reserve::renew(std::uint64_t bytes) {
    if (held_ || bytes == 0) return ok();
    const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorCode::io, "cannot make the reserve " + file_.string() + ": " + std::strerror(errno));
    }
    int problem = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
    if (problem == 0 && ::fsync(fd) != 0) problem = errno;
    ::close(fd);
    if (problem != 0) {
        ::unlink(file_.c_str());
        return fail(problem == ENOSPC || problem == EDQUOT ? ErrorCode::full : ErrorCode::io,
                    "cannot make the reserve " + file_.string() + ": " + std::strerror(problem));
    }
    held_ = true;
    return fsync_folder(file_.parent_path());
}

bool Reserve::give_up() {
    if (!held_) return false;
    const bool gave = ::unlink(file_.c_str()) == 0;
    held_ = !gave && takes_room(file_);
    return gave;
}

}  // namespace fieldpost::device
