// The calls of the C library that the power-cut library stands in front of.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace fieldpost::faults {

// Each as the next library in line has it: the C library, or libfaketime before it. Found once, from any
// thread.
struct Real {
#define FIELDPOST_REAL(name) \
    decltype(&::name) name = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))
    FIELDPOST_REAL(open);
    FIELDPOST_REAL(openat);
    FIELDPOST_REAL(fopen);
    FIELDPOST_REAL(fdopen);
    FIELDPOST_REAL(fclose);
    FIELDPOST_REAL(close);
    FIELDPOST_REAL(close_range);
    FIELDPOST_REAL(dup);
    FIELDPOST_REAL(dup2);
    FIELDPOST_REAL(dup3);
    FIELDPOST_REAL(fcntl);
    FIELDPOST_REAL(read);
    FIELDPOST_REAL(pread);
    FIELDPOST_REAL(readv);
    FIELDPOST_REAL(preadv);
    FIELDPOST_REAL(write);
    FIELDPOST_REAL(pwrite);
    FIELDPOST_REAL(writev);
    FIELDPOST_REAL(pwritev);
    FIELDPOST_REAL(lseek);
    FIELDPOST_REAL(truncate);
    FIELDPOST_REAL(ftruncate);
    FIELDPOST_REAL(fallocate);
    FIELDPOST_REAL(posix_fallocate);
    FIELDPOST_REAL(stat);
    FIELDPOST_REAL(lstat);
    FIELDPOST_REAL(fstat);
    FIELDPOST_REAL(fstatat);
    FIELDPOST_REAL(statx);
    FIELDPOST_REAL(fsync);
    FIELDPOST_REAL(fdatasync);
    FIELDPOST_REAL(sync_file_range);
    FIELDPOST_REAL(syncfs);
    FIELDPOST_REAL(sync);
    FIELDPOST_REAL(mmap);
    FIELDPOST_REAL(sendfile);
    FIELDPOST_REAL(copy_file_range);
    FIELDPOST_REAL(rename);
    FIELDPOST_REAL(renameat);
    FIELDPOST_REAL(renameat2);
    FIELDPOST_REAL(unlink);
    FIELDPOST_REAL(unlinkat);
    FIELDPOST_REAL(remove);
    FIELDPOST_REAL(link);
    FIELDPOST_REAL(linkat);
#undef FIELDPOST_REAL
};

inline const Real& real() {
    static const Real calls;
    return calls;
}

}  // namespace fieldpost::faults
