#include "tools/city/output_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fieldpost::city {

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
    std::error_code ignored;  // opening the file tells better what is wrong
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    file_ = std::fopen(path_.c_str(), "wb");
    if (file_ == nullptr) error_ = std::strerror(errno);
    buffer_.reserve(kFull + (1 << 14));
}

OutputFile::~OutputFile() {
    if (file_ != nullptr) std::fclose(file_);
}

void OutputFile::flush() {
    if (error_.empty() && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
        error_ = std::strerror(errno);
    }
    buffer_.clear();
}

Status OutputFile::close() {
    flush();
    if (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0 && error_.empty()) {
        error_ = std::strerror(errno);
    }
    if (!error_.empty()) return fail(ErrorCode::io, "cannot write " + path_ + ": " + error_);
    return ok();
}

}  // namespace fieldpost::city
