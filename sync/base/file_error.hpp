// What errno says of a file, as an Error. For the .cpp files of this folder.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "sync/base/result.hpp"

namespace fieldpost {

// `what` was tried with the file: "open", "write".
inline Error file_error(const std::filesystem::path& path, const char* what) {
    const int number = errno;
    const ErrorCode code = number == ENOENT                       ? ErrorCode::not_found
                           : number == ENOSPC || number == EDQUOT ? ErrorCode::full
                           : number == EACCES || number == EPERM  ? ErrorCode::refused
                           : number == EEXIST                     ? ErrorCode::conflict
                                                                  : ErrorCode::io;
    return fail(code, std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(number));
}

}  // namespace fieldpost
